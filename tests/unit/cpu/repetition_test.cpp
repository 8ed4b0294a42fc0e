// Loops whose iterations are done at once, against the same loops instruction by instruction: registers, memory, cycles
// and counts are the same wherever a slice ends.
#include "tests/unit/cpu/machine.hpp"
#include <gtest/gtest.h>
#include <random>

using namespace acf::cpu;
using namespace acf::cpu::test;
using u64 = std::uint64_t;
using s64 = std::int64_t;

namespace {

struct watcher : observer {
  bool wants_instructions() const override { return true; }
};

using program = std::function<void(machine&)>;

void expect_equal(machine& fast, machine& slow, const std::string& where) {
  ASSERT_EQ(fast.cpu.pc, slow.cpu.pc) << where;
  ASSERT_EQ(fast.cpu.x, slow.cpu.x) << where;
  ASSERT_EQ(fast.cpu.cycle, slow.cpu.cycle) << where;
  ASSERT_EQ(fast.cpu.instret, slow.cpu.instret) << where;
  ASSERT_TRUE(fast.ram.memory == slow.ram.memory) << where;
}

void run_both(const program& load, cycles slice, unsigned slices, const std::string& what) {
  machine fast, slow;
  watcher single_steps;
  slow.cpu.watch(&single_steps);
  for (machine* m : {&fast, &slow}) load(*m);
  for (unsigned n = 0; n < slices; ++n) {
    for (machine* m : {&fast, &slow}) m->cpu.run(slice);
    expect_equal(fast, slow, what + ", slice " + std::to_string(n));
    if (testing::Test::HasFatalFailure()) return;
  }
}

// A loop that loads and stores at random places, widths, strides and distances, ends by any condition, and spins.
program random_loop(std::mt19937_64& random, std::string& text) {
  const auto below = [&](u64 n) { return static_cast<s64>(random() % n); };
  const unsigned width = 1u << below(4), unroll = 1 + static_cast<unsigned>(below(4));
  const bool down = below(4) == 0, fill = below(3) == 0, words = below(4) == 0;
  const s64 stride = (down ? -1 : 1) * (below(4) ? static_cast<s64>(width * unroll) : 8 * (1 + below(5)));
  const u64 iterations = 1 + static_cast<u64>(below(600));
  const s64 distance = below(3) ? 0x4000 : 8 * below(40) - 160;
  const u64 source = memory_base + 0x100000 + static_cast<u64>(8 * below(64)) + (below(8) == 0 ? 1 : 0);
  const unsigned how = static_cast<unsigned>(below(4));
  text = "width " + std::to_string(width) + " unroll " + std::to_string(unroll) + " stride " + std::to_string(stride) +
         " iterations " + std::to_string(iterations) + " distance " + std::to_string(distance) + " branch " +
         std::to_string(how) + (fill ? " fill" : "");
  std::vector<unsigned> order;
  for (unsigned n = 0; n < unroll; ++n) order.push_back(n);
  std::shuffle(order.begin(), order.end(), random);
  return [=, r = random()](machine& m) mutable {
    static constexpr const char* loads[] = {"lbu", "lhu", "lwu", "ld"};
    static constexpr const char* stores[] = {"sb", "sh", "sw", "sd"};
    const auto size = static_cast<unsigned>(std::countr_zero(width));
    std::mt19937_64 noise(r);
    for (u64 at = 0x0f0000; at < 0x110000; at += 8) m.ram.put(memory_base + at, noise());
    m.cpu.x[a0] = source, m.cpu.x[a1] = source + static_cast<u64>(distance), m.cpu.x[a5] = noise();
    m.cpu.x[a2] = how == 0 ? iterations : source + iterations * static_cast<u64>(stride);
    const u64 head = m.end;
    if (!fill)
      for (const unsigned n : order) m.put(loads[size], {t0 + n, a0, static_cast<s64>(n * width)});
    for (const unsigned n : order) m.put(stores[size], {fill ? a5 : t0 + n, a1, static_cast<s64>(n * width)});
    m.put("addi", {a0, a0, stride}).put("addi", {a1, a1, stride});
    if (how == 0) m.put(words ? "addiw" : "addi", {a2, a2, -1});
    const s64 back = static_cast<s64>(head - m.end);
    if (how == 0)
      m.put("bne", {a2, zero, back});
    else if (how == 1)
      m.put("bne", {a0, a2, back});
    else if (how == 2)
      m.put("bltu", {down ? a2 : a0, down ? a0 : a2, back});
    else
      m.put("bge", {down ? a0 : a2, down ? a2 : a0, back});
    m.put("jal", {zero, 0});
  };
}

TEST(cpu_repetition, random_loops) {
  std::mt19937_64 random(20);
  for (unsigned n = 0; n < 400; ++n) {
    std::string text;
    const program p = random_loop(random, text);
    run_both(p, 1 + random() % 3000, 4, text);
    if (HasFatalFailure()) return;
  }
}
// a0 runs over the whole range, and around its ends.
TEST(cpu_repetition, counters_that_wrap_around) {
  for (const char* branch : {"bne", "blt", "bge", "bltu", "bgeu"})
    for (const s64 start : {s64{-70}, s64{70}, INT64_MAX - 70, INT64_MIN + 70})
      for (const s64 step : {-3, -1, 1, 3})
        for (const s64 limit : {s64{0}, s64{-1}, INT64_MAX, INT64_MIN, start + 30 * step})
          run_both(
              [&](machine& m) {
                m.cpu.x[a0] = static_cast<u64>(start), m.cpu.x[a1] = static_cast<u64>(limit);
                m.put("addi", {a0, a0, step}).put(branch, {a0, a1, -4}).put("jal", {zero, 0});
              },
              177, 4, std::string(branch) + " " + std::to_string(start) + " " + std::to_string(step));
}
TEST(cpu_repetition, counters_of_32_bits_that_wrap_around) {
  for (const s64 start : {s64{0x7fffffff} - 50, s64{-0x80000000} + 50, s64{0xffffffff}})
    for (const s64 step : {-2, 2})
      run_both(
          [&](machine& m) {
            m.cpu.x[a0] = static_cast<u64>(start);
            m.put("addiw", {a0, a0, step}).put("bne", {a0, zero, -4}).put("jal", {zero, 0});
          },
          177, 4, std::to_string(start));
}
TEST(cpu_repetition, a_poll_sees_what_was_written_between_two_slices) {
  run_both(
      [](machine& m) {
        m.cpu.x[a1] = memory_base + 0x2000;
        m.put("ld", {a0, a1, 0}).put("andi", {a2, a0, 4}).put("beq", {a2, zero, -8}).put("jal", {zero, 0});
      },
      1000, 3, "poll");
  machine m;
  m.cpu.x[a1] = memory_base + 0x2000;
  m.put("ld", {a0, a1, 0}).put("andi", {a2, a0, 4}).put("beq", {a2, zero, -8}).put("addi", {a3, zero, 1});
  m.cpu.run(1'000'000);
  EXPECT_EQ(m.cpu.x[a3], 0u);
  m.ram.put<u64>(memory_base + 0x2000, 4);
  m.cpu.run(10);
  EXPECT_EQ(m.cpu.x[a3], 1u);
}
// Reading a device has effects, so each iteration does it.
TEST(cpu_repetition, a_poll_of_a_device_reads_it_every_time) {
  machine m;
  m.cpu.x[a1] = device_base;
  m.put("lw", {a0, a1, 0}).put("andi", {a2, a0, 4}).put("beq", {a2, zero, -8});
  m.cpu.run(1000);
  EXPECT_NEAR(m.ram.device_reads, 1000 / (2 + 10 + 1 + 1 + 2), 1);
}
TEST(cpu_repetition, a_watchpoint_inside_the_target_stops_the_copy) {
  machine m;
  m.cpu.x[a0] = memory_base + 0x2000, m.cpu.x[a1] = memory_base + 0x3000, m.cpu.x[a2] = 64;
  m.put("ld", {t0, a0, 0}).put("sd", {t0, a1, 0}).put("addi", {a0, a0, 8}).put("addi", {a1, a1, 8});
  m.put("addi", {a2, a2, -1}).put("bne", {a2, zero, -20}).put("jal", {zero, 0});
  m.cpu.set_watchpoints({{memory_base + 0x3080, memory_base + 0x3087, false, true}});
  EXPECT_EQ(m.cpu.run(10'000).why, stop::watchpoint);
  EXPECT_EQ(m.cpu.x[a2], 64u - 16);
}

} // namespace
