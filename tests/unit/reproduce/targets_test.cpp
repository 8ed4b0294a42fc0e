#include "platform/config/input_error.hpp"
#include "platform/reproduce/targets.hpp"

#include <fstream>
#include <gtest/gtest.h>

namespace acf::platform {
namespace {

using numbers = std::vector<double>;
using form = claim::form;

void expect_claim(const std::string& value, form is, const numbers& n) {
  const claim c = parse_claim(value);
  EXPECT_EQ(c.is, is) << value;
  EXPECT_EQ(c.numbers, n) << value;
}

TEST(targets, values_are_read_as_what_they_claim) {
  expect_claim("1.95", form::numbers, {1.95});
  expect_claim(">=1.0", form::at_least, {1});
  expect_claim("<=3", form::at_most, {3});
  expect_claim("4.20-8.88", form::range, {4.2, 8.88});
  expect_claim("+-5", form::range, {-5, 5});
  expect_claim("-0.5", form::numbers, {-0.5});
  expect_claim("79.01 vs 69.11", form::numbers, {79.01, 69.11});
  expect_claim("0.20 / 0.29 / 0.24", form::numbers, {0.2, 0.29, 0.24});
  expect_claim("1.95 GB/s, 0.58 W", form::numbers, {1.95, 0.58});
  expect_claim("190 GOPS 0.75 W 254 GOPS/W 4.74 mm2", form::numbers, {190, 0.75, 254, 4.74});
  expect_claim("32x32", form::numbers, {32, 32});
  expect_claim("inverted U", form::numbers, {});
}

TEST(targets, five_percent_is_close_enough_and_a_range_is_a_range) {
  const auto holds = [](const char* value, const numbers& ours) { return compare(parse_claim(value), ours)->holds; };
  EXPECT_TRUE(holds("2.0", {2.1}));
  EXPECT_TRUE(holds("2.0", {1.9}));
  EXPECT_FALSE(holds("2.0", {2.11}));
  EXPECT_TRUE(holds("1 / 10", {1.04, 9.6}));
  EXPECT_FALSE(holds("1 / 10", {1.04, 9.4}));
  EXPECT_TRUE(holds("4.20-8.88", {4.2, 8.0}));
  EXPECT_FALSE(holds("4.20-8.88", {4.1}));
  EXPECT_TRUE(holds(">=1.0", {1.0}));
  EXPECT_FALSE(holds(">=1.0", {0.999}));
  EXPECT_FALSE(holds("<=3", {3.1}));
  EXPECT_NEAR(*compare(parse_claim("2.0"), {2.1})->deviation_percent, 5, 1e-9);
  EXPECT_DOUBLE_EQ(*compare(parse_claim("1 / 10"), {1.01, 9.0})->deviation_percent, -10); // the largest of them
  EXPECT_FALSE(compare(parse_claim("1 / 10"), {1.0}).has_value());
}

std::string complaint(const std::string& text) {
  const auto file = std::filesystem::path(testing::TempDir()) / "targets.csv";
  std::ofstream(file) << text;
  try {
    read_targets(file);
  } catch (const input_error& wrong) {
    const std::string said = wrong.what();
    return said.substr(std::min(said.size(), said.find("targets.csv")));
  }
  return "nothing";
}

TEST(targets, a_bad_file_is_named_with_its_line) {
  const std::string head = "id,system,quantity,value,unit,conditions,section\n";
  EXPECT_EQ(complaint("id,system\n"),
            "targets.csv:1: expected the columns id,system,quantity,value,unit,conditions,section");
  EXPECT_EQ(complaint(head + "T1,a,b,1,x,c,d\nT2,a,b\n"), "targets.csv:3: expected 7 fields, not 3");
  EXPECT_EQ(complaint(head + "T1,a,b,1,x,c,d\n\"T1\",a,b,1,x,c,d\n"), "targets.csv:3: 'T1' occurs twice");
  EXPECT_EQ(complaint(head + "T1,a,\"b,1,x,c,d\n"), "targets.csv:2: a quoted field does not end");
}

TEST(targets, the_published_figures_are_all_read) {
  const auto all = read_targets(std::filesystem::path(ACF_TABLES) / "targets.csv");
  ASSERT_EQ(all.size(), 80u);
  EXPECT_EQ(all.front().id, "T001");
  EXPECT_EQ(all[26].value, "68.74/0.37/1.37/3.63/4.91");
  EXPECT_EQ(parse_claim(all[26].value).numbers.size(), 5u);
}

} // namespace
} // namespace acf::platform
