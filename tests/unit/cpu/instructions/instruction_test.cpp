// Directed tests of every instruction, from the tables beside this file; see row.hpp for how a line reads.
#include "models/cpu/csr.hpp"
#include "tests/unit/cpu/instructions/row.hpp"
#include "tests/unit/cpu/machine.hpp"
#include "tests/unit/cpu/random_program.hpp"
#include <gtest/gtest.h>
#include <set>
#include <sstream>

using namespace acf::cpu;
using namespace acf::cpu::test;
using u64 = std::uint64_t;

namespace {

const char* const tables[] = {"integer.txt", "memory.txt", "multiply.txt",   "bits.txt",  "atomic.txt",
                              "single.txt",  "double.txt", "compressed.txt", "system.txt"};
constexpr u64 handler = data_area + 0x8000;

std::vector<row> all_rows() {
  std::vector<row> rows;
  for (const char* name : tables)
    for (row& r : read_table(ACF_INSTRUCTION_TABLES, name)) rows.push_back(std::move(r));
  return rows;
}

// What rows can name and instructions can change.
struct snapshot {
  std::map<std::string, u64> named; // registers, CSRs, mode, pc
  std::vector<std::uint8_t> data = std::vector<std::uint8_t>(data_bytes);
  bool operator==(const snapshot&) const = default;
};

constexpr const char* csr_names[] = {"fflags",   "frm",  "mstatus", "mscratch", "mepc",    "mcause",  "mtval",
                                     "sscratch", "sepc", "scause",  "stval",    "menvcfg", "senvcfg", "satp"};
unsigned csr_number(const std::string& name) {
  for (const csr_line& line : csr_lines())
    if (line.name == name) return line.number;
  throw std::invalid_argument("no CSR " + name);
}
const std::map<std::string, privilege> modes{
    {"U", privilege::user}, {"S", privilege::supervisor}, {"M", privilege::machine}};

u64 value_of(const std::string& name, const std::string& text, u64 pc) {
  if (name == "mode") return static_cast<u64>(modes.at(text));
  if (name != "fflags") return test::value_of(text, pc);
  static const std::map<std::string, u64> flags{{"nx", 1}, {"uf", 2}, {"of", 4}, {"dz", 8}, {"nv", 16}, {"0", 0}};
  u64 v = 0;
  std::istringstream names(text);
  for (std::string flag; std::getline(names, flag, ',');) v |= flags.at(flag);
  return v;
}

// b[8], h[8], w[8], d[8]: bytes at an offset in the data area.
bool put_data(snapshot& s, const std::string& name, u64 value) {
  static const std::map<char, unsigned> sizes{{'b', 1}, {'h', 2}, {'w', 4}, {'d', 8}};
  if (name.size() < 4 || name[1] != '[') return false;
  const unsigned long offset = std::stoul(name.substr(2));
  for (unsigned n = 0; n < sizes.at(name[0]); ++n) s.data.at(offset + n) = static_cast<std::uint8_t>(value >> 8 * n);
  return true;
}
void put(snapshot& s, const settings& what, u64 pc) {
  for (const auto& [name, text] : what) {
    if (name == "trap" || name == "tval") continue;
    const u64 value = value_of(name, text, pc);
    if (put_data(s, name, value)) continue;
    if (!s.named.contains(name)) throw std::invalid_argument("'" + name + "' is no register and no place");
    s.named[name] = value;
  }
}

// Every place holds something of its own, so that a wrong operand is seen.
snapshot initial(u64 pc) {
  snapshot s;
  for (unsigned n = 1; n < 32; ++n) s.named[integer_names[n]] = 0x1111'0000'0101 * (1 + n);
  for (unsigned n = 0; n < 32; ++n) s.named[float_names[n]] = 0x4111'0000'2222'0101 + 0x100 * n;
  for (const char* name : csr_names) s.named[name] = 0;
  s.named["mstatus"] = status::fs;
  s.named["mode"] = static_cast<u64>(privilege::machine);
  s.named["pc"] = pc;
  for (unsigned n = 0; n < data_bytes; ++n) s.data[n] = static_cast<std::uint8_t>(37 * n + 11);
  return s;
}

class bench {
public:
  bench(const std::vector<std::uint8_t>& code, bool direct) {
    m.ram.offer_direct = direct;
    std::memcpy(m.ram.at(memory_base, code.size()), code.data(), code.size());
    m.cpu.poke_csr(0x3b0, ~u64{0} >> 10), m.cpu.poke_csr(0x3a0, 0x1f); // PMP: everything for all modes
    m.cpu.mtvec = handler;
  }
  void load(const snapshot& s) {
    for (unsigned n = 1; n < 32; ++n) m.cpu.x[n] = s.named.at(integer_names[n]);
    for (unsigned n = 0; n < 32; ++n) m.cpu.f[n] = s.named.at(float_names[n]);
    for (const char* name : csr_names) m.cpu.poke_csr(csr_number(name), s.named.at(name));
    m.cpu.poke_mode(static_cast<privilege>(s.named.at("mode")));
    m.cpu.pc = s.named.at("pc");
    m.cpu.break_reservation();
    m.ram.device_value = 0x0123'4567'89ab'cdef;
    std::memcpy(m.ram.at(data_area, data_bytes), s.data.data(), data_bytes);
  }
  snapshot now() {
    snapshot s;
    for (unsigned n = 1; n < 32; ++n) s.named[integer_names[n]] = m.cpu.x[n];
    for (unsigned n = 0; n < 32; ++n) s.named[float_names[n]] = m.cpu.f[n];
    for (const char* name : csr_names) EXPECT_TRUE(m.cpu.peek_csr(csr_number(name), s.named[name])) << name;
    s.named["mode"] = static_cast<u64>(m.cpu.mode);
    s.named["pc"] = m.cpu.pc;
    std::memcpy(s.data.data(), m.ram.at(data_area, data_bytes), data_bytes);
    return s;
  }
  machine m;
};

// What the row says must be, given what was.
snapshot expected(const row& r, snapshot s, u64 pc, u64 last, u64 next, u64 word) {
  s.named["pc"] = next;
  put(s, r.after, pc);
  if (const auto trap = r.after.find("trap"); trap != r.after.end()) {
    const auto tval = r.after.find("tval");
    s.named["pc"] = handler, s.named["mepc"] = last, s.named["mcause"] = test::value_of(trap->second, pc);
    s.named["mtval"] = tval == r.after.end() ? 0 : tval->second == "word" ? word : test::value_of(tval->second, pc);
    const u64 from = s.named["mode"];
    s.named["mstatus"] = (s.named["mstatus"] & ~u64{status::mpp}) | from << status::mpp_shift;
    s.named["mode"] = static_cast<u64>(privilege::machine);
  }
  return s;
}

std::string differences(const snapshot& is, const snapshot& should) {
  std::ostringstream text;
  text << std::hex;
  for (const auto& [name, value] : should.named)
    if (is.named.at(name) != value) text << "\n  " << name << " is 0x" << is.named.at(name) << ", expected 0x" << value;
  for (unsigned n = 0; n < data_bytes; ++n)
    if (is.data[n] != should.data[n])
      text << "\n  data+" << std::dec << n << std::hex << " is 0x" << +is.data[n] << ", expected 0x" << +should.data[n];
  return text.str();
}

void check(bench& b, const row& r, u64 pc) {
  const unsigned count = r.instructions();
  snapshot s = initial(pc);
  put(s, r.before, pc);
  b.load(s);
  s = b.now(); // as the registers take it
  u64 last = pc, next = pc;
  for (unsigned n = 0; n < count; ++n) last = next, next += decode(b.m.ram.get<std::uint32_t>(last)).length;
  const u64 bits = b.m.ram.get<std::uint32_t>(last);
  b.m.steps(count);
  const snapshot should = expected(r, s, pc, last, next, next - last == 2 ? bits & 0xffff : bits);
  const snapshot is = b.now();
  EXPECT_TRUE(is == should) << r.where() << differences(is, should);
}

class cpu_instructions : public testing::TestWithParam<const char*> {};

TEST_P(cpu_instructions, do_what_the_manual_says) {
  std::vector<row> rows;
  for (const row& r : read_table(ACF_INSTRUCTION_TABLES, GetParam()))
    for (const row& v : with_other_destinations(r)) rows.push_back(v);
  const auto code = assemble_rows(rows);
  for (const bool direct : {true, false}) { // memory by pointer, and by the bus
    bench b(code, direct);
    for (std::size_t n = 0; n < rows.size(); ++n) {
      try {
        check(b, rows[n], program_base + n * row_bytes);
      } catch (const std::exception& e) {
        FAIL() << rows[n].where() << ": " << e.what();
      }
    }
  }
}
INSTANTIATE_TEST_SUITE_P(tables, cpu_instructions, testing::ValuesIn(tables), [](const auto& table) {
  const std::string name = table.param;
  return name.substr(0, name.find('.'));
});

// An instruction added to the decoder without a row fails here, and so does one that decodes as another.
TEST(cpu_instruction_tables, cover_exactly_what_the_decoder_knows) {
  std::vector<row> rows;
  for (row& r : all_rows())
    if (r.text[0] != '.') rows.push_back(std::move(r)); // .insn: what the assembler refuses
  const auto code = assemble_rows(rows);
  std::set<std::string> covered, known;
  for (std::size_t n = 0; n < rows.size(); ++n) {
    const std::uint8_t* at = &code[n * row_bytes];
    std::uint32_t word = 0;
    for (unsigned i = 0; i < rows[n].instructions(); ++i) {
      std::memcpy(&word, at, 4);
      at += decode(word).length;
    }
    const std::string_view name =
        is_compressed(word) ? compressed_name(static_cast<std::uint16_t>(word)) : decode(word).op->name;
    EXPECT_EQ(name, rows[n].mnemonic()) << rows[n].where();
    covered.insert(rows[n].mnemonic());
  }
  for (const auto& part : instruction_set())
    for (const opcode& op : part) known.emplace(op.name);
  for (const std::string_view name : compressed_names()) known.emplace(name);
  for (const std::string& name : known) EXPECT_TRUE(covered.contains(name)) << name << " has no row";
  for (const std::string& name : covered)
    EXPECT_TRUE(known.contains(name)) << name << " is not in the decoder's tables";
}

} // namespace
