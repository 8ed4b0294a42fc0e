// Slices, blocks, traps, interrupts: what happens around the instructions.
#include "tests/unit/cpu/machine.hpp"
#include <gtest/gtest.h>

using namespace acf::cpu;
using namespace acf::cpu::test;
using u64 = std::uint64_t;

namespace {

// Counts a0 down in a loop of three instructions, then loops forever; touches memory.
machine& countdown(machine& m) {
  return m.put("addi", {a0, a0, -1}).put("sd", {a0, s0, 0}).put("bne", {a0, zero, -8}).put("jal", {zero, 0});
}

TEST(cpu_run, the_same_instructions_whatever_the_slices) {
  for (const cycles slice : {1u, 2u, 3u, 5u, 7u, 64u, 1000u}) {
    machine whole, sliced;
    for (machine* m : {&whole, &sliced}) {
      countdown(*m);
      m->cpu.x[a0] = 100;
      m->cpu.x[s0] = memory_base + 0x1000;
    }
    whole.cpu.run(420);
    while (sliced.cpu.cycle < whole.cpu.cycle) sliced.cpu.run(std::min(slice, 420 - sliced.cpu.cycle));
    EXPECT_EQ(sliced.cpu.cycle, whole.cpu.cycle);
    EXPECT_EQ(sliced.cpu.instret, whole.cpu.instret);
    EXPECT_EQ(sliced.cpu.x, whole.cpu.x);
  }
}
TEST(cpu_run, cycles_follow_the_table) {
  machine m; // 100 rounds of addi 1, sd 1, bne 1 + 2 taken; the last one falls through
  countdown(m);
  m.cpu.x[a0] = 100;
  m.cpu.x[s0] = memory_base + 0x1000;
  m.cpu.set_breakpoints({memory_base + 12});
  const run_result r = m.cpu.run(100000);
  EXPECT_EQ(r.why, stop::breakpoint);
  EXPECT_EQ(r.instructions, 300u);
  EXPECT_EQ(r.elapsed, 100u * 5 - 2);
}
TEST(cpu_run, breakpoints_do_not_move_the_end_of_a_slice) {
  machine plain, stopped;
  for (machine* m : {&plain, &stopped}) {
    countdown(*m);
    m->cpu.x[a0] = 100;
    m->cpu.x[s0] = memory_base + 0x1000;
  }
  stopped.cpu.set_breakpoints({memory_base + 4, memory_base + 8});
  const run_result p = plain.cpu.run(333);
  cycles spent = 0;
  unsigned stops = 0;
  while (spent < 333) {
    const run_result r = stopped.cpu.run(333 - spent);
    spent += r.elapsed;
    stops += r.why == stop::breakpoint;
  }
  EXPECT_EQ(spent, p.elapsed);
  EXPECT_EQ(stopped.cpu.instret, plain.cpu.instret);
  EXPECT_EQ(stopped.cpu.pc, plain.cpu.pc);
  EXPECT_GT(stops, 100u);
}
TEST(cpu_run, a_watchpoint_stops_after_the_store) {
  machine m;
  countdown(m);
  m.cpu.x[a0] = 3;
  m.cpu.x[s0] = memory_base + 0x1000;
  m.cpu.set_watchpoints({{memory_base + 0x1004, memory_base + 0x1004, false, true}});
  EXPECT_EQ(m.cpu.run(1000).why, stop::watchpoint);
  EXPECT_EQ(m.cpu.pc, memory_base + 8);
  EXPECT_EQ(m.cpu.instret, 2u);
  EXPECT_EQ(m.cpu.cycle, 2u);
  EXPECT_EQ(m.cpu.watch_hit.address, memory_base + 0x1000);
}
TEST(cpu_run, illegal_instructions_trap_with_their_bits) {
  machine m;
  m.put("addi", {a0, zero, 1}).word(0xffffffff);
  m.steps(2);
  EXPECT_EQ(m.cpu.pc, memory_base + 0x8000);
  EXPECT_EQ(m.cpu.mcause, 2u);
  EXPECT_EQ(m.cpu.mepc, memory_base + 4);
  EXPECT_EQ(m.cpu.mtval, 0xffffffffu);
  EXPECT_EQ(m.cpu.instret, 1u);
}
TEST(cpu_run, a_load_fault_leaves_the_register_alone) {
  machine m;
  m.put("lw", {a0, a1, 4});
  m.cpu.x[a0] = 77, m.cpu.x[a1] = 0x40;
  m.steps(1);
  EXPECT_EQ(m.cpu.mcause, 5u);
  EXPECT_EQ(m.cpu.mtval, 0x44u);
  EXPECT_EQ(m.cpu.x[a0], 77u);
}
TEST(cpu_run, a_jump_into_nowhere_faults_at_its_target) {
  machine m;
  m.put("jalr", {zero, a1, 0});
  m.cpu.x[a1] = 0x123456;
  m.steps(2);
  EXPECT_EQ(m.cpu.mcause, 1u);
  EXPECT_EQ(m.cpu.mepc, 0x123456u);
  EXPECT_EQ(m.cpu.mtval, 0x123456u);
}
TEST(cpu_run, trap_loops_end_the_run) {
  machine m;
  m.cpu.mtvec = 0;
  m.word(0);
  const run_result r = m.cpu.run(1'000'000);
  EXPECT_EQ(r.why, stop::trap_loop);
  EXPECT_LT(r.elapsed, 100u);
}
// A handler that saves a register below sp before it does anything else, for the tests that follow.
void handler_with_a_frame(machine& m) {
  m.ram.put(memory_base + 0x8000, assemble("addi", {sp, sp, -256}));
  m.ram.put(memory_base + 0x8004, assemble("sd", {a2, sp, 0}));
}
TEST(cpu_run, a_handler_whose_stack_is_nowhere_is_a_trap_loop) {
  machine m;
  handler_with_a_frame(m);
  m.put("lw", {a0, a1, 0});
  m.cpu.x[sp] = 0x1000, m.cpu.x[a1] = 0x123450;
  const run_result r = m.cpu.run(10'000'000);
  EXPECT_EQ(r.why, stop::trap_loop);
  EXPECT_LT(r.instructions, 10'000u);
  ASSERT_NE(m.cpu.open_fault(), nullptr);
  EXPECT_EQ(m.cpu.open_fault()->pc, memory_base);
  EXPECT_EQ(m.cpu.open_fault()->cause, 5u);
  EXPECT_EQ(m.cpu.open_fault()->value, 0x123450u);
}
TEST(cpu_run, a_handler_that_swaps_two_bad_stacks_or_takes_a_fixed_one_is_a_trap_loop) {
  for (const bool swaps : {true, false}) {
    machine m;
    m.ram.put(memory_base + 0x8000, swaps ? assemble("csrrw", {sp, 0x340, sp}) : assemble("addi", {sp, zero, 0x400}));
    m.ram.put(memory_base + 0x8004, assemble("addi", {sp, sp, -64}));
    m.ram.put(memory_base + 0x8008, assemble("sd", {a2, sp, 0}));
    m.word(0);
    m.cpu.x[sp] = 0x1000, m.cpu.mscratch = 0x9000;
    EXPECT_EQ(m.cpu.run(10'000'000).why, stop::trap_loop) << swaps;
  }
}
TEST(cpu_run, a_supervisor_handler_that_traps_for_ever_is_a_trap_loop) {
  machine m;
  m.cpu.poke_csr(0x3b0, ~u64{0}), m.cpu.poke_csr(0x3a0, 0x1f);
  m.cpu.medeleg = ~u64{0}, m.cpu.stvec = memory_base + 0x8000;
  handler_with_a_frame(m);
  m.word(0);
  m.cpu.poke_mode(privilege::supervisor);
  EXPECT_EQ(m.cpu.run(10'000'000).why, stop::trap_loop);
  EXPECT_EQ(m.cpu.open_fault()->cause, 2u);
}
TEST(cpu_run, handlers_may_nest_deeply_if_they_come_back) {
  machine m; // each level saves mepc on a good stack and traps again, until a1 is 0; then all return
  auto put = [&, at = memory_base + 0x8000](std::uint32_t word) mutable { m.ram.put(at, word), at += 4; };
  put(assemble("addi", {sp, sp, -16}));
  put(assemble("csrrs", {a3, 0x341, zero}));
  put(assemble("sd", {a3, sp, 0}));
  put(assemble("addi", {a1, a1, -1}));
  put(assemble("beq", {a1, zero, 8}));
  put(0);
  put(assemble("ld", {a3, sp, 0}));
  put(assemble("addi", {sp, sp, 16}));
  put(assemble("addi", {a3, a3, 4}));
  put(assemble("csrrw", {zero, 0x341, a3}));
  put(assemble("csrrs", {zero, 0x300, t0})); // mret forgets where it came from: mstatus.MPP
  put(assemble("mret"));
  m.word(0).put("addi", {a0, zero, 7}).put("jal", {zero, 0});
  m.cpu.x[sp] = memory_base + 0x80000, m.cpu.x[a1] = trap_history::patience - 1, m.cpu.x[t0] = status::mpp;
  EXPECT_EQ(m.cpu.run(100'000).why, stop::budget);
  EXPECT_EQ(m.cpu.x[a0], 7u);
  EXPECT_EQ(m.cpu.x[sp], memory_base + 0x80000);
}
TEST(cpu_run, code_that_jumps_out_of_its_handler_and_tries_elsewhere_is_no_trap_loop) {
  machine m;
  m.ram.put(memory_base + 0x8000, assemble("addi", {a1, a1, 64}));
  m.ram.put(memory_base + 0x8004, assemble("jal", {zero, -0x8004}));
  m.put("lw", {a0, a1, 0}).put("addi", {a2, zero, 7}).put("jal", {zero, 0});
  m.cpu.x[a1] = memory_base - 64 * 3000;
  EXPECT_EQ(m.cpu.run(1'000'000).why, stop::budget);
  EXPECT_EQ(m.cpu.x[a2], 7u);
}
TEST(cpu_run, a_nested_supervisor_trap_does_not_close_that_of_machine_mode) {
  machine m;
  m.cpu.poke_csr(0x3b0, ~u64{0}), m.cpu.poke_csr(0x3a0, 0x1f);
  m.word(0);
  m.steps(1);
  EXPECT_EQ(m.cpu.open_fault()->cause, 2u);
  m.ram.put(memory_base + 0x8000, assemble("sret")); // machine mode gives up its handler without mret
  m.cpu.sepc = memory_base + 4;
  m.steps(1);
  ASSERT_NE(m.cpu.open_fault(), nullptr);
  EXPECT_EQ(m.cpu.open_fault()->pc, memory_base);
}
TEST(cpu_run, misaligned_accesses_to_memory_work_across_pages) {
  machine m;
  m.put("sd", {a0, a1, 0}).put("ld", {a2, a1, 0}).put("lh", {a3, a1, 3});
  m.cpu.x[a0] = 0x1122334455667788, m.cpu.x[a1] = memory_base + 0x1ffd;
  m.steps(3);
  EXPECT_EQ(m.cpu.x[a2], 0x1122334455667788u);
  EXPECT_EQ(m.cpu.x[a3], 0x4455u);
}
TEST(cpu_run, misaligned_accesses_trap_if_configured_and_at_devices_always) {
  machine m({.misaligned_trap = true});
  m.put("lw", {a0, a1, 0});
  m.cpu.x[a1] = memory_base + 0x1001;
  m.steps(1);
  EXPECT_EQ(m.cpu.mcause, 4u);
  EXPECT_EQ(m.cpu.mtval, memory_base + 0x1001);
  machine d;
  d.put("sw", {a0, a1, 0});
  d.cpu.x[a1] = device_base + 1;
  d.steps(1);
  EXPECT_EQ(d.cpu.mcause, 7u);
  EXPECT_EQ(d.ram.device_writes, 0u);
}
TEST(cpu_run, devices_see_the_cycle_of_the_access_and_add_their_latency) {
  machine m;
  m.put("addi", {a0, zero, 1})
      .put("addi", {a0, a0, 1})
      .put("sw", {a0, a1, 0})
      .put("addi", {a0, a0, 1})
      .put("jal", {zero, 0});
  m.cpu.x[a1] = device_base;
  cycles seen = 0;
  u64 pc = 0, count = 0;
  m.ram.on_device = [&] { seen = m.cpu.cycle, pc = m.cpu.pc, count = m.cpu.instret; };
  m.cpu.set_breakpoints({memory_base + 16});
  const run_result r = m.cpu.run(1000);
  EXPECT_EQ(seen, 2u);
  EXPECT_EQ(pc, memory_base + 8);
  EXPECT_EQ(count, 2u);
  EXPECT_EQ(r.elapsed, 4u + 10);
  EXPECT_EQ(m.ram.device_value, 2u);
}
TEST(cpu_run, a_device_that_raises_an_interrupt_is_obeyed_at_the_next_instruction) {
  machine m;
  m.put("sw", {a0, a1, 0}).put("addi", {a2, zero, 1});
  m.cpu.x[a1] = device_base;
  m.cpu.mie = bit(interrupt::machine_external);
  m.cpu.mstatus |= status::mie;
  m.ram.on_device = [&] { m.cpu.set_interrupt(interrupt::machine_external, true); };
  m.ram.put(memory_base + 0x8000, assemble("jal", {zero, 0}));
  m.cpu.run(20);
  EXPECT_EQ(m.cpu.mcause, interrupt_flag | 11);
  EXPECT_EQ(m.cpu.mepc, memory_base + 4);
  EXPECT_EQ(m.cpu.x[a2], 0u);
}
TEST(cpu_run, interrupts_by_priority_vectored_and_back) {
  machine m;
  m.put("addi", {a0, a0, 1});
  m.ram.put(memory_base + 0x9000 + 4 * 3, assemble("mret"));
  m.cpu.mtvec = memory_base + 0x9001;
  m.cpu.mie = bit(interrupt::machine_software) | bit(interrupt::machine_timer);
  m.cpu.mstatus |= status::mie;
  m.cpu.set_interrupt(interrupt::machine_timer, true);
  m.cpu.set_interrupt(interrupt::machine_software, true);
  m.steps(1);
  EXPECT_EQ(m.cpu.pc, memory_base + 0x9000 + 4 * 3);
  EXPECT_EQ(m.cpu.mstatus & (status::mie | status::mpie), status::mpie);
  m.cpu.set_interrupt(interrupt::machine_timer, false);
  m.cpu.set_interrupt(interrupt::machine_software, false);
  m.steps(1);
  EXPECT_EQ(m.cpu.pc, memory_base);
  EXPECT_NE(m.cpu.mstatus & status::mie, 0u);
}
TEST(cpu_run, an_interrupt_between_two_blocks_is_not_taken_for_the_way_from_one_to_the_other) {
  for (cycles first = 1; first < 12; ++first) { // one of these slices ends exactly between the blocks
    machine m;
    m.put("addi", {a0, a0, 1}).put("jal", {zero, 8}).put("ebreak");
    m.put("addi", {a1, a1, 1}).put("jal", {zero, -16});
    m.ram.put(memory_base + 0x8000, assemble("addi", {a2, a2, 1}));
    m.ram.put(memory_base + 0x8004, assemble("csrrw", {zero, 0x304, zero})); // mie
    m.ram.put(memory_base + 0x8008, assemble("mret"));
    m.cpu.mie = bit(interrupt::machine_timer);
    m.cpu.mstatus |= status::mie;
    m.cpu.run(first);
    m.cpu.set_interrupt(interrupt::machine_timer, true);
    m.cpu.run(200);
    EXPECT_EQ(m.cpu.x[a2], 1u) << first;
    EXPECT_LE(m.cpu.x[a0] - m.cpu.x[a1], 1u) << first;
    EXPECT_GT(m.cpu.x[a1], 10u) << first;
  }
}
TEST(cpu_run, exceptions_do_not_use_the_vector) {
  machine m;
  m.cpu.mtvec = memory_base + 0x9001;
  m.put("ecall");
  m.steps(1);
  EXPECT_EQ(m.cpu.pc, memory_base + 0x9000);
  EXPECT_EQ(m.cpu.mcause, 11u);
  EXPECT_EQ(m.cpu.mtval, 0u);
}
TEST(cpu_run, wfi_sleeps_until_an_enabled_interrupt_is_pending_even_if_masked_globally) {
  machine m;
  m.put("wfi").put("addi", {a0, zero, 7}).put("jal", {zero, 0});
  m.cpu.mie = bit(interrupt::machine_timer);
  EXPECT_EQ(m.cpu.run(100).why, stop::wfi);
  EXPECT_EQ(m.cpu.pc, memory_base + 4);
  m.cpu.set_interrupt(interrupt::machine_timer, true);
  EXPECT_TRUE(m.cpu.interrupt_waits());
  m.cpu.run(10);
  EXPECT_EQ(m.cpu.x[a0], 7u);
}
TEST(cpu_run, counters_count_what_came_before) {
  machine m;
  m.put("addi", {a0, zero, 1}).put("div", {a0, a0, a0}).put("csrrs", {a1, 0xb02, 0}).put("csrrs", {a2, 0xb00, 0});
  m.put("csrrwi", {zero, 0xb02, 9}).put("csrrs", {a3, 0xb02, 0});
  m.steps(6);
  EXPECT_EQ(m.cpu.x[a1], 2u);
  EXPECT_EQ(m.cpu.x[a2], 1u + 20 + 3);
  EXPECT_EQ(m.cpu.x[a3], 9u);
}
TEST(cpu_run, modified_code_runs_after_fence_i) {
  machine m;
  // Call a function, overwrite its first instruction, fence, call it again.
  m.put("jal", {ra, 24}).put("sw", {a1, a2, 0}).put("fence.i").put("jal", {ra, 12}).put("jal", {zero, 0}).word(0);
  m.put("addi", {a0, a0, 1}).put("jalr", {zero, ra, 0}); // at +24
  m.cpu.x[a1] = assemble("addi", {a0, a0, 16});
  m.cpu.x[a2] = memory_base + 24;
  m.cpu.run(60);
  EXPECT_EQ(m.cpu.x[a0], 17u);
}
TEST(cpu_run, code_that_others_rewrite_is_decoded_again) {
  machine m;
  m.put("addi", {a0, a0, 1}).put("jal", {zero, -4});
  m.cpu.run(100);
  const u64 before = m.cpu.x[a0];
  m.ram.put(memory_base, assemble("addi", {a1, a1, 1}));
  m.cpu.written_by_others(memory_base + 0x1000, memory_base + 0x1fff); // another page: nothing is looked at
  m.cpu.run(100);
  EXPECT_EQ(m.cpu.x[a1], 0u);
  EXPECT_GT(m.cpu.x[a0], before);
  m.cpu.written_by_others(memory_base + 0x100, memory_base + 0x100);
  m.cpu.run(100);
  EXPECT_GT(m.cpu.x[a1], 10u);
}
TEST(cpu_run, a_write_by_others_ends_a_reservation_even_with_the_same_value) {
  const struct {
    u64 first, last;
    bool fails;
  } writes[] = {{0, 7, true}, {4, 4, true}, {0, 1000, true}, {8, 63, false}, {u64{0} - 64, u64{0} - 1, false}};
  for (const auto& w : writes) {
    machine m;
    m.put("lr.d", {a0, a1}).put("sc.d", {a2, a3, a1});
    m.cpu.x[a1] = memory_base + 0x1000, m.cpu.x[a3] = 5;
    m.steps(1);
    m.cpu.written_by_others(m.cpu.x[a1] + w.first, m.cpu.x[a1] + w.last);
    m.steps(1);
    EXPECT_EQ(m.cpu.x[a2], w.fails ? 1u : 0u) << w.first;
    EXPECT_EQ(m.ram.get<u64>(memory_base + 0x1000), w.fails ? 0u : 5u) << w.first;
  }
}
TEST(cpu_run, runs_without_direct_memory) {
  machine m;
  m.ram.offer_direct = false;
  countdown(m);
  m.cpu.x[a0] = 10;
  m.cpu.x[s0] = memory_base + 0x1000;
  m.cpu.run(100);
  EXPECT_EQ(m.cpu.x[a0], 0u);
  EXPECT_EQ(m.cpu.instret, 30u + 100 - 10 * 5 + 2 - (100 - 10 * 5 + 2) * 2 / 3);
}
TEST(cpu_run, memory_that_is_not_direct_takes_misaligned_accesses_and_atomics) {
  machine m;
  m.ram.offer_direct = false;
  m.put("sd", {a0, a1, 0}).put("ld", {a2, a1, 0}).put("lh", {a3, a1, 3}).put("amoadd.w", {a4, a5, a6});
  m.cpu.x[a0] = 0x1122334455667788, m.cpu.x[a1] = memory_base + 0x1ffd;
  m.cpu.x[a5] = 3, m.cpu.x[a6] = memory_base + 0x2000;
  m.steps(4);
  EXPECT_EQ(m.cpu.x[a2], 0x1122334455667788u);
  EXPECT_EQ(m.cpu.x[a3], 0x4455u);
  EXPECT_EQ(m.cpu.x[a4], 0x22334455u);
  EXPECT_EQ(m.ram.get<std::uint32_t>(memory_base + 0x2000), 0x22334458u);
  EXPECT_EQ(m.cpu.mcause, 0u);
}
TEST(cpu_run, a_misaligned_store_that_ends_outside_memory_stores_nothing) {
  for (const bool direct : {true, false}) {
    machine m;
    m.ram.offer_direct = direct;
    m.put("sd", {a0, a1, 0});
    m.cpu.x[a0] = ~u64{0}, m.cpu.x[a1] = memory_base + m.ram.memory.size() - 3;
    m.steps(1);
    EXPECT_EQ(m.cpu.mcause, 7u);
    EXPECT_EQ(m.ram.get<std::uint16_t>(memory_base + m.ram.memory.size() - 2), 0u);
  }
}
TEST(cpu_run, forgotten_direct_memory_is_not_touched_again) {
  machine m;
  countdown(m);
  m.cpu.x[a0] = 1'000'000;
  m.cpu.x[s0] = memory_base + 0x1000;
  m.cpu.run(1000);
  std::vector<std::byte> other = m.ram.memory;
  std::swap(other, m.ram.memory); // the same contents elsewhere
  m.cpu.forget_direct(memory_base, memory_base + 0xffff);
  const u64 before = m.ram.get<u64>(memory_base + 0x1000);
  m.cpu.run(1000);
  EXPECT_LT(m.ram.get<u64>(memory_base + 0x1000), before);
}
TEST(cpu_run, the_end_of_the_address_space_is_survived) {
  machine m;
  m.put("ld", {a0, a1, 0});
  m.cpu.x[a1] = ~u64{0} - 3;
  m.steps(1);
  EXPECT_EQ(m.cpu.mcause, 5u);
  m.cpu.pc = ~u64{0} - 1;
  m.steps(1);
  EXPECT_EQ(m.cpu.mcause, 1u);
}

} // namespace
