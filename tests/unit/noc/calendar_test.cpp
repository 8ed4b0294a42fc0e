#include "models/common/calendar.hpp"

#include <gtest/gtest.h>

#include <random>

#include <systemc>

using acf::common::calendar;

int sc_main(int, char**) { return 0; } // libsystemc wants one; the tests do not simulate

TEST(calendar, takes_the_first_gap_that_is_long_enough) {
  calendar c;
  EXPECT_EQ(c.reserve(4, 9), 4);   // 4..12
  EXPECT_EQ(c.reserve(20, 4), 20); // 20..23
  EXPECT_EQ(c.reserve(6, 5), 13);  // between them
  EXPECT_EQ(c.reserve(6, 5), 24);  // 18..19 is too short
  EXPECT_EQ(c.reserve(0, 4), 0);   // in front
  EXPECT_EQ(c.reserve(18, 2), 18); // exactly fills the rest
  EXPECT_EQ(c.intervals(), 1);     // 0..28 without a gap
  EXPECT_EQ(c.free_from(), 29);
  EXPECT_EQ(c.busy_total(), 29);
}

TEST(calendar, a_future_reservation_delays_no_earlier_one) {
  calendar c;
  EXPECT_EQ(c.reserve(1'000'000, 100), 1'000'000);
  EXPECT_EQ(c.reserve(10, 100), 10);
  EXPECT_EQ(c.reserve(999'950, 100), 1'000'100); // would run into it
}

TEST(calendar, nothing_takes_no_time) {
  calendar c;
  c.reserve(5, 10);
  EXPECT_EQ(c.reserve(7, 0), 7);
  EXPECT_EQ(c.busy_total(), 10);
}

TEST(calendar, windows_count_what_lies_inside) {
  calendar c;
  c.reserve(0, 10);
  c.reserve(50, 20);
  EXPECT_EQ(c.busy_until(5), 5);
  EXPECT_EQ(c.busy_until(40), 10);
  EXPECT_EQ(c.busy_until(60) - c.busy_until(5), 15);
  c.forget_before(60);
  EXPECT_EQ(c.busy_until(60), 20);
  EXPECT_EQ(c.busy_until(1000), 30);
  EXPECT_EQ(c.reserve(0, 1), 70); // the past is closed
}

// Against an array of busy units, with forgetting in between.
TEST(calendar, equals_a_plain_array) {
  std::mt19937 random(1);
  calendar c;
  std::vector<bool> taken(400'000);
  std::uint64_t now = 0, total = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (random() % 4 == 0) c.forget_before(now += random() % 100);
    const auto earliest = now + random() % 800, duration = 1 + random() % 20;
    auto expected = earliest;
    for (auto at = earliest; at < expected + duration; ++at)
      if (taken[at]) expected = at + 1;
    for (auto at = expected; at < expected + duration; ++at) taken[at] = true;
    ASSERT_EQ(c.reserve(earliest, duration), expected) << i;
    ASSERT_EQ(c.busy_total(), total += duration);
  }
  const auto when = now + 300;
  EXPECT_EQ(c.busy_until(when), static_cast<std::uint64_t>(std::count(taken.begin(), taken.begin() + when, true)));
}
TEST(calendar, taking_all_fills_the_gaps_and_keeps_what_was_promised) {
  calendar c;
  c.reserve(10, 5);
  c.reserve(30, 5);
  c.take_all(12, 40);
  EXPECT_EQ(c.busy_total(), 30u); // 10 to 40
  EXPECT_EQ(c.reserve(12, 1), 40u);
  EXPECT_EQ(c.reserve(0, 10), 0u);
  c.take_all(20, 30);
  EXPECT_EQ(c.busy_total(), 41u);
}

