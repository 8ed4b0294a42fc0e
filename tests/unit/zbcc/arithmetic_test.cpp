// Numbers one at a time: storage types, exp and log, fixed-point loss, random numbers, cosine.
#include "models/zbcc/arithmetic.hpp"
#include "sw_stack/hal/numeric.hpp"
#include "tests/unit/zbcc/reference.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace {

using namespace acf;
using zbcc::from_bits;
using zbcc::to_bits;

TEST(storage, every_16_bit_pattern_decodes_as_ieee_says_and_encodes_back) {
  for (std::uint32_t h = 0; h < 0x10000; ++h) {
    const auto x = static_cast<std::uint16_t>(h);
    const float half = zbcc::from_fp16(x), brain = zbcc::from_bf16(x);
    const float want_half = reference::decode16(x, 5), want_brain = reference::decode16(x, 8);
    ASSERT_EQ(std::isnan(half), std::isnan(want_half));
    ASSERT_EQ(std::isnan(brain), std::isnan(want_brain));
    if (!std::isnan(half)) {
      ASSERT_EQ(to_bits(half), to_bits(want_half)) << h;
      ASSERT_EQ(zbcc::to_fp16(half), x);
    }
    if (!std::isnan(brain)) {
      ASSERT_EQ(to_bits(brain), to_bits(want_brain)) << h;
      ASSERT_EQ(zbcc::to_bf16(brain), x);
    }
  }
}

