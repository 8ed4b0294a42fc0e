// The reference itself against published numbers and the C library.
#include "tests/reference/arithmetic.hpp"
#include "tests/reference/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace acf::reference {
namespace {

// Salmon, Moraes, Dror, Shaw: known answers of Random123.
TEST(reference_random, philox_gives_the_published_numbers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (words4{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}), (words4{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (words4{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(reference_random, normal_deviates_have_mean_zero_and_variance_one) {
  double sum = 0, squares = 0;
  const random_numbers random{7, 0x100};
  constexpr int n = 20000;
  for (std::uint64_t i = 0; i < n; ++i) {
    const double x = random.normal(i);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / n, 0.0, 0.03);
  EXPECT_NEAR(squares / n, 1.0, 0.03);
}

TEST(reference_random, a_draw_of_all_is_a_permutation) {
  const auto order = random_numbers{1, 0x300}.draw(1000, 1000);
  EXPECT_EQ(std::set<std::uint32_t>(order.begin(), order.end()).size(), 1000u);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
}

TEST(reference_arithmetic, exp_log_and_cosine_are_within_a_few_units_of_the_last_place) {
  for (float x = -80.f; x < 80.f; x += 0.37f)
    EXPECT_NEAR(exponential(x) / std::exp(static_cast<double>(x)), 1.0, 3e-7) << x;
  EXPECT_EQ(exponential(0.f), 1.f);
  for (float x = 1e-40f; x < 1e30f; x *= 3.7f)
    EXPECT_NEAR(logarithm(x), std::log(static_cast<double>(x)), 3e-7 * std::fabs(std::log(x)) + 1e-7) << x;
  EXPECT_EQ(logarithm(1.f), 0.f);
  for (double x = -3.0; x < 3.0; x += 0.0137) EXPECT_NEAR(cosine_pi(x), std::cos(M_PI * x), 1e-14) << x;
  EXPECT_EQ(cosine_pi(0.5), 0.0);
  EXPECT_EQ(cosine_pi(1.0), -1.0);
}

TEST(reference_arithmetic, bf16_rounds_ties_to_even) {
  EXPECT_EQ(to_bf16(0x1.01p0f), 1.f);
  EXPECT_EQ(to_bf16(0x1.03p0f), 0x1.04p0f);
  EXPECT_EQ(to_bf16(0x1.010002p0f), 0x1.02p0f);
  EXPECT_EQ(to_bf16(0x1.ffffp127f), INFINITY);
}

TEST(reference_arithmetic, a_product_is_rounded_before_it_is_added) {
  const float a = 1.f + 0x1p-12f; // a * a = 1 + 2^-11 + 2^-24, of which fp32 keeps no 2^-24
  EXPECT_EQ(multiply_add(-1.f, a, a, {}), 0x1p-11f);
  EXPECT_EQ(multiply_add(-1.f, a, a, {.fused_products = true}), 0x1p-11f + 0x1p-24f);
}

} // namespace
} // namespace acf::reference
