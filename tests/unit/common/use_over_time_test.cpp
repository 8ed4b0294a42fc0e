#include "models/common/use_over_time.hpp"

#include <gtest/gtest.h>
#include <numeric>

using namespace acf::common;

namespace {

std::uint64_t total(const use_over_time::counts& c) { return std::accumulate(c.begin(), c.end(), std::uint64_t{0}); }

} // namespace

TEST(use_over_time, a_short_run_has_a_window_a_cycle) {
  use_over_time u(2);
  u.add(0, 3, 4);
  EXPECT_EQ(u.window(), 1u);
  EXPECT_EQ(std::vector(u.of(0).begin(), u.of(0).begin() + 8), (use_over_time::counts{0, 0, 0, 1, 1, 1, 1, 0}));
  EXPECT_TRUE(u.of(1).empty()); // nobody used it
}

TEST(use_over_time, windows_double_when_the_run_outgrows_them_and_nothing_is_lost) {
  use_over_time u(2);
  u.add(0, 0, 10);
  u.add(1, 63, 1);
  u.add(1, 64, 3); // the first cycle that needs longer windows, for all resources
  EXPECT_EQ(u.window(), 2u);
  EXPECT_EQ(u.of(0)[0], 2u);
  EXPECT_EQ(u.of(0)[4], 2u);
  EXPECT_EQ(u.of(0)[5], 0u);
  EXPECT_EQ(u.of(1)[31], 1u);
  EXPECT_EQ(u.of(1)[32], 2u);
  EXPECT_EQ(u.of(1)[33], 1u);
  u.add(0, 1'000'000, 1000);
  EXPECT_EQ(total(u.of(0)), 1010u);
  EXPECT_EQ(total(u.of(1)), 4u);
  EXPECT_GE(u.window() * use_over_time::windows, 1'001'000u);
  EXPECT_LT(u.window() * use_over_time::windows, 2 * 1'001'000u);
}

TEST(use_over_time, a_stretch_over_several_windows_is_split) {
  use_over_time u(1);
  u.add_amount(0, 255, 0); // windows of four cycles
  ASSERT_EQ(u.window(), 4u);
  u.add(0, 6, 7); // [6, 13)
  EXPECT_EQ(std::vector(u.of(0).begin(), u.of(0).begin() + 5), (use_over_time::counts{0, 2, 4, 1, 0}));
}

TEST(use_over_time, a_restart_forgets_and_what_was_before_it_does_not_count) {
  use_over_time u(1);
  u.add(0, 5000, 100);
  u.restart(5050);
  EXPECT_EQ(u.window(), 1u);
  u.add(0, 5040, 20);
  u.add_amount(0, 5049, 7);
  EXPECT_EQ(total(u.of(0)), 10u);
}

TEST(latency_histogram, classes_are_powers_of_two) {
  latency_histogram h;
  for (const cycles c : {0, 7, 8, 15, 16}) h.add(c);
  h.add(~cycles{0});
  EXPECT_EQ(h.packets[0], 2u);
  EXPECT_EQ(h.packets[1], 2u);
  EXPECT_EQ(h.packets[2], 1u);
  EXPECT_EQ(h.packets.back(), 1u);
}
