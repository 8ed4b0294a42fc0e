// Every recipe by name: weights, biases and masks of the chip are the reference's bits, on every mesh, with any engine
// and with one host thread or two.
#include "tests/integration/bits/chip_runs.hpp"
#include "tests/integration/bits/kinds.hpp"

#include <gtest/gtest.h>

namespace acf::reference {
namespace {

struct kind : named_kind {
  method recipe;
  bool bf16 = true;
  n_of_m pattern{};
  bool blocks = false; // that live and die, of dense weights
};

settings settings_of(const kind& k) {
  settings s;
  set_recipe(s, k.recipe, k.blocks);
  s.bf16 = k.bf16;
  s.pattern = k.pattern;
  return s;
}

class recipe_bits : public testing::TestWithParam<kind> {};

TEST_P(recipe_bits, are_those_of_the_reference_on_every_chip) {
  const chip_runs runs(1000, 28);
  settings s = settings_of(GetParam());
  s.widths = {784, 128, 10};
  s.step_limit = 24; // 16 steps an epoch, the last of 40 samples
  s.regrow_period = 10;
  s.decay = 1e-3;
  const trained expected = train(s, runs.set());
  EXPECT_LT(expected.loss, expected.first_loss);
  EXPECT_EQ(expected.mask_changes, s.sparse ? 2u : 0u);
  EXPECT_EQ(expected.blocks_moved > (s.unstructured ? 1000u : 100u), s.sparse);
  if (s.recipe == method::dts || s.recipe == method::held || s.recipe == method::gaussian) {
    EXPECT_GT(expected.thresholds[0], 0.f);
    EXPECT_NEAR(expected.zeros[0] / (64. * 128), 0.5, s.recipe == method::gaussian ? 0.45 : 0.3); // it misses its share
  }

  runs.compare(expected, s,
               {{4, 4, 768}, {1, 1, 2560}, {2, 3, 1024, 2, "zbcc.engine=sat"}, {7, 8, 768, 1, "zbcc.engine=spartann"}});
}

// Three layers of odd widths.
TEST_P(recipe_bits, are_those_of_the_reference_in_odd_networks) {
  const chip_runs runs(150, 9);
  settings s = settings_of(GetParam());
  s.widths = {81, 30, 18, 10};
  s.batch = 20;
  s.epochs = 6; // 8 steps each
  s.regrow_period = 3;
  s.seed = 0x1'0000'0007;
  s.sparsity = 0.7;
  s.gradient_sparsity = 0.7;
  runs.compare(train(s, runs.set()), s, {{3, 2}, {5, 5}});
}

// ACF: as many blocks grow as have large gradients: all of the scheduled number, some, or none.
TEST(acf_bits, are_those_of_the_reference_whatever_grows) {
  const chip_runs runs(300, 28);
  settings s;
  s.widths = {784, 30, 18, 10};
  s.sparse = true;
  s.epochs = 3;     // 15 steps; the mask moves after 3, 6, 9
  s.sparsity = 0.6; // all layers pass gradients back
  s.regrow_period = 3;
  std::vector<std::uint32_t> moved;
  for (const double threshold : {1e-6, 1.2e-2, 1e3}) {
    s.growth_threshold = threshold;
    const trained expected = train(s, runs.set());
    moved.push_back(expected.blocks_moved);
    runs.compare(expected, s, {{1, 1, 1024}, {8, 8}, {5, 3}});
  }
  EXPECT_GT(moved[0], moved[1]);
  EXPECT_GT(moved[1], 20u);
  EXPECT_EQ(moved[2], 0u);
}

INSTANTIATE_TEST_SUITE_P(, recipe_bits,
                         testing::Values(kind{"srste_2_8", method::srste}, kind{"bdwp_2_8", method::bdwp},
                                         kind{"srste_1_4_fp32", method::srste, false, {1, 4}},
                                         kind{"bdwp_3_16_fp32", method::bdwp, false, {3, 16}},
                                         kind{"rigl", method::rigl}, kind{"rigl_fp32", method::rigl, false},
                                         kind{"set", method::set}, kind{"magnitude", method::magnitude},
                                         kind{"momentum", method::momentum},
                                         kind{"magnitude_blocks", method::magnitude, true, {}, true},
                                         kind{"set_blocks_fp32", method::set, false, {}, true},
                                         kind{"momentum_blocks", method::momentum, true, {}, true},
                                         kind{"dts", method::dts}, kind{"dts_fp32", method::dts, false},
                                         kind{"static_", method::held}, kind{"topk", method::topk},
                                         kind{"gaussian", method::gaussian}, kind{"random", method::random}),
                         by_name);

} // namespace
} // namespace acf::reference
