// Assembly text from the same table that executes. Compressed instructions show what they stand for.
#include "models/cpu/csr.hpp"
#include "models/cpu/decode.hpp"
#include <cstdio>

namespace acf::cpu {
namespace {

constexpr const char* integer_name[] = {"zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
                                        "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
                                        "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6", "zero"};
constexpr const char* float_name[] = {"ft0", "ft1", "ft2", "ft3", "ft4",  "ft5",  "ft6", "ft7", "fs0",  "fs1", "fa0",
                                      "fa1", "fa2", "fa3", "fa4", "fa5",  "fa6",  "fa7", "fs2", "fs3",  "fs4", "fs5",
                                      "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};
constexpr const char* rounding_name[] = {"rne", "rtz", "rdn", "rup", "rmm", "rm5", "rm6", "dyn"};

template <class... A>
std::string text(const char* how, A... a) {
  char line[96];
  std::snprintf(line, sizeof line, how, a...);
  return line;
}

std::string operands(const decoded& d, std::uint64_t pc) {
  const insn& i = d.operands;
  const char *xd = integer_name[i.rd], *x1 = integer_name[i.rs1], *x2 = integer_name[i.rs2];
  const char *fd = float_name[i.rd & 31], *f1 = float_name[i.rs1], *f2 = float_name[i.rs2];
  const long long imm = i.imm;
  const unsigned long long target = pc + static_cast<std::uint64_t>(i.imm);
  const std::string mode = d.op->properties & rounds && i.rm() != 7 ? text(",%s", rounding_name[i.rm()]) : "";
  switch (d.op->shape) {
  case format::none:
  case format::fence: return "";
  case format::R: return text("%s,%s,%s", xd, x1, x2);
  case format::I:
  case format::shift:
  case format::shift_word: return text("%s,%s,%lld", xd, x1, imm);
  case format::load:
  case format::jump_register: return text("%s,%lld(%s)", xd, imm, x1);
  case format::S: return text("%s,%lld(%s)", x2, imm, x1);
  case format::B: return text("%s,%s,0x%llx", x1, x2, target);
  case format::U: return text("%s,0x%llx", xd, static_cast<unsigned long long>(imm) >> 12 & 0xfffff);
  case format::J: return text("%s,0x%llx", xd, target);
  case format::unary: return text("%s,%s", xd, x1);
  case format::csr: return text("%s,%s,%s", xd, csr_name(static_cast<unsigned>(imm)).c_str(), x1);
  case format::csr_immediate:
    return text("%s,%s,%u", xd, csr_name(static_cast<unsigned>(imm)).c_str(), unsigned{i.rs1});
  case format::atomic: return text("%s,%s,(%s)", xd, x2, x1);
  case format::load_reserved: return text("%s,(%s)", xd, x1);
  case format::float_load: return text("%s,%lld(%s)", fd, imm, x1);
  case format::float_store: return text("%s,%lld(%s)", f2, imm, x1);
  case format::float_binary: return text("%s,%s,%s", fd, f1, f2) + mode;
  case format::float_unary: return text("%s,%s", fd, f1) + mode;
  case format::float_fused: return text("%s,%s,%s,%s", fd, f1, f2, float_name[i.rs3()]) + mode;
  case format::float_compare: return text("%s,%s,%s", xd, f1, f2);
  case format::float_to_integer: return text("%s,%s", xd, f1) + mode;
  case format::integer_to_float: return text("%s,%s", fd, x1) + mode;
  case format::cache_block: return text("(%s)", x1);
  }
  return "";
}

} // namespace

std::string disassemble(std::uint32_t raw, std::uint64_t pc) {
  const decoded d = decode(raw);
  if (d.op == &illegal())
    return text(d.length == 2 ? ".half 0x%04x" : ".word 0x%08x", d.length == 2 ? raw & 0xffff : raw);
  const std::string arguments = operands(d, pc);
  return arguments.empty() ? std::string(d.op->name) : std::string(d.op->name) + ' ' + arguments;
}

} // namespace acf::cpu
