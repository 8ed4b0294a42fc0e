// RV64I without memory, and M.
#include "models/cpu/execute.hpp"
#include <limits>
#include <type_traits>

namespace acf::cpu {
namespace {

using namespace encode;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s32 = std::int32_t;
using s64 = std::int64_t;
__extension__ using u128 = unsigned __int128;
__extension__ using s128 = __int128;

constexpr u64 word(u64 v) { return static_cast<u64>(static_cast<s64>(static_cast<s32>(v))); } // 32 bits, sign-extended
constexpr s64 sgn(u64 v) { return static_cast<s64>(v); }

// Division never traps: x/0 = -1, x%0 = x, and the one overflow gives the dividend.
template <class S>
constexpr S divide(S a, S b) {
  if (b == 0) return S(-1);
  if constexpr (std::is_signed_v<S>)
    if (a == std::numeric_limits<S>::min() && b == -1) return a;
  return static_cast<S>(a / b);
}
template <class S>
constexpr S remainder(S a, S b) {
  if (b == 0) return a;
  if constexpr (std::is_signed_v<S>)
    if (b == -1) return 0;
  return static_cast<S>(a % b);
}

template <class F>
flow run_branch(hart& h, insn* i, s64 left) {
  insn* const exit = i + 2; // the exit to what follows in address lies between
  if (F{}(h.x[i->rs1], h.x[i->rs2])) return h.follow(exit->taken, static_cast<u64>(i->imm), left - h.taken_cost());
  return h.follow(exit->fallen, h.block_end(), left);
}
template <class F>
constexpr opcode branch(std::string_view name, unsigned f3, F) {
  const encoding e = B(f3);
  return {name, e.match, e.mask, e.shape, cost::branch, ends_block, &run_branch<F>};
}

flow run_jal(hart& h, insn* i, s64 left) {
  h.x[i->rd] = h.block_end();
  return h.follow(i[2].taken, static_cast<u64>(i->imm), left - h.taken_cost());
}
flow run_jalr(hart& h, insn* i, s64 left) {
  const u64 target = (h.x[i->rs1] + static_cast<u64>(i->imm)) & ~u64{1};
  h.x[i->rd] = h.block_end();
  return h.jump(target, left - h.taken_cost());
}

constexpr auto A = cost::alu;

constexpr opcode table[] = {
    op("lui", U(0x37), A, [](hart& h, const insn& i) { h.x[i.rd] = u64(i.imm); }),
    op("auipc", U(0x17), A, [](hart& h, const insn& i) { h.x[i.rd] = u64(i.imm); }), // pc already added
    {"jal", J(0x6f).match, J(0x6f).mask, format::J, cost::jump, ends_block, run_jal},
    {"jalr", I(0x67, 0).match, I(0x67, 0).mask, format::jump_register, cost::jump, ends_block, run_jalr},

    branch("beq", 0, [](u64 a, u64 b) { return a == b; }),
    branch("bne", 1, [](u64 a, u64 b) { return a != b; }),
    branch("blt", 4, [](u64 a, u64 b) { return sgn(a) < sgn(b); }),
    branch("bge", 5, [](u64 a, u64 b) { return sgn(a) >= sgn(b); }),
    branch("bltu", 6, [](u64 a, u64 b) { return a < b; }),
    branch("bgeu", 7, [](u64 a, u64 b) { return a >= b; }),

    op("addi", I(0x13, 0), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] + u64(i.imm); }),
    op("slti", I(0x13, 2), A, [](hart& h, const insn& i) { h.x[i.rd] = sgn(h.x[i.rs1]) < i.imm; }),
    op("sltiu", I(0x13, 3), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] < u64(i.imm); }),
    op("xori", I(0x13, 4), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] ^ u64(i.imm); }),
    op("ori", I(0x13, 6), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] | u64(i.imm); }),
    op("andi", I(0x13, 7), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] & u64(i.imm); }),
    op("slli", shift(1, 0x00), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] << i.imm; }),
    op("srli", shift(5, 0x00), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] >> i.imm; }),
    op("srai", shift(5, 0x10), A, [](hart& h, const insn& i) { h.x[i.rd] = u64(sgn(h.x[i.rs1]) >> i.imm); }),

    op("add", R(0x33, 0, 0x00), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] + h.x[i.rs2]; }),
    op("sub", R(0x33, 0, 0x20), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] - h.x[i.rs2]; }),
    op("sll", R(0x33, 1, 0x00), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] << (h.x[i.rs2] & 63); }),
    op("slt", R(0x33, 2, 0x00), A, [](hart& h, const insn& i) { h.x[i.rd] = sgn(h.x[i.rs1]) < sgn(h.x[i.rs2]); }),
    op("sltu", R(0x33, 3, 0x00), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] < h.x[i.rs2]; }),
    op("xor", R(0x33, 4, 0x00), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] ^ h.x[i.rs2]; }),
    op("srl", R(0x33, 5, 0x00), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] >> (h.x[i.rs2] & 63); }),
    op("sra", R(0x33, 5, 0x20), A,
       [](hart& h, const insn& i) { h.x[i.rd] = u64(sgn(h.x[i.rs1]) >> (h.x[i.rs2] & 63)); }),
    op("or", R(0x33, 6, 0x00), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] | h.x[i.rs2]; }),
    op("and", R(0x33, 7, 0x00), A, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] & h.x[i.rs2]; }),

    op("addiw", I(0x1b, 0), A, [](hart& h, const insn& i) { h.x[i.rd] = word(h.x[i.rs1] + u64(i.imm)); }),
    op("slliw", shift_word(1, 0x00), A, [](hart& h, const insn& i) { h.x[i.rd] = word(h.x[i.rs1] << i.imm); }),
    op("srliw", shift_word(5, 0x00), A, [](hart& h, const insn& i) { h.x[i.rd] = word(u32(h.x[i.rs1]) >> i.imm); }),
    op("sraiw", shift_word(5, 0x20), A, [](hart& h, const insn& i) { h.x[i.rd] = u64(s64(s32(h.x[i.rs1]) >> i.imm)); }),
    op("addw", R(0x3b, 0, 0x00), A, [](hart& h, const insn& i) { h.x[i.rd] = word(h.x[i.rs1] + h.x[i.rs2]); }),
    op("subw", R(0x3b, 0, 0x20), A, [](hart& h, const insn& i) { h.x[i.rd] = word(h.x[i.rs1] - h.x[i.rs2]); }),
    op("sllw", R(0x3b, 1, 0x00), A, [](hart& h, const insn& i) { h.x[i.rd] = word(h.x[i.rs1] << (h.x[i.rs2] & 31)); }),
    op("srlw", R(0x3b, 5, 0x00), A,
       [](hart& h, const insn& i) { h.x[i.rd] = word(u32(h.x[i.rs1]) >> (h.x[i.rs2] & 31)); }),
    op("sraw", R(0x3b, 5, 0x20), A,
       [](hart& h, const insn& i) { h.x[i.rd] = u64(s64(s32(h.x[i.rs1]) >> (h.x[i.rs2] & 31))); }),

    op("mul", R(0x33, 0, 1), cost::mul, [](hart& h, const insn& i) { h.x[i.rd] = h.x[i.rs1] * h.x[i.rs2]; }),
    op("mulh", R(0x33, 1, 1), cost::mul,
       [](hart& h, const insn& i) { h.x[i.rd] = u64((s128(sgn(h.x[i.rs1])) * sgn(h.x[i.rs2])) >> 64); }),
    op("mulhsu", R(0x33, 2, 1), cost::mul,
       [](hart& h, const insn& i) { h.x[i.rd] = u64((s128(sgn(h.x[i.rs1])) * s128(u128(h.x[i.rs2]))) >> 64); }),
    op("mulhu", R(0x33, 3, 1), cost::mul,
       [](hart& h, const insn& i) { h.x[i.rd] = u64((u128(h.x[i.rs1]) * h.x[i.rs2]) >> 64); }),
    op("div", R(0x33, 4, 1), cost::div,
       [](hart& h, const insn& i) { h.x[i.rd] = u64(divide(sgn(h.x[i.rs1]), sgn(h.x[i.rs2]))); }),
    op("divu", R(0x33, 5, 1), cost::div, [](hart& h, const insn& i) { h.x[i.rd] = divide(h.x[i.rs1], h.x[i.rs2]); }),
    op("rem", R(0x33, 6, 1), cost::div,
       [](hart& h, const insn& i) { h.x[i.rd] = u64(remainder(sgn(h.x[i.rs1]), sgn(h.x[i.rs2]))); }),
    op("remu", R(0x33, 7, 1), cost::div, [](hart& h, const insn& i) { h.x[i.rd] = remainder(h.x[i.rs1], h.x[i.rs2]); }),
    op("mulw", R(0x3b, 0, 1), cost::mul, [](hart& h, const insn& i) { h.x[i.rd] = word(h.x[i.rs1] * h.x[i.rs2]); }),
    op("divw", R(0x3b, 4, 1), cost::div,
       [](hart& h, const insn& i) { h.x[i.rd] = u64(s64(divide(s32(h.x[i.rs1]), s32(h.x[i.rs2])))); }),
    op("divuw", R(0x3b, 5, 1), cost::div,
       [](hart& h, const insn& i) { h.x[i.rd] = word(divide(u32(h.x[i.rs1]), u32(h.x[i.rs2]))); }),
    op("remw", R(0x3b, 6, 1), cost::div,
       [](hart& h, const insn& i) { h.x[i.rd] = u64(s64(remainder(s32(h.x[i.rs1]), s32(h.x[i.rs2])))); }),
    op("remuw", R(0x3b, 7, 1), cost::div,
       [](hart& h, const insn& i) { h.x[i.rd] = word(remainder(u32(h.x[i.rs1]), u32(h.x[i.rs2]))); }),
};

} // namespace

std::span<const opcode> integer_opcodes() { return table; }

} // namespace acf::cpu
