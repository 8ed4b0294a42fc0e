#include "models/cpu/commit_log.hpp"
#include "models/cpu/csr.hpp"
#include "models/cpu/hart.hpp"
#include <charconv>

namespace acf::cpu {
namespace {

void put_hex(std::string& out, std::uint64_t v, unsigned bytes) {
  static constexpr char digit[] = "0123456789abcdef";
  char all[18] = {'0', 'x'};
  char* next = all + 2;
  for (int shift = static_cast<int>(8 * bytes) - 4; shift >= 0; shift -= 4) *next++ = digit[v >> shift & 15];
  out.append(all, next);
}
void put_decimal(std::string& out, unsigned v, unsigned width, bool left) {
  char digits[12];
  const auto end = std::to_chars(digits, digits + sizeof digits, v).ptr;
  const auto count = static_cast<unsigned>(end - digits);
  const unsigned padding = count < width ? width - count : 0;
  if (!left) out.append(padding, ' ');
  out.append(digits, end);
  if (left) out.append(padding, ' ');
}
void put_register(std::string& out, char kind, unsigned number, std::uint64_t value) {
  out += ' ';
  out += kind;
  put_decimal(out, number, 2, true);
  out += ' ';
  put_hex(out, value, 8);
}
void put_csr(std::string& out, const hart& h, unsigned number) {
  out += " c";
  put_decimal(out, number, 0, true);
  out += '_';
  out += csr_name(number);
  out += ' ';
  put_hex(out, h.read_csr(number), 8);
}
void put_address(std::string& out, std::uint64_t address) {
  out += " mem ";
  put_hex(out, address, 8);
}

// Bytes that a memory instruction moves: its width is in the low bits of funct3.
unsigned width(const opcode& op) { return 1u << (op.match >> 12 & 3); }

std::uint64_t memory_at(const hart& h, std::uint64_t address, unsigned size) { // just written, so it is at hand
  std::uint64_t v = 0;
  if (const std::byte* p = h.writable<std::uint8_t>(address)) std::memcpy(&v, p, size);
  return v;
}

bool writes_csr(const retired& r) {
  const std::string_view name = r.what.op->name;
  return name == "csrrw" || name == "csrrwi" || r.what.operands.rs1 != 0;
}

void append(std::string& out, const hart& h, const retired& r) {
  const insn& i = r.what.operands;
  const opcode& op = *r.what.op;
  out += "core";
  put_decimal(out, h.config().id, 4, false);
  out += ": ";
  out += static_cast<char>('0' + static_cast<int>(r.mode));
  out += ' ';
  put_hex(out, r.pc, 8);
  out += " (";
  put_hex(out, r.raw, r.what.length);
  out += ')';
  switch (op.shape) { // integer and floating-point destinations
  case format::float_load:
  case format::float_binary:
  case format::float_unary:
  case format::float_fused:
  case format::integer_to_float: put_register(out, 'f', i.rd, h.f[i.rd]); break;
  case format::S:
  case format::B:
  case format::float_store:
  case format::none:
  case format::fence:
  case format::cache_block: break;
  default:
    if (i.rd != 32) put_register(out, 'x', i.rd, h.x[i.rd]);
  }
  if (r.raised != 0) put_csr(out, h, 1);
  if ((op.shape == format::csr || op.shape == format::csr_immediate) && writes_csr(r))
    put_csr(out, h, static_cast<unsigned>(i.imm) & 0xfff);
  else if (h.mstatus != r.mstatus_before || op.name == "mret")
    put_csr(out, h, 0x300);

  const unsigned size = width(op);
  switch (op.shape) {
  case format::load:
  case format::float_load:
  case format::load_reserved: put_address(out, r.memory_address); break;
  case format::S:
  case format::float_store:
    put_address(out, r.memory_address);
    out += ' ';
    put_hex(out, r.stored, size);
    break;
  case format::atomic: {
    const bool conditional = op.name.starts_with("sc.");
    if (conditional && h.x[i.rd] != 0) break; // failed; with x0 as destination nobody can tell
    if (!conditional) put_address(out, r.memory_address);
    put_address(out, r.memory_address);
    out += ' ';
    put_hex(out, memory_at(h, r.memory_address, size), size);
    break;
  }
  default: break;
  }
}

} // namespace

std::string commit_line(const hart& h, const retired& what) {
  std::string line;
  append(line, h, what);
  return line;
}

void commit_log::on_retired(const hart& h, const retired& what) {
  append(text, h, what);
  text += '\n';
  if (text.size() > 1 << 16) flush();
}

void commit_log::flush() {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
  text.clear();
}

} // namespace acf::cpu
