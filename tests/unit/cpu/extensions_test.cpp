// Zicbom, Zicboz, Zihpm and Sstc, which the QEMU that the random programs run on does not have.
#include "tests/unit/cpu/machine.hpp"
#include <gtest/gtest.h>

using namespace acf::cpu;
using namespace acf::cpu::test;

namespace {

using u64 = std::uint64_t;
constexpr u64 data = memory_base + 0x1000;

constexpr unsigned senvcfg = 0x10a, stimecmp = 0x14d, mcounteren = 0x306, scounteren = 0x106, menvcfg = 0x30a,
                   mcountinhibit = 0x320, mhpmevent3 = 0x323, mip = 0x344, pmpcfg0 = 0x3a0, pmpaddr0 = 0x3b0,
                   mhpmcounter3 = 0xb03, hpmcounter3 = 0xc03;

void open_memory(machine& m, u64 rights = 7) { // to all modes
  m.cpu.poke_csr(pmpaddr0, ~u64{0} >> 10), m.cpu.poke_csr(pmpcfg0, 0x18 | rights);
}
u64 peek(machine& m, unsigned csr) {
  u64 v = ~u64{0};
  EXPECT_TRUE(m.cpu.peek_csr(csr, v));
  return v;
}
void fill(machine& m) {
  for (u64 at = data - 64; at < data + 128; ++at) m.ram.put<std::uint8_t>(at, 0xa5);
}
u64 zeros(machine& m) { // from data - 64 to data + 128
  u64 n = 0;
  for (u64 at = data - 64; at < data + 128; ++at) n += m.ram.get<std::uint8_t>(at) == 0;
  return n;
}

TEST(zicboz, zeroes_the_64_bytes_around_the_address) {
  for (const bool direct : {true, false}) {
    machine m;
    m.ram.offer_direct = direct;
    fill(m);
    m.put("cbo.zero", {a1});
    m.cpu.x[a1] = data + 37;
    m.steps(1);
    EXPECT_EQ(m.cpu.mcause, 0u);
    EXPECT_EQ(zeros(m), 64u);
    EXPECT_EQ(m.ram.get<u64>(data) | m.ram.get<u64>(data + 56), 0u);
  }
}
TEST(zicboz, breaks_reservations_and_meets_watchpoints_like_a_store) {
  machine m;
  m.put("cbo.zero", {a1});
  m.cpu.x[a1] = data + 8;
  m.cpu.set_watchpoints({{data + 60, data + 60, false, true}});
  EXPECT_EQ(m.cpu.run(100).why, stop::watchpoint);
  EXPECT_EQ(m.cpu.pc, memory_base + 4);
}
TEST(zicboz, needs_memory_that_may_be_written) {
  machine device;
  device.put("cbo.zero", {a1});
  device.cpu.x[a1] = device_base + 5;
  device.steps(1);
  EXPECT_EQ(device.cpu.mcause, 7u);
  EXPECT_EQ(device.cpu.mtval, device_base + 5);
  EXPECT_EQ(device.ram.device_writes, 0u);

  machine m; // supervisor mode under PMP: readable and executable only
  open_memory(m, 5);
  fill(m);
  m.put("cbo.zero", {a1});
  m.cpu.menvcfg = environment::cbze;
  m.cpu.x[a1] = data;
  m.cpu.poke_mode(privilege::supervisor);
  m.steps(1);
  EXPECT_EQ(m.cpu.mcause, 7u);
  EXPECT_EQ(zeros(m), 0u);
}
TEST(zicbom, changes_nothing_because_caches_and_memory_always_agree) {
  for (const char* name : {"cbo.inval", "cbo.clean", "cbo.flush"}) {
    machine m;
    fill(m);
    m.put(name, {a1});
    m.cpu.x[a1] = data + 1;
    m.steps(1);
    EXPECT_EQ(m.cpu.mcause, 0u) << name;
    EXPECT_EQ(zeros(m), 0u) << name;
    machine closed; // PMP gives supervisor mode nothing there
    open_memory(closed, 4);
    closed.put(name, {a1});
    closed.cpu.x[a1] = data + 1, closed.cpu.menvcfg = environment::cbie | environment::cbcfe;
    closed.cpu.poke_mode(privilege::supervisor);
    closed.steps(1);
    EXPECT_EQ(closed.cpu.mcause, 7u) << name; // of a store, though nothing is stored
    EXPECT_EQ(closed.cpu.mtval, data + 1) << name;
  }
}
// menvcfg decides for supervisor mode, both registers for user mode.
TEST(zicbo, is_illegal_where_the_environment_does_not_grant_it) {
  const struct {
    const char* name;
    u64 field;
  } kinds[] = {{"cbo.inval", environment::cbie},
               {"cbo.clean", environment::cbcfe},
               {"cbo.flush", environment::cbcfe},
               {"cbo.zero", environment::cbze}};
  for (const auto& kind : kinds)
    for (const privilege by : {privilege::machine, privilege::supervisor, privilege::user})
      for (const bool machine_grants : {false, true})
        for (const bool supervisor_grants : {false, true}) {
          machine m;
          open_memory(m);
          m.put(kind.name, {a1});
          m.cpu.x[a1] = data;
          m.cpu.poke_csr(menvcfg, machine_grants ? kind.field : ~kind.field);
          m.cpu.poke_csr(senvcfg, supervisor_grants ? kind.field : ~kind.field);
          m.cpu.poke_mode(by);
          m.steps(1);
          const bool granted =
              by == privilege::machine || (machine_grants && (by == privilege::supervisor || supervisor_grants));
          EXPECT_EQ(m.cpu.mcause, granted ? 0u : 2u) << kind.name << ' ' << static_cast<int>(by);
        }
}

TEST(zihpm, counts_every_class_of_instructions_alone) {
  const struct {
    event what;
    unsigned times;
  } expected[] = {{event::loads, 3},   {event::stores, 2},          {event::branches, 1},
                  {event::jumps, 1},   {event::multiplications, 2}, {event::divisions, 1},
                  {event::atomics, 1}, {event::floating_point, 4},  {event::csr_accesses, 1}};
  machine m;
  m.cpu.x[a1] = data;
  for (unsigned n = 0; n < std::size(expected); ++n) m.cpu.poke_csr(mhpmevent3 + n, static_cast<u64>(expected[n].what));
  m.put("ld", {a0, a1, 0}).put("lw", {a0, a1, 0}).put("lbu", {a0, a1, 0}).put("sd", {a0, a1, 0}).put("sb", {a0, a1, 0});
  m.put("beq", {zero, zero, 4}).put("mul", {a2, a1, a1}).put("mulw", {a2, a1, a1}).put("divu", {a2, a1, a1});
  m.put("amoadd.w", {a2, a0, a1}).put("jal", {zero, 4}).put("csrrs", {a2, 0x340, zero});
  m.put("fld", {1, a1, 0}).put("fadd.d", {2, 1, 1}).put("fmv.d.x", {3, a1}).put("fsd", {3, a1, 0});
  m.put("jal", {zero, 0});
  const u64 end = m.end - 4;
  m.cpu.set_breakpoints({end});
  EXPECT_EQ(m.cpu.run(10'000).why, stop::breakpoint);
  for (unsigned n = 0; n < std::size(expected); ++n) {
    // Loads and stores of floating-point registers are loads and stores, too.
    const unsigned of_float = n < 2 ? 1 : 0;
    EXPECT_EQ(peek(m, mhpmcounter3 + n), expected[n].times + of_float) << n;
  }
}
TEST(zihpm, counts_what_happens_to_the_hart) {
  machine m;
  const event what[] = {event::exceptions,    event::device_reads, event::device_writes,
                        event::device_cycles, event::misaligned,   event::failed_sc};
  for (unsigned n = 0; n < std::size(what); ++n) m.cpu.poke_csr(mhpmevent3 + n, static_cast<u64>(what[n]));
  m.put("lw", {a0, a1, 0}).put("sw", {a0, a1, 0}).put("lw", {a0, a1, 0});
  m.put("lw", {a0, a2, 1}).put("sd", {a0, a2, 3}).put("sc.w", {a0, a0, a2}).word(0);
  m.cpu.x[a1] = device_base, m.cpu.x[a2] = data;
  m.steps(7);
  const u64 expected[] = {1, 2, 1, 30, 2, 1};
  for (unsigned n = 0; n < std::size(what); ++n) EXPECT_EQ(peek(m, mhpmcounter3 + n), expected[n]) << n;
}
TEST(zihpm, unknown_events_read_as_none_and_counters_can_be_written_and_stopped) {
  machine m;
  for (const u64 unknown : {10u, 15u, 26u, 255u}) {
    m.cpu.poke_csr(mhpmevent3, unknown);
    EXPECT_EQ(peek(m, mhpmevent3), 0u);
  }
  m.cpu.poke_csr(mhpmevent3, static_cast<u64>(event::loads));
  m.cpu.poke_csr(mhpmcounter3, 100);
  m.put("ld", {a0, a1, 0}).put("csrrw", {zero, mcountinhibit, a2}).put("ld", {a0, a1, 0});
  m.put("csrrw", {zero, mcountinhibit, zero}).put("ld", {a0, a1, 0});
  m.cpu.x[a1] = data, m.cpu.x[a2] = 1 << 3;
  m.steps(5);
  EXPECT_EQ(peek(m, mhpmcounter3), 102u);
  EXPECT_EQ(peek(m, hpmcounter3), 102u);
}
TEST(zihpm, less_privileged_modes_read_what_they_are_given) {
  for (const privilege by : {privilege::supervisor, privilege::user})
    for (const u64 machine_gives : {u64{0}, u64{8}})
      for (const u64 supervisor_gives : {u64{0}, u64{8}}) {
        machine m;
        open_memory(m);
        m.cpu.poke_csr(mhpmcounter3, 42);
        m.cpu.poke_csr(mcounteren, machine_gives), m.cpu.poke_csr(scounteren, supervisor_gives);
        m.put("csrrs", {a0, hpmcounter3, zero});
        m.cpu.poke_mode(by);
        m.steps(1);
        const bool given = machine_gives != 0 && (by == privilege::supervisor || supervisor_gives != 0);
        EXPECT_EQ(m.cpu.mcause, given ? 0u : 2u);
        EXPECT_EQ(m.cpu.x[a0], given ? 42u : 0u);
      }
}

constexpr u64 stip = u64{1} << 5;

TEST(sstc, stimecmp_raises_and_lowers_the_supervisor_timer) {
  machine m;
  m.cpu.poke_csr(menvcfg, environment::stce);
  m.ram.now = 99;
  m.cpu.poke_csr(stimecmp, 100);
  EXPECT_EQ(peek(m, mip) & stip, 0u);
  m.ram.now = 100;
  m.cpu.sample_timer();
  EXPECT_EQ(peek(m, mip) & stip, stip);
  m.cpu.poke_csr(mip, 0); // it is the comparison's, not software's
  EXPECT_EQ(peek(m, mip) & stip, stip);
  m.cpu.poke_csr(stimecmp, 101);
  EXPECT_EQ(peek(m, mip) & stip, 0u);
  m.cpu.poke_csr(stimecmp, 5); // in the past: at once
  EXPECT_EQ(peek(m, mip) & stip, stip);
}
TEST(sstc, without_it_the_bit_is_machine_modes_to_write) {
  machine m;
  m.ram.now = 100;
  m.cpu.poke_csr(stimecmp, 5);
  m.cpu.sample_timer();
  EXPECT_EQ(peek(m, mip) & stip, 0u);
  m.cpu.poke_csr(mip, stip);
  EXPECT_EQ(peek(m, mip) & stip, stip);
}
TEST(sstc, the_interrupt_is_delegated_and_taken) {
  machine m;
  open_memory(m);
  m.cpu.poke_csr(menvcfg, environment::stce);
  m.cpu.mideleg = m.cpu.mie = stip;
  m.cpu.stvec = memory_base + 0x9000;
  m.cpu.mstatus |= status::sie;
  m.cpu.poke_mode(privilege::supervisor);
  m.cpu.x[a1] = 7;
  m.cpu.mcounteren = 2;
  m.ram.now = 7;
  m.put("csrrw", {zero, stimecmp, a1}).put("addi", {a0, zero, 1});
  m.steps(2);
  EXPECT_EQ(m.cpu.scause, interrupt_flag | 5);
  EXPECT_EQ(m.cpu.sepc, memory_base + 4);
  EXPECT_EQ(m.cpu.pc, memory_base + 0x9000);
}
TEST(sstc, supervisor_mode_needs_both_the_environment_and_the_time) {
  for (const u64 environment : {u64{0}, environment::stce})
    for (const u64 time : {u64{0}, u64{2}}) {
      machine m;
      open_memory(m);
      m.cpu.poke_csr(menvcfg, environment), m.cpu.poke_csr(mcounteren, time);
      m.put("csrrw", {zero, stimecmp, a1});
      m.cpu.poke_mode(privilege::supervisor);
      m.steps(1);
      EXPECT_EQ(m.cpu.mcause, environment && time ? 0u : 2u);
    }
}

} // namespace
