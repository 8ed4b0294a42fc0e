// The decoder's table and the disassembler; what the instructions do is in instructions/.
#include "tests/unit/cpu/assembler.hpp"
#include <gtest/gtest.h>
#include <set>

using namespace acf::cpu;
using namespace acf::cpu::test;

namespace {

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
