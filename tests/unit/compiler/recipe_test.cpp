// The numbers of the recipe.
#include "sw_stack/compiler/recipe.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

using namespace acf::compiler;

namespace {

TEST(recipe, keeps_the_blocks_of_the_reference) {
  training t;
  t.weights = pattern::block4x4;
  const auto r = make_recipe(t, 60000);
  EXPECT_EQ(r.layers[0].blocks, 6272u);
  EXPECT_EQ(r.layers[0].live, 627u);
  EXPECT_EQ(r.layers[1].blocks, 96u);
  EXPECT_EQ(r.layers[1].live, 10u);
  EXPECT_EQ(r.steps, 4690u);
  EXPECT_EQ(r.regrow_steps.size(), 35u);
  EXPECT_EQ(r.regrow_steps.back(), 3500u);
  EXPECT_EQ(r.regrow_count[0], 187u); // floor(0.15 (1 + cos(pi 100 / 3517.5)) 627)
  EXPECT_EQ(r.regrow_count[1], 2u);
}

TEST(recipe, draws_weights_of_the_right_size) {
  training t;
  t.weights = pattern::block4x4;
  const auto r = make_recipe(t, 64);
  double sum = 0, squares = 0;
  std::uint32_t n = 0;
  for (const float w : r.start[0].weights)
    if (w != 0.f) sum += w, squares += double{w} * w, ++n;
  EXPECT_NEAR(n, 627 * 16, 3);
  EXPECT_NEAR(sum / n, 0, 0.005);
  EXPECT_NEAR(squares / n, 2.0 / 784 / 0.1, 0.001);
  for (std::size_t i = 10 * 128; i < r.start[1].weights.size(); ++i) EXPECT_EQ(r.start[1].weights[i], 0.f);
}

TEST(recipe, visits_every_sample_once_an_epoch) {
  training t;
  t.epochs = 2;
  const auto r = make_recipe(t, 160);
  ASSERT_EQ(r.order.size(), 2 * 3 * 64u);
  for (int epoch = 0; epoch < 2; ++epoch) {
    const std::multiset<std::uint32_t> seen(r.order.begin() + epoch * 192, r.order.begin() + epoch * 192 + 160);
    EXPECT_EQ(std::set<std::uint32_t>(seen.begin(), seen.end()).size(), 160u);
    for (int i = 160; i < 192; ++i) EXPECT_EQ(r.order[static_cast<std::size_t>(epoch * 192 + i)], 160u);
  }
  EXPECT_FALSE(std::equal(r.order.begin(), r.order.begin() + 160, r.order.begin() + 192));
  EXPECT_EQ(r.inverse_batch[2], 1.f / 32);
}

TEST(recipe, follows_the_cosine) {
  training t;
  t.rate = schedule::cosine;
  const auto r = make_recipe(t, 64 * 50);
  ASSERT_EQ(r.rate.size(), 250u);
  for (std::size_t i = 0; i < r.rate.size(); ++i)
    EXPECT_NEAR(r.rate[i], 0.05 * (1 + std::cos(M_PI * static_cast<double>(i) / 250)) / 2, 3e-9);
}

} // namespace
