// Zba, Zbb, Zbs: address generation, basic bit manipulation, single bits.
#include "models/cpu/execute.hpp"
#include <algorithm>
#include <bit>

namespace acf::cpu {
namespace {

using namespace encode;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s32 = std::int32_t;
using s64 = std::int64_t;

constexpr u64 word(u64 v) { return static_cast<u64>(static_cast<s64>(static_cast<s32>(v))); }
constexpr s64 sgn(u64 v) { return static_cast<s64>(v); }

constexpr u64 or_combine(u64 v) { // each byte: 0xff if any of its bits is set
  u64 result = 0;
  for (unsigned shift = 0; shift < 64; shift += 8)
    if ((v >> shift) & 0xff) result |= u64{0xff} << shift;
  return result;
}

constexpr encoding zext_h{0x0800403b, 0xfff0707f, format::unary};
constexpr encoding slli_uw{0x0800101b, 0xfc00707f, format::shift};
constexpr auto A = cost::alu;

constexpr opcode table[] = {
    op("add.uw", R(0x3b, 0, 0x04), A, [](hart& h, const insn& i) { h.x[i.rd] = u32(h.x[i.rs1]) + h.x[i.rs2]; }),
    op("sh1add", R(0x33, 2, 0x10), A, [](hart& h, const insn& i) { h.x[i.rd] = (h.x[i.rs1] << 1) + h.x[i.rs2]; }),
    op("sh2add", R(0x33, 4, 0x10), A, [](hart& h, const insn& i) { h.x[i.rd] = (h.x[i.rs1] << 2) + h.x[i.rs2]; }),
    op("sh3add", R(0x33, 6, 0x10), A, [](hart& h, const insn& i) { h.x[i.rd] = (h.x[i.rs1] << 3) + h.x[i.rs2]; }),
    op("sh1add.uw", R(0x3b, 2, 0x10), A,
       [](hart& h, const insn& i) { h.x[i.rd] = (u64{u32(h.x[i.rs1])} << 1) + h.x[i.rs2]; }),
    op("sh2add.uw", R(0x3b, 4, 0x10), A,
       [](hart& h, const insn& i) { h.x[i.rd] = (u64{u32(h.x[i.rs1])} << 2) + h.x[i.rs2]; }),
    op("sh3add.uw", R(0x3b, 6, 0x10), A,
       [](hart& h, const insn& i) { h.x[i.rd] = (u64{u32(h.x[i.rs1])} << 3) + h.x[i.rs2]; }),
    op("slli.uw", slli_uw, A, [](hart& h, const insn& i) { h.x[i.rd] = u64{u32(h.x[i.rs1])} << i.imm; }),

    op("andn", R(0x33, 7, 0x20), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] & ~h.x[i.rs2]; }),
    op("orn", R(0x33, 6, 0x20), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] | ~h.x[i.rs2]; }),
    op("xnor", R(0x33, 4, 0x20), A, [](hart& h, const insn& i) { h.x[i.rd] = ~(h.x[i.rs1] ^ h.x[i.rs2]); }),
    op("clz", unary(0x13, 1, 0x600), A, [](hart& h, const insn& i) { h.x[i.rd] = u64(std::countl_zero(h.x[i.rs1])); }),
    op("ctz", unary(0x13, 1, 0x601), A, [](hart& h, const insn& i) { h.x[i.rd] = u64(std::countr_zero(h.x[i.rs1])); }),
    op("cpop", unary(0x13, 1, 0x602), A, [](hart& h, const insn& i) { h.x[i.rd] = u64(std::popcount(h.x[i.rs1])); }),
    op("clzw", unary(0x1b, 1, 0x600), A,
       [](hart& h, const insn& i) { h.x[i.rd] = u64(std::countl_zero(u32(h.x[i.rs1]))); }),
    op("ctzw", unary(0x1b, 1, 0x601), A,
       [](hart& h, const insn& i) { h.x[i.rd] = u64(std::countr_zero(u32(h.x[i.rs1]))); }),
    op("cpopw", unary(0x1b, 1, 0x602), A,
       [](hart& h, const insn& i) { h.x[i.rd] = u64(std::popcount(u32(h.x[i.rs1]))); }),
    op("sext.b", unary(0x13, 1, 0x604), A,
       [](hart& h, const insn& i) { h.x[i.rd] = u64(s64(static_cast<std::int8_t>(h.x[i.rs1]))); }),
    op("sext.h", unary(0x13, 1, 0x605), A,
       [](hart& h, const insn& i) { h.x[i.rd] = u64(s64(static_cast<std::int16_t>(h.x[i.rs1]))); }),
    op("zext.h", zext_h, A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] & 0xffff; }),
    op("max", R(0x33, 6, 0x05), A,
       [](hart& h, const insn& i) { h.x[i.rd] = u64(std::max(sgn(h.x[i.rs1]), sgn(h.x[i.rs2]))); }),
    op("maxu", R(0x33, 7, 0x05), A, [](hart& h, const insn& i) { h.x[i.rd] = std::max(h.x[i.rs1], h.x[i.rs2]); }),
    op("min", R(0x33, 4, 0x05), A,
       [](hart& h, const insn& i) { h.x[i.rd] = u64(std::min(sgn(h.x[i.rs1]), sgn(h.x[i.rs2]))); }),
    op("minu", R(0x33, 5, 0x05), A, [](hart& h, const insn& i) { h.x[i.rd] = std::min(h.x[i.rs1], h.x[i.rs2]); }),
    op("rol", R(0x33, 1, 0x30), A,
       [](hart& h, const insn& i) { h.x[i.rd] = std::rotl(h.x[i.rs1], int(h.x[i.rs2] & 63)); }),
    op("ror", R(0x33, 5, 0x30), A,
       [](hart& h, const insn& i) { h.x[i.rd] = std::rotr(h.x[i.rs1], int(h.x[i.rs2] & 63)); }),
    op("rori", shift(5, 0x18), A, [](hart& h, const insn& i) { h.x[i.rd] = std::rotr(h.x[i.rs1], int(i.imm)); }),
    op("rolw", R(0x3b, 1, 0x30), A,
       [](hart& h, const insn& i) { h.x[i.rd] = word(std::rotl(u32(h.x[i.rs1]), int(h.x[i.rs2] & 31))); }),
    op("rorw", R(0x3b, 5, 0x30), A,
       [](hart& h, const insn& i) { h.x[i.rd] = word(std::rotr(u32(h.x[i.rs1]), int(h.x[i.rs2] & 31))); }),
    op("roriw", shift_word(5, 0x30), A,
       [](hart& h, const insn& i) { h.x[i.rd] = word(std::rotr(u32(h.x[i.rs1]), int(i.imm))); }),
    op("orc.b", unary(0x13, 5, 0x287), A, [](hart& h, const insn& i) { h.x[i.rd] = or_combine(h.x[i.rs1]); }),
    op("rev8", unary(0x13, 5, 0x6b8), A, [](hart& h, const insn& i) { h.x[i.rd] = __builtin_bswap64(h.x[i.rs1]); }),

    op("bclr", R(0x33, 1, 0x24), A,
       [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] & ~(u64{1} << (h.x[i.rs2] & 63)); }),
    op("bclri", shift(1, 0x12), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] & ~(u64{1} << i.imm); }),
    op("bext", R(0x33, 5, 0x24), A, [](hart& h, const insn& i) { h.x[i.rd] = (h.x[i.rs1] >> (h.x[i.rs2] & 63)) & 1; }),
    op("bexti", shift(5, 0x12), A, [](hart& h, const insn& i) { h.x[i.rd] = (h.x[i.rs1] >> i.imm) & 1; }),
    op("binv", R(0x33, 1, 0x34), A,
       [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] ^ (u64{1} << (h.x[i.rs2] & 63)); }),
    op("binvi", shift(1, 0x1a), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] ^ (u64{1} << i.imm); }),
    op("bset", R(0x33, 1, 0x14), A,
       [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] | (u64{1} << (h.x[i.rs2] & 63)); }),
    op("bseti", shift(1, 0x0a), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] | (u64{1} << i.imm); }),
};

} // namespace

std::span<const opcode> bit_opcodes() { return table; }

} // namespace acf::cpu
