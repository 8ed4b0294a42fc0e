// Lines as Spike prints them.
#include "models/cpu/commit_log.hpp"
#include "tests/unit/cpu/machine.hpp"
#include <gtest/gtest.h>

using namespace acf::cpu;
using namespace acf::cpu::test;

namespace {

struct recorder : observer {
  std::vector<std::string> lines;
  bool wants_instructions() const override { return true; }
  void on_retired(const hart& h, const retired& what) override { lines.push_back(commit_line(h, what)); }
};

struct cpu_commit_log : testing::Test {
  machine m;
  recorder seen;
  std::string line_of(std::string_view name, std::initializer_list<std::int64_t> operands) {
    m.put(name, operands);
    m.cpu.watch(&seen);
    m.steps(1);
    return seen.lines.empty() ? "nothing" : seen.lines.back();
  }
};

TEST_F(cpu_commit_log, a_register) {
  EXPECT_EQ(line_of("addi", {t0, zero, 7}), "core   0: 3 0x0000000080000000 (0x00700293) x5  0x0000000000000007");
  EXPECT_EQ(line_of("addi", {zero, zero, 7}), "core   0: 3 0x0000000080000004 (0x00700013)");
}
TEST_F(cpu_commit_log, a_compressed_instruction) {
  m.half(0x4515); // c.li a0, 5
  m.cpu.watch(&seen);
  m.steps(1);
  EXPECT_EQ(seen.lines.at(0), "core   0: 3 0x0000000080000000 (0x4515) x10 0x0000000000000005");
}
TEST_F(cpu_commit_log, loads_and_stores) {
  m.cpu.x[a1] = memory_base + 0x1000;
  m.cpu.x[a0] = 0x112233445566778a;
  EXPECT_EQ(line_of("sh", {a0, a1, 2}), "core   0: 3 0x0000000080000000 (0x00a59123) mem 0x0000000080001002 0x778a");
  EXPECT_EQ(line_of("lb", {a2, a1, 2}),
            "core   0: 3 0x0000000080000004 (0x00258603) x12 0xffffffffffffff8a mem 0x0000000080001002");
}
TEST_F(cpu_commit_log, atomics_read_and_write) {
  m.cpu.x[a1] = memory_base + 0x1000;
  m.cpu.x[a0] = 5;
  m.ram.put<std::uint32_t>(memory_base + 0x1000, 3);
  EXPECT_EQ(line_of("amoadd.w", {a2, a0, a1}), "core   0: 3 0x0000000080000000 (0x00a5a62f) x12 0x0000000000000003 mem "
                                               "0x0000000080001000 mem 0x0000000080001000 0x00000008");
}
TEST_F(cpu_commit_log, csrs) {
  m.cpu.x[t0] = 0x1234;
  EXPECT_EQ(line_of("csrrw", {zero, 0x340, t0}),
            "core   0: 3 0x0000000080000000 (0x34029073) c832_mscratch 0x0000000000001234");
  EXPECT_EQ(line_of("csrrs", {a0, 0x340, zero}), "core   0: 3 0x0000000080000004 (0x34002573) x10 0x0000000000001234");
}
TEST_F(cpu_commit_log, floating_point_shows_what_it_raises) {
  m.cpu.mstatus &= ~(status::fs | status::sd);
  m.cpu.mstatus |= 1u << status::fs_shift;
  m.cpu.code_changed();
  m.cpu.f[1] = 0x3ff0000000000000; // 1 / 3
  m.cpu.f[2] = 0x4008000000000000;
  EXPECT_EQ(line_of("fdiv.d", {0, 1, 2}),
            "core   0: 3 0x0000000080000000 (0x1a20f053) f0  0x3fd5555555555555 c1_fflags "
            "0x0000000000000001 c768_mstatus 0x8000000a00007800");
  EXPECT_EQ(line_of("fsub.d", {3, 1, 1}), "core   0: 3 0x0000000080000004 (0x0a10f1d3) f3  0x0000000000000000");
  EXPECT_EQ(m.cpu.fflags, 1u) << "observing takes nothing away";
}
TEST_F(cpu_commit_log, trapping_instructions_do_not_retire) {
  EXPECT_EQ(line_of("ecall", {}), "nothing");
  EXPECT_EQ(m.cpu.instret, 0u);
}
TEST_F(cpu_commit_log, watching_changes_nothing) {
  machine plain;
  for (machine* one : {&plain, &m}) {
    one->put("addi", {a0, a0, -1}).put("sd", {a0, s0, 0}).put("fcvt.d.l", {0, a0}).put("bne", {a0, zero, -12});
    one->put("jal", {zero, 0});
    one->cpu.x[a0] = 100;
    one->cpu.x[s0] = memory_base + 0x1000;
  }
  m.cpu.watch(&seen);
  plain.cpu.run(500);
  m.cpu.run(500);
  EXPECT_EQ(plain.cpu.cycle, m.cpu.cycle);
  EXPECT_EQ(plain.cpu.instret, m.cpu.instret);
  EXPECT_EQ(plain.cpu.x, m.cpu.x);
  EXPECT_EQ(seen.lines.size(), m.cpu.instret);
}

} // namespace
