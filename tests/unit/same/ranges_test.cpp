// Ranges of rows against a list of their bytes.
#include "models/same/sram.hpp"

#include <gtest/gtest.h>
#include <random>
#include <set>
#include <systemc>

int sc_main(int, char**) { return 0; } // the SystemC library refers to it

namespace acf::same {
namespace {

std::set<std::uint64_t> bytes_of(const byte_range& r) {
  std::set<std::uint64_t> all;
  for (std::uint64_t row = 0; row < r.rows; ++row)
    for (std::uint64_t n = 0; n < r.bytes; ++n) all.insert(r.begin + row * r.stride + n);
  return all;
}

TEST(byte_range, overlaps_what_has_a_byte_in_common) {
  std::mt19937 random(7);
  unsigned seen[2]{};
  for (int n = 0; n < 20'000; ++n) {
    const auto range = [&] {
      const std::uint64_t bytes = random() % 7, rows = random() % 5;
      return byte_range{random() % 60, bytes, rows, bytes + random() % 12};
    };
    const byte_range a = range(), b = range();
    const auto of_a = bytes_of(a), of_b = bytes_of(b);
    bool common = false;
    for (const auto byte : of_a) common |= of_b.contains(byte);
    ASSERT_EQ(overlaps(a, b), common) << a.begin << '+' << a.rows << '*' << a.bytes << '/' << a.stride << ", "
                                      << b.begin << '+' << b.rows << '*' << b.bytes << '/' << b.stride;
    ++seen[common];
  }
  EXPECT_GT(seen[0], 2000u);
  EXPECT_GT(seen[1], 2000u);
}

TEST(byte_range, columns_of_one_matrix_do_not_overlap) {
  EXPECT_FALSE(overlaps({0, 16, 100, 64}, {16, 48, 100, 64}));
  EXPECT_TRUE(overlaps({0, 17, 100, 64}, {16, 48, 100, 64}));
}

} // namespace
} // namespace acf::same