TEST(storage, rounding_is_to_nearest_even_around_every_boundary) {
  std::mt19937 g(1);
  for (std::uint32_t i = 0; i < 2'000'000; ++i) {
    std::uint32_t bits = g();
    if (i % 4 == 0) bits = (bits & 0xFFFF'0000) | (0x8000 + g() % 3 - 1); // ties of bf16
    if (i % 4 == 1) bits = 0x3000'0000 + g() % 0x1800'0000;               // fp16's range, denormals included
    if (i % 4 == 2) bits = (0x3700'0000 + g() % 0x1100'0000) & ~0xFFFu;   // ties of fp16
    const float x = from_bits(bits);
    ASSERT_EQ(zbcc::to_bf16(x), reference::encode16(x, 8)) << std::hex << bits;
    ASSERT_EQ(zbcc::to_fp16(x), reference::encode16(x, 5)) << std::hex << bits;
  }
}

TEST(storage, every_nan_becomes_the_canonical_one) {
  for (const std::uint32_t bits : {0x7F80'0001u, 0xFFFF'FFFFu, 0x7FC1'2345u}) {
    EXPECT_EQ(zbcc::to_bf16(from_bits(bits)), 0x7FC0);
    EXPECT_EQ(zbcc::to_fp16(from_bits(bits)), 0x7E00);
    EXPECT_EQ(to_bits(zbcc::canonical(from_bits(bits))), 0x7FC0'0000u);
  }
}

double ulps(float got, double want) {
  const float near = static_cast<float>(want);
  const double unit = std::ldexp(1.0, std::max(std::ilogb(near), -126) - 23);
  return std::fabs(got - want) / unit;
}

TEST(functions, exp_and_log_are_those_of_the_document) {
  std::mt19937 g(3);
  std::uniform_real_distribution<float> around(-110, 95);
  for (int i = 0; i < 500'000; ++i) {
    const float x = around(g), y = from_bits(g());
    ASSERT_EQ(to_bits(zbcc::exp(x)), to_bits(reference::exponential(x))) << x;
    ASSERT_EQ(to_bits(zbcc::canonical(zbcc::log(y))), reference::encode(reference::logarithm(y), hal::element::f32))
        << y;
  }
}

TEST(functions, exp_is_within_two_ulp) {
  double worst = 0;
  for (double x = -103.9; x < 88.7; x += 0.00037)
    worst =
        std::max(worst, ulps(zbcc::exp(static_cast<float>(x)), std::exp(static_cast<double>(static_cast<float>(x)))));
  RecordProperty("worst_ulp", std::to_string(worst));
  EXPECT_LT(worst, 2.0);
  EXPECT_EQ(zbcc::exp(0.0f), 1.0f);
  EXPECT_EQ(zbcc::exp(-1000.0f), 0.0f);
  EXPECT_EQ(zbcc::exp(-INFINITY), 0.0f);
  EXPECT_EQ(zbcc::exp(88.8f), INFINITY);
  EXPECT_EQ(zbcc::exp(INFINITY), INFINITY);
  EXPECT_TRUE(std::isnan(zbcc::exp(NAN)));
}

TEST(functions, log_is_within_two_ulp) {
  std::mt19937 g(2);
  double worst = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    const std::uint32_t bits = i % 2 ? g() % 0x7F80'0000 : 0x3F00'0000 + g() % 0x0100'0000; // anything, and near 1
    if (bits == 0) continue;
    const float x = from_bits(bits);
    const double want = std::log(static_cast<double>(x));
    if (want != 0) worst = std::max(worst, ulps(zbcc::log(x), want));
  }
  RecordProperty("worst_ulp", std::to_string(worst));
  EXPECT_LT(worst, 2.0);
  EXPECT_EQ(to_bits(zbcc::log(1.0f)), 0u);
  EXPECT_EQ(zbcc::log(0.0f), -INFINITY);
  EXPECT_EQ(zbcc::log(INFINITY), INFINITY);
  EXPECT_TRUE(std::isnan(zbcc::log(-1.0f)));
}

TEST(functions, loss_is_rounded_to_even_and_bounded) {
  EXPECT_EQ(zbcc::loss_q16(1.0f), 65536u);
  EXPECT_EQ(zbcc::loss_q16(0x1.8p-16f), 2u); // 1.5
  EXPECT_EQ(zbcc::loss_q16(0x1.4p-15f), 2u); // 2.5
  EXPECT_EQ(zbcc::loss_q16(-1.0f), 0u);
  EXPECT_EQ(zbcc::loss_q16(INFINITY), std::uint64_t{1} << 48);
  EXPECT_EQ(zbcc::loss_q16(NAN), std::uint64_t{1} << 48);
}

TEST(functions, scores_that_are_not_positive_rank_as_zero) {
  for (const float x : {0.0f, -0.0f, -3.0f, NAN, -INFINITY}) EXPECT_EQ(zbcc::score_key(x), 0u);
  EXPECT_LT(zbcc::score_key(1e-40f), zbcc::score_key(1e-39f));
  EXPECT_LT(zbcc::score_key(3e38f), zbcc::score_key(INFINITY));
}

// Known answers of the authors' distribution (Random123, kat_vectors).
TEST(random_numbers, philox_gives_the_published_vectors) {
  using hal::numeric::philox;
  using words = hal::numeric::philox_counter;
  static_assert(philox({0, 0, 0, 0}, {0, 0}) == words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  static_assert(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) == words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  static_assert(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
                words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST(random_numbers, normal_deviates_have_mean_0_and_variance_1) {
  const hal::numeric::random_stream s{1, 2};
  double sum = 0, squares = 0;
  constexpr int n = 200'000;
  for (std::uint64_t i = 0; i < n; ++i) {
    const double x = s.normal(i);
    sum += x, squares += x * x;
    ASSERT_LT(std::fabs(x), 6.0);
  }
  EXPECT_NEAR(sum / n, 0, 0.01);
  EXPECT_NEAR(squares / n, 1, 0.01);
}

TEST(random_numbers, uniform_numbers_stay_in_range) {
  const hal::numeric::random_stream s{3, 0};
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    ASSERT_LT(s.uniform(i), 1.0f);
    ASSERT_LT(s.below(i, 7), 7u);
  }
}

TEST(cosine, is_within_two_ulp_and_exact_where_it_can_be) {
  using hal::numeric::cos_pi;
  static_assert(cos_pi(0) == 1 && cos_pi(1) == -1 && cos_pi(-2) == 1 && cos_pi(0.5) == 0 && cos_pi(1.5) == 0);
  static_assert(cos_pi(1e300) == 1 && cos_pi(9007199254740991.0) == -1);
  const long double pi = std::acos(-1.0L);
  for (int i = 1; i < 100'000; ++i) {
    const double x = i / 50'000.0;
    const long double want = std::fabs(x - 0.5) < 0.25   ? std::sin(pi * (0.5L - x))
                             : std::fabs(x - 1.5) < 0.25 ? std::sin(pi * (static_cast<long double>(x) - 1.5L))
                                                         : std::cos(pi * x);
    if (want == 0) continue;
    const double unit = std::ldexp(1.0, std::ilogb(static_cast<double>(want)) - 52);
    ASSERT_LT(std::fabs(static_cast<double>(cos_pi(x) - want)), 2 * unit) << x;
  }
}

} // namespace
