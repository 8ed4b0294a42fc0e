// C: each 16-bit instruction is another spelling of a 32-bit one; a line here says which.
#include "models/cpu/decode.hpp"

namespace acf::cpu {
namespace {

using u32 = std::uint32_t;

// The compressed word, read in the manual's terms.
struct word {
  u32 c;
  constexpr u32 at(unsigned low, unsigned count) const { return (c >> low) & ((1u << count) - 1); }
  constexpr u32 rd() const { return at(7, 5); }
  constexpr u32 rs2() const { return at(2, 5); }
  constexpr u32 rdp() const { return 8 + at(2, 3); }  // rd' and rs2'
  constexpr u32 rs1p() const { return 8 + at(7, 3); } // rs1' and rd'
  constexpr u32 imm6() const { return at(12, 1) ? at(2, 5) | ~31u : at(2, 5); }
  constexpr u32 shamt() const { return at(12, 1) << 5 | at(2, 5); }
  constexpr u32 lw() const { return at(6, 1) << 2 | at(10, 3) << 3 | at(5, 1) << 6; }
  constexpr u32 ld() const { return at(10, 3) << 3 | at(5, 2) << 6; }
  constexpr u32 lwsp() const { return at(4, 3) << 2 | at(12, 1) << 5 | at(2, 2) << 6; }
  constexpr u32 ldsp() const { return at(5, 2) << 3 | at(12, 1) << 5 | at(2, 3) << 6; }
  constexpr u32 swsp() const { return at(9, 4) << 2 | at(7, 2) << 6; }
  constexpr u32 sdsp() const { return at(10, 3) << 3 | at(7, 3) << 6; }
  constexpr u32 addi4spn() const { return at(6, 1) << 2 | at(5, 1) << 3 | at(11, 2) << 4 | at(7, 4) << 6; }
  constexpr u32 addi16sp() const {
    const u32 v = at(6, 1) << 4 | at(2, 1) << 5 | at(5, 1) << 6 | at(3, 2) << 7;
    return at(12, 1) ? v | ~511u : v;
  }
  constexpr u32 j() const {
    const u32 v =
        at(3, 3) << 1 | at(11, 1) << 4 | at(2, 1) << 5 | at(7, 1) << 6 | at(6, 1) << 7 | at(9, 2) << 8 | at(8, 1) << 10;
    return at(12, 1) ? v | ~2047u : v;
  }
  constexpr u32 b() const {
    const u32 v = at(3, 2) << 1 | at(10, 2) << 3 | at(2, 1) << 5 | at(5, 2) << 6;
    return at(12, 1) ? v | ~255u : v;
  }
};

// 32-bit instructions from their fields.
constexpr u32 R(u32 op, u32 f3, u32 f7, u32 rd, u32 rs1, u32 rs2) {
  return op | rd << 7 | f3 << 12 | rs1 << 15 | rs2 << 20 | f7 << 25;
}
constexpr u32 I(u32 op, u32 f3, u32 rd, u32 rs1, u32 imm) { return op | rd << 7 | f3 << 12 | rs1 << 15 | imm << 20; }
constexpr u32 S(u32 op, u32 f3, u32 rs1, u32 rs2, u32 imm) {
  return op | (imm & 31) << 7 | f3 << 12 | rs1 << 15 | rs2 << 20 | (imm >> 5 & 127) << 25;
}
constexpr u32 B(u32 f3, u32 rs1, u32 imm) {
  return 0x63 | (imm >> 11 & 1) << 7 | (imm >> 1 & 15) << 8 | f3 << 12 | rs1 << 15 | (imm >> 5 & 63) << 25 |
         (imm >> 12 & 1) << 31;
}
constexpr u32 J(u32 rd, u32 imm) {
  return 0x6f | rd << 7 | (imm >> 12 & 255) << 12 | (imm >> 11 & 1) << 20 | (imm >> 1 & 1023) << 21 |
         (imm >> 20 & 1) << 31;
}
constexpr u32 no = 0;

struct line {
  const char* name;
  u32 match, mask;
  u32 (*stands_for)(word);
};

constexpr line table[] = {
    // first match wins
    {"c.addi4spn", 0x0000, 0xe003, [](word w) { return w.addi4spn() ? I(0x13, 0, w.rdp(), 2, w.addi4spn()) : no; }},
    {"c.fld", 0x2000, 0xe003, [](word w) { return I(0x07, 3, w.rdp(), w.rs1p(), w.ld()); }},
    {"c.lw", 0x4000, 0xe003, [](word w) { return I(0x03, 2, w.rdp(), w.rs1p(), w.lw()); }},
    {"c.ld", 0x6000, 0xe003, [](word w) { return I(0x03, 3, w.rdp(), w.rs1p(), w.ld()); }},
    {"c.fsd", 0xa000, 0xe003, [](word w) { return S(0x27, 3, w.rs1p(), w.rdp(), w.ld()); }},
    {"c.sw", 0xc000, 0xe003, [](word w) { return S(0x23, 2, w.rs1p(), w.rdp(), w.lw()); }},
    {"c.sd", 0xe000, 0xe003, [](word w) { return S(0x23, 3, w.rs1p(), w.rdp(), w.ld()); }},

    {"c.addi", 0x0001, 0xe003, [](word w) { return I(0x13, 0, w.rd(), w.rd(), w.imm6()); }},
    {"c.addiw", 0x2001, 0xe003, [](word w) { return w.rd() ? I(0x1b, 0, w.rd(), w.rd(), w.imm6()) : no; }},
    {"c.li", 0x4001, 0xe003, [](word w) { return I(0x13, 0, w.rd(), 0, w.imm6()); }},
    {"c.addi16sp", 0x6101, 0xef83, [](word w) { return w.addi16sp() ? I(0x13, 0, 2, 2, w.addi16sp()) : no; }},
    {"c.lui", 0x6001, 0xe003, [](word w) { return w.imm6() ? 0x37 | w.rd() << 7 | w.imm6() << 12 : no; }},
    {"c.srli", 0x8001, 0xec03, [](word w) { return R(0x13, 5, 0, w.rs1p(), w.rs1p(), w.shamt()); }},
    {"c.srai", 0x8401, 0xec03, [](word w) { return R(0x13, 5, 0x20, w.rs1p(), w.rs1p(), 0) | w.shamt() << 20; }},
    {"c.andi", 0x8801, 0xec03, [](word w) { return I(0x13, 7, w.rs1p(), w.rs1p(), w.imm6()); }},
    {"c.sub", 0x8c01, 0xfc63, [](word w) { return R(0x33, 0, 0x20, w.rs1p(), w.rs1p(), w.rdp()); }},
    {"c.xor", 0x8c21, 0xfc63, [](word w) { return R(0x33, 4, 0, w.rs1p(), w.rs1p(), w.rdp()); }},
    {"c.or", 0x8c41, 0xfc63, [](word w) { return R(0x33, 6, 0, w.rs1p(), w.rs1p(), w.rdp()); }},
    {"c.and", 0x8c61, 0xfc63, [](word w) { return R(0x33, 7, 0, w.rs1p(), w.rs1p(), w.rdp()); }},
    {"c.subw", 0x9c01, 0xfc63, [](word w) { return R(0x3b, 0, 0x20, w.rs1p(), w.rs1p(), w.rdp()); }},
    {"c.addw", 0x9c21, 0xfc63, [](word w) { return R(0x3b, 0, 0, w.rs1p(), w.rs1p(), w.rdp()); }},
    {"c.j", 0xa001, 0xe003, [](word w) { return J(0, w.j()); }},
    {"c.beqz", 0xc001, 0xe003, [](word w) { return B(0, w.rs1p(), w.b()); }},
    {"c.bnez", 0xe001, 0xe003, [](word w) { return B(1, w.rs1p(), w.b()); }},

    {"c.slli", 0x0002, 0xe003, [](word w) { return I(0x13, 1, w.rd(), w.rd(), w.shamt()); }},
    {"c.fldsp", 0x2002, 0xe003, [](word w) { return I(0x07, 3, w.rd(), 2, w.ldsp()); }},
    {"c.lwsp", 0x4002, 0xe003, [](word w) { return w.rd() ? I(0x03, 2, w.rd(), 2, w.lwsp()) : no; }},
    {"c.ldsp", 0x6002, 0xe003, [](word w) { return w.rd() ? I(0x03, 3, w.rd(), 2, w.ldsp()) : no; }},
    {"c.ebreak", 0x9002, 0xffff, [](word) { return u32{0x00100073}; }},
    {"c.jr", 0x8002, 0xf07f, [](word w) { return w.rd() ? I(0x67, 0, 0, w.rd(), 0) : no; }},
    {"c.jalr", 0x9002, 0xf07f, [](word w) { return I(0x67, 0, 1, w.rd(), 0); }},
    {"c.mv", 0x8002, 0xf003, [](word w) { return R(0x33, 0, 0, w.rd(), 0, w.rs2()); }},
    {"c.add", 0x9002, 0xf003, [](word w) { return R(0x33, 0, 0, w.rd(), w.rd(), w.rs2()); }},
    {"c.fsdsp", 0xa002, 0xe003, [](word w) { return S(0x27, 3, 2, w.rs2(), w.sdsp()); }},
    {"c.swsp", 0xc002, 0xe003, [](word w) { return S(0x23, 2, 2, w.rs2(), w.swsp()); }},
    {"c.sdsp", 0xe002, 0xe003, [](word w) { return S(0x23, 3, 2, w.rs2(), w.sdsp()); }},
};

const line* find(std::uint16_t compressed) {
  for (const line& l : table)
    if ((compressed & l.mask) == l.match) return &l;
  return nullptr;
}

} // namespace

std::uint32_t expand(std::uint16_t compressed) {
  const line* l = find(compressed);
  return l ? l->stands_for({compressed}) : no;
}
std::string_view compressed_name(std::uint16_t compressed) {
  return expand(compressed) == no ? "" : find(compressed)->name;
}
std::vector<std::string_view> compressed_names() {
  std::vector<std::string_view> names;
  for (const line& l : table) names.emplace_back(l.name);
  return names;
}

} // namespace acf::cpu
