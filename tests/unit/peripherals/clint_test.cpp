#include "models/peripherals/clint.hpp"

#include "tests/unit/peripherals/bench.hpp"

using namespace acf;
using namespace acf::test;
namespace map = hal::clint;

struct clint_test : testing::Test {
  master host{"host"};
  peripherals::clint clint{"clint", 2};
  clint_test() { host.out.bind(clint.bus); }
  std::uint64_t now() { return host.read<std::uint64_t>(map::mtime.at(0)); }
};

TEST_F(clint_test, reset_values) { expect_reset_values(host, map::block); }

TEST_F(clint_test, mtime_counts_full_ticks_of_100_ns) {
  run(ns(99));
  EXPECT_EQ(now(), 0U);
  run(ns(1));
  EXPECT_EQ(now(), 1U);
  run(us(1'000'000) - ns(100));
  EXPECT_EQ(now(), 10'000'000U);
  EXPECT_EQ(clint.mtime(), 10'000'000U);
}

TEST_F(clint_test, a_hart_that_ran_ahead_sees_its_own_time) {
  host.delay = ns(250);
  EXPECT_EQ(now(), 2U);
  EXPECT_EQ(clint.mtime(), 0U);
  EXPECT_EQ(clint.mtime(ns(1200)), 12U);
}

TEST_F(clint_test, timer_rises_exactly_at_its_tick_and_falls_at_once) {
  host.write(map::mtimecmp, 5, 1);
  EXPECT_EQ(clint.timer_due(1), ns(500));
  run(ns(500) - sc_core::sc_time(1, sc_core::SC_PS));
  EXPECT_FALSE(clint.timer[1].read());
  run(sc_core::sc_time(1, sc_core::SC_PS));
  EXPECT_TRUE(clint.timer[1].read());
  EXPECT_FALSE(clint.timer[0].read());
  host.write(map::mtimecmp, 6, 1);
  EXPECT_FALSE(clint.timer[1].read());
  run(ns(100));
  EXPECT_TRUE(clint.timer[1].read());
}

TEST_F(clint_test, each_of_two_timers_has_its_time) {
  host.write(map::mtimecmp, 20, 0);
  host.write(map::mtimecmp, 10, 1);
  run(us(1));
  EXPECT_TRUE(clint.timer[1].read());
  EXPECT_FALSE(clint.timer[0].read());
  run(us(1));
  EXPECT_TRUE(clint.timer[0].read());
}

TEST_F(clint_test, a_time_in_the_past_interrupts_at_once_and_the_end_of_time_never) {
  run(us(1));
  host.write(map::mtimecmp, 10, 0);
  EXPECT_TRUE(clint.timer[0].read());
  host.write(map::mtimecmp, ~std::uint64_t{0}, 0);
  EXPECT_FALSE(clint.timer[0].read());
  EXPECT_EQ(clint.timer_due(0), sc_core::SC_ZERO_TIME);
  run(us(1000));
  EXPECT_FALSE(clint.timer[0].read());
}

TEST_F(clint_test, a_reset_starts_mtime_again_and_no_timer_is_due) {
  run(us(3));
  clint.reset();
  EXPECT_EQ(clint.timer_due(0), sc_core::SC_ZERO_TIME);
  EXPECT_EQ(clint.time_of(~std::uint64_t{0}), sc_core::sc_max_time());
  run(us(2));
  EXPECT_EQ(now(), 20U);
  host.write(map::mtimecmp, 30, 0);
  EXPECT_EQ(clint.timer_due(0), us(6));
  run(us(1));
  EXPECT_TRUE(clint.timer[0].read());
}

TEST_F(clint_test, halves_make_a_whole) {
  host.write(map::mtimecmp.at(0), 7);
  host.write(map::mtimecmp.at(0) + 4, 0);
  EXPECT_EQ(host.read<std::uint64_t>(map::mtimecmp.at(0)), 7U);
  run(ns(700));
  EXPECT_TRUE(clint.timer[0].read());
  EXPECT_EQ(host.read(map::mtime.at(0)), 7U);
  EXPECT_EQ(host.read(map::mtime.at(0) + 4), 0U);
}

TEST_F(clint_test, mtime_can_be_set) {
  run(us(5));
  host.write(map::mtimecmp, 1010, 0);
  host.write(map::mtime, 1000);
  EXPECT_EQ(now(), 1000U);
  EXPECT_EQ(clint.timer_due(0), us(6));
  run(us(1));
  EXPECT_TRUE(clint.timer[0].read());
  clint.reset();
  EXPECT_FALSE(clint.timer[0].read());
  EXPECT_EQ(now(), 0U);
}

TEST_F(clint_test, software_interrupts_follow_bit_0) {
  host.write(map::msip, 1, 1);
  EXPECT_TRUE(clint.software[1].read());
  EXPECT_FALSE(clint.software[0].read());
  host.write(map::msip, 0xFFFF'FFFE, 1); // reserved bits are ignored, as in QEMU
  EXPECT_FALSE(clint.software[1].read());
}

TEST_F(clint_test, harts_that_are_not_there_have_no_registers) {
  EXPECT_EQ(host.write(map::msip, 1, 2), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(host.write(map::mtimecmp, 1, 2), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(host.write<std::uint16_t>(0, 1), tlm::TLM_OK_RESPONSE); // half of MSIP
  EXPECT_EQ(host.write<std::uint8_t>(0, 1), tlm::TLM_BURST_ERROR_RESPONSE);
}
