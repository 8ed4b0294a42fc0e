// Rates far too high: the run stops at the step that has a logit which is not finite or too large, and keeps the
// weights before it, whatever the mesh.
#include "tests/integration/bits/chip_runs.hpp"
#include "tests/integration/bits/kinds.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace acf::reference {
namespace {

struct kind : named_kind {
  bool sparse, bf16;
  double largest_logit = 0;
};

class divergence : public testing::TestWithParam<kind> {};

TEST_P(divergence, keeps_the_weights_before_it) {
  const chip_runs runs(200, 28);
  settings s; // 4 steps an epoch
  s.widths = {784, 32, 32, 32, 10};
  s.epochs = 8, s.lr = 100, s.rates = schedule::constant, s.sparsity = 0.5;
  s.regrow_period = 50, s.largest_logit = GetParam().largest_logit;
  s.sparse = GetParam().sparse, s.bf16 = GetParam().bf16;
  const trained expected = train(s, runs.set());
  ASSERT_GT(expected.diverged_step, 1u);
  EXPECT_LT(expected.diverged_step, 20u);
  if (s.largest_logit != 0) {
    settings unbounded = s;
    unbounded.largest_logit = 0;
    EXPECT_NE(train(unbounded, runs.set()).diverged_step, expected.diverged_step);
  }
  for (const layer_tensors& l : expected.layers)
    for (const float w : l.weight) ASSERT_TRUE(std::isfinite(w));
  runs.compare_up_to_divergence(expected, s, {{2, 2}, {1, 1, 2048, 2}, {3, 1}});
}

INSTANTIATE_TEST_SUITE_P(, divergence,
                         testing::Values(kind{"dense_bf16", false, true}, kind{"dense_fp32", false, false},
                                         kind{"block4x4_bf16", true, true}, kind{"dense_bounded", false, true, 1000},
                                         kind{"block4x4_bounded", true, true, 1000}),
                         by_name);

} // namespace
} // namespace acf::reference
