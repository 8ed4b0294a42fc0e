// Every cause of a trap, from every mode that can have it, kept by machine mode and delegated, direct and vectored.
#include "tests/unit/cpu/machine.hpp"
#include <gtest/gtest.h>

using namespace acf::cpu;
using namespace acf::cpu::test;

namespace {

using u64 = std::uint64_t;
constexpr u64 machine_handler = memory_base + 0x8000, supervisor_handler = memory_base + 0x9000;
constexpr u64 root = memory_base + 0x10000, unmapped = 0x7000, nowhere = 0x40;

struct exceptional {
  const char* name;
  u64 cause;
  bool paged; // behind page tables that map memory only
  bool misaligned_trap;
  std::uint32_t word; // instruction; 0: is fetched at `address` instead
  u64 address;        // in a1
  u64 value;          // expected in mtval
};
const exceptional exceptions[] = {
    {"fetch access", 1, false, false, 0, nowhere, nowhere},
    {"illegal", 2, false, false, 0xffffffff, 0, 0xffffffff},
    {"breakpoint", 3, false, false, assemble("ebreak"), 0, memory_base},
    {"load misaligned", 4, false, true, assemble("lw", {a0, a1, 1}), memory_base, memory_base + 1},
    {"lr misaligned", 4, false, false, assemble("lr.w", {a0, a1}), memory_base + 2, memory_base + 2},
    {"load access", 5, false, false, assemble("lw", {a0, a1, 4}), nowhere, nowhere + 4},
    {"lr access", 5, false, false, assemble("lr.d", {a0, a1}), nowhere, nowhere},
    {"store misaligned", 6, false, true, assemble("sd", {a0, a1, 4}), memory_base, memory_base + 4},
    {"amo misaligned", 6, false, false, assemble("amoadd.d", {a0, a0, a1}), memory_base + 4, memory_base + 4},
    {"store access", 7, false, false, assemble("sw", {a0, a1, 4}), nowhere, nowhere + 4},
    {"amo access", 7, false, false, assemble("amoadd.w", {a0, a0, a1}), nowhere, nowhere},
    {"sc access", 7, false, false, assemble("sc.w", {a0, a0, a1}), nowhere, nowhere},
    {"fetch page", 12, true, false, 0, unmapped, unmapped},
    {"load page", 13, true, false, assemble("ld", {a0, a1, 8}), unmapped, unmapped + 8},
    {"lr page", 13, true, false, assemble("lr.d", {a0, a1}), unmapped, unmapped},
    {"store page", 15, true, false, assemble("sb", {a0, a1, 8}), unmapped, unmapped + 8},
    {"amo page", 15, true, false, assemble("amoswap.w", {a0, a0, a1}), unmapped, unmapped},
};

struct in_mode : machine {
  in_mode(privilege by, bool paged, bool delegated, hart_config config) : machine(config) {
    ram.put(root + 16, memory_base >> 12 << 10 | 0xcf | (by == privilege::user ? 0x10 : 0));
    cpu.poke_csr(0x3b0, ~u64{0} >> 10), cpu.poke_csr(0x3a0, 0x1f);
    if (paged) cpu.poke_csr(0x180, u64{8} << 60 | root >> 12);
    cpu.mtvec = machine_handler | 1, cpu.stvec = supervisor_handler | 1;
    if (delegated) cpu.poke_csr(0x302, ~u64{0}), cpu.poke_csr(0x303, ~u64{0});
    cpu.mstatus |= status::mie | status::sie;
    cpu.poke_mode(by);
  }
};

void expect_trap(machine& m, u64 cause, u64 value, u64 from, privilege by, bool delegated, const std::string& what,
                 bool was_enabled = true) {
  const bool interrupt = (cause & interrupt_flag) != 0;
  const u64 vector = interrupt ? 4 * (cause & ~interrupt_flag) : 0;
  if (delegated) {
    EXPECT_EQ(m.cpu.scause, cause) << what;
    EXPECT_EQ(m.cpu.stval, value) << what;
    EXPECT_EQ(m.cpu.sepc, from) << what;
    EXPECT_EQ(m.cpu.pc, supervisor_handler + vector) << what;
    EXPECT_EQ(m.cpu.mode, privilege::supervisor) << what;
    EXPECT_EQ(m.cpu.mstatus & (status::sie | status::spie), was_enabled ? status::spie : 0) << what;
    EXPECT_EQ((m.cpu.mstatus & status::spp) != 0, by == privilege::supervisor) << what;
    EXPECT_EQ(m.cpu.mcause, 0u) << what;
  } else {
    EXPECT_EQ(m.cpu.mcause, cause) << what;
    EXPECT_EQ(m.cpu.mtval, value) << what;
    EXPECT_EQ(m.cpu.mepc, from) << what;
    EXPECT_EQ(m.cpu.pc, machine_handler + vector) << what;
    EXPECT_EQ(m.cpu.mode, privilege::machine) << what;
    EXPECT_EQ(m.cpu.mstatus & (status::mie | status::mpie), was_enabled ? status::mpie : 0) << what;
    EXPECT_EQ((m.cpu.mstatus & status::mpp) >> status::mpp_shift, static_cast<u64>(by)) << what;
    EXPECT_EQ(m.cpu.scause, 0u) << what;
  }
}

constexpr privilege modes[] = {privilege::machine, privilege::supervisor, privilege::user};

TEST(traps, every_exception_from_every_mode_kept_and_delegated) {
  for (const exceptional& e : exceptions)
    for (const privilege by : modes)
      for (const bool delegated : {false, true}) {
        if (e.paged && by == privilege::machine) continue;
        in_mode m(by, e.paged, delegated, {.misaligned_trap = e.misaligned_trap});
        m.cpu.x[a1] = e.address;
        if (e.word != 0)
          m.word(e.word);
        else
          m.cpu.pc = e.address;
        const u64 from = m.cpu.pc;
        m.steps(1);
        expect_trap(m, e.cause, e.value, from, by, delegated && by != privilege::machine,
                    std::string(e.name) + " in mode " + std::to_string(static_cast<int>(by)));
        EXPECT_EQ(m.cpu.instret, 0u) << e.name;
      }
}
TEST(traps, calls_of_the_environment_say_from_where_and_those_of_machine_mode_are_never_delegated) {
  for (const privilege by : modes)
    for (const bool delegated : {false, true}) {
      in_mode m(by, false, delegated, {});
      m.put("ecall").steps(1);
      expect_trap(m, 8 + static_cast<u64>(by), 0, memory_base, by, delegated && by != privilege::machine, "ecall");
    }
}
TEST(traps, jumps_to_odd_addresses_lose_the_lowest_bit_instead_of_trapping) {
  machine m; // with compressed instructions no target is misaligned: cause 0 does not exist
  m.put("jalr", {zero, a1, 0});
  m.cpu.x[a1] = memory_base + 0x103;
  m.steps(1);
  EXPECT_EQ(m.cpu.pc, memory_base + 0x102);
  EXPECT_EQ(m.cpu.mcause, 0u);
}
TEST(traps, every_interrupt_in_every_mode_kept_and_delegated) {
  for (const u64 line : {1, 3, 5, 7, 9, 11})
    for (const privilege by : modes)
      for (const bool delegated : {false, true})
        for (const bool enabled : {false, true}) {
          in_mode m(by, false, delegated, {});
          if (!enabled) m.cpu.mstatus &= ~(status::mie | status::sie);
          m.cpu.mie = u64{1} << line;
          m.cpu.set_interrupt(static_cast<interrupt>(line), true);
          m.put("addi", {a0, zero, 1}).steps(1);
          const bool to_supervisor = delegated && (line == 1 || line == 5 || line == 9);
          // A handler's own mode needs its enable bit; a less privileged one is always interrupted, a more privileged
          // one never.
          const privilege handler = to_supervisor ? privilege::supervisor : privilege::machine;
          const bool taken = by < handler || (by == handler && enabled);
          const std::string what = "line " + std::to_string(line) + " mode " + std::to_string(static_cast<int>(by));
          if (taken)
            expect_trap(m, interrupt_flag | line, 0, memory_base, by, to_supervisor, what, enabled);
          else
            EXPECT_EQ(m.cpu.x[a0], 1u) << what;
        }
}
TEST(traps, a_trap_inside_a_handler_nests_and_both_return) {
  in_mode m(privilege::user, false, false, {});
  m.cpu.poke_csr(0x302, 1 << 8); // calls go to supervisor mode, illegal instructions to machine mode
  m.put("ecall").put("addi", {a2, zero, 9});
  const auto handler = [&](u64 at, std::initializer_list<std::uint32_t> words) {
    for (const std::uint32_t w : words) m.ram.put(at, w), at += 4;
  };
  handler(supervisor_handler, {0xffffffff, assemble("csrrs", {a3, 0x141, zero}), assemble("addi", {a3, a3, 4}),
                               assemble("csrrw", {zero, 0x141, a3}), assemble("sret")});
  handler(machine_handler, {assemble("csrrs", {a3, 0x341, zero}), assemble("addi", {a3, a3, 4}),
                            assemble("csrrw", {zero, 0x341, a3}), assemble("mret")});
  m.steps(11);
  EXPECT_EQ(m.cpu.x[a2], 9u);
  EXPECT_EQ(m.cpu.mode, privilege::user);
  EXPECT_EQ(m.cpu.scause, 8u);
  EXPECT_EQ(m.cpu.mcause, 2u);
}

} // namespace
