#include "platform/config/expectation.hpp"

#include <gtest/gtest.h>

namespace acf::platform {
namespace {

expectation parsed(const std::string& text) { return std::get<expectation>(parse_expectation(text)); }
std::string refused(const std::string& text) { return std::get<std::string>(parse_expectation(text)); }

TEST(expectations, every_operator_compares) {
  summary s;
  s[figure::speedup_over_dense] = 5;
  for (const char* met : {"speedup_over_dense >= 5", "speedup_over_dense<=5", "speedup_over_dense == 5.0",
                          "speedup_over_dense != 4", "speedup_over_dense > 4.9", "speedup_over_dense < 5.1"})
    EXPECT_TRUE(parsed(met).holds(s)) << met;
  for (const char* failed : {"speedup_over_dense > 5", "speedup_over_dense < 5", "speedup_over_dense != 5"})
    EXPECT_FALSE(parsed(failed).holds(s)) << failed;
}

TEST(expectations, a_figure_that_the_run_does_not_have_fails) {
  EXPECT_FALSE(parsed("energy_uj < 1e9").holds(summary{}));
}

TEST(expectations, a_condition_on_a_key_decides_whether_it_counts) {
  const expectation e = parsed("test_accuracy_percent >= 90 when data.path == unset");
  EXPECT_EQ(e.text, "test_accuracy_percent >= 90");
  config c;
  EXPECT_TRUE(e.applies_to(c));
  c.data.path = "somewhere";
  EXPECT_FALSE(e.applies_to(c));
  EXPECT_TRUE(parsed("macs_total > 0 when zbcc.lanes != 4").applies_to(c));
}

TEST(expectations, unknown_names_get_the_nearest) {
  EXPECT_EQ(refused("fabric_cycle < 5"),
            "expected a figure of the summary, not 'fabric_cycle', did you mean 'fabric_cycles'?");
  EXPECT_EQ(refused("macs_total > 0 when zbcc.lane == 4"),
            "expected a key of the configuration behind 'when', not 'zbcc.lane', did you mean 'zbcc.lanes'?");
}

TEST(expectations, other_texts_are_refused) {
  for (const char* text : {"", "macs_total", "macs_total >", "macs_total > x", "macs_total => 5", "macs_total > nan",
                           "macs_total > 5 unless zbcc.lanes == 4", "macs_total > 5 when zbcc.lanes"})
    EXPECT_TRUE(std::holds_alternative<std::string>(parse_expectation(text))) << text;
}

} // namespace
} // namespace acf::platform
