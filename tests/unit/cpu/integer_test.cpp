// Integer instructions, one by one: operands and result as the manual says.
#include "tests/unit/cpu/machine.hpp"
#include <gtest/gtest.h>

using namespace acf::cpu;
using namespace acf::cpu::test;
using u64 = std::uint64_t;

namespace {

constexpr u64 min64 = u64{1} << 63, minus_one = ~u64{0};

u64 binary(std::string_view name, u64 a, u64 b) {
  machine m;
  m.put(name, {a2, a0, a1});
  m.cpu.x[a0] = a, m.cpu.x[a1] = b;
  m.steps(1);
  return m.cpu.x[a2];
}
u64 immediate(std::string_view name, u64 a, std::int64_t b) {
  machine m;
  m.put(name, {a2, a0, b});
  m.cpu.x[a0] = a;
  m.steps(1);
  return m.cpu.x[a2];
}
bool taken(std::string_view name, u64 a, u64 b) {
  machine m;
  m.put(name, {a0, a1, -16});
  m.cpu.x[a0] = a, m.cpu.x[a1] = b;
  m.steps(1);
  EXPECT_TRUE(m.cpu.pc == memory_base + 4 || m.cpu.pc == memory_base - 16);
  return m.cpu.pc != memory_base + 4;
}

TEST(cpu_integer, arithmetic_wraps) {
  EXPECT_EQ(binary("add", minus_one, 2), 1u);
  EXPECT_EQ(binary("sub", 0, 1), minus_one);
  EXPECT_EQ(immediate("addi", 0, -2048), u64(-2048));
  EXPECT_EQ(binary("addw", 0x7fffffff, 1), 0xffffffff80000000u);
  EXPECT_EQ(immediate("addiw", 0xffffffff, 0), minus_one);
  EXPECT_EQ(binary("subw", 0, 1), minus_one);
}
TEST(cpu_integer, shifts_use_the_low_bits_of_the_amount) {
  EXPECT_EQ(binary("sll", 1, 64 + 3), 8u);
  EXPECT_EQ(binary("sra", min64, 63), minus_one);
  EXPECT_EQ(binary("srl", min64, 63), 1u);
  EXPECT_EQ(binary("sllw", 1, 32 + 31), 0xffffffff80000000u);
  EXPECT_EQ(binary("sraw", 0x80000000, 31), minus_one);
  EXPECT_EQ(immediate("srliw", 0xffffffff80000000u, 4), 0x08000000u);
  EXPECT_EQ(immediate("slli", 1, 63), min64);
  EXPECT_EQ(immediate("srai", min64, 60), u64(-8));
}
TEST(cpu_integer, comparisons_are_signed_or_not) {
  EXPECT_EQ(binary("slt", minus_one, 0), 1u);
  EXPECT_EQ(binary("sltu", minus_one, 0), 0u);
  EXPECT_EQ(immediate("sltiu", 5, -1), 1u) << "the immediate is sign-extended, then unsigned";
  EXPECT_TRUE(taken("blt", minus_one, 0));
  EXPECT_FALSE(taken("bltu", minus_one, 0));
  EXPECT_TRUE(taken("bgeu", 7, 7));
  EXPECT_TRUE(taken("bge", 7, 7));
  EXPECT_FALSE(taken("bne", 7, 7));
  EXPECT_TRUE(taken("beq", 7, 7));
}
TEST(cpu_integer, division_by_zero_and_overflow_do_not_trap) {
  EXPECT_EQ(binary("div", 7, 0), minus_one);
  EXPECT_EQ(binary("rem", 7, 0), 7u);
  EXPECT_EQ(binary("divu", 7, 0), minus_one);
  EXPECT_EQ(binary("div", min64, minus_one), min64);
  EXPECT_EQ(binary("rem", min64, minus_one), 0u);
  EXPECT_EQ(binary("divw", 0x80000000, minus_one), 0xffffffff80000000u);
  EXPECT_EQ(binary("remuw", 0xffffffff80000001u, 0), 0xffffffff80000001u);
  EXPECT_EQ(binary("div", u64(-7), 2), u64(-3));
  EXPECT_EQ(binary("rem", u64(-7), 2), u64(-1));
}
TEST(cpu_integer, high_products) {
  EXPECT_EQ(binary("mulh", minus_one, minus_one), 0u);
  EXPECT_EQ(binary("mulhu", minus_one, minus_one), minus_one - 1);
  EXPECT_EQ(binary("mulhsu", minus_one, minus_one), minus_one);
  EXPECT_EQ(binary("mulw", 0x10000, 0x8000), 0xffffffff80000000u);
}
TEST(cpu_integer, bit_manipulation) {
  EXPECT_EQ(binary("sh3add", 2, 1), 17u);
  EXPECT_EQ(binary("add.uw", minus_one, 1), 0x100000000u);
  EXPECT_EQ(binary("rolw", 0x80000001, 1), 3u);
  EXPECT_EQ(immediate("bexti", min64, 63), 1u);
  EXPECT_EQ(immediate("slli.uw", minus_one, 4), 0xffffffff0u);
  EXPECT_EQ(binary("max", minus_one, 1), 1u);
  EXPECT_EQ(binary("maxu", minus_one, 1), minus_one);
  EXPECT_EQ(immediate("clzw", 1, 0), 31u);
  EXPECT_EQ(immediate("ctz", 0, 0), 64u);
  EXPECT_EQ(immediate("orc.b", 0x0100200000000080u, 0), 0xff00ff00000000ffu);
  EXPECT_EQ(immediate("rev8", 0x0102030405060708u, 0), 0x0807060504030201u);
  EXPECT_EQ(immediate("sext.h", 0x8000, 0), u64(-32768));
  EXPECT_EQ(immediate("zext.h", minus_one, 0), 0xffffu);
}
TEST(cpu_integer, x0_stays_zero) {
  machine m;
  m.put("addi", {zero, zero, 5}).put("add", {a0, zero, zero}).put("jal", {zero, 8});
  m.cpu.x[a0] = 1;
  m.steps(3);
  EXPECT_EQ(m.cpu.x[0], 0u);
  EXPECT_EQ(m.cpu.x[a0], 0u);
}
TEST(cpu_integer, jumps_link_and_clear_the_lowest_bit) {
  machine m;
  m.put("auipc", {a0, 0}).put("jalr", {ra, a0, 17});
  m.steps(2);
  EXPECT_EQ(m.cpu.x[ra], memory_base + 8);
  EXPECT_EQ(m.cpu.pc, memory_base + 16);
}
TEST(cpu_integer, compressed_links_to_two_bytes_on) {
  machine m;
  m.half(0x9502); // c.jalr a0
  m.cpu.x[a0] = memory_base + 0x100;
  m.steps(1);
  EXPECT_EQ(m.cpu.pc, memory_base + 0x100);
  EXPECT_EQ(m.cpu.x[ra], memory_base + 2);
}
TEST(cpu_decode, names_are_unique_and_every_line_decodes_to_itself) {
  std::set<std::string_view> names;
  for (const auto& part : instruction_set())
    for (const opcode& op : part) {
      EXPECT_TRUE(names.insert(op.name).second) << op.name;
      EXPECT_EQ(decode(op.match).op->name, op.name);
      EXPECT_EQ(op.match & ~op.mask, 0u) << op.name;
    }
}
TEST(cpu_decode, disassembly) {
  EXPECT_EQ(disassemble(assemble("addi", {a0, sp, -16}), 0), "addi a0,sp,-16");
  EXPECT_EQ(disassemble(assemble("bne", {a0, zero, -8}), 0x80000010), "bne a0,zero,0x80000008");
  EXPECT_EQ(disassemble(assemble("csrrw", {a0, 0x300, a1}), 0), "csrrw a0,mstatus,a1");
  EXPECT_EQ(disassemble(0x00000000, 0), ".half 0x0000");
  EXPECT_EQ(disassemble(assemble("fmadd.d", {1, 2, 3, 4, 0}), 0), "fmadd.d ft1,ft2,ft3,ft4,rne");
}

} // namespace
