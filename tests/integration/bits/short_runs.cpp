#include "tests/integration/bits/short_runs.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace acf::reference {

settings short_run(std::uint32_t steps) {
  settings s;
  s.widths = {784, 128, 10};
  s.batch = 16, s.epochs = 3, s.step_limit = steps;
  s.lr = 0.02, s.seed = 5;
  s.sparsity = 0.6, s.regrow_period = 2;
  return s;
}

trained train_short(const settings& s, const network& net, const chip_runs& runs) {
  trained expected = train(s, net, runs.set());
  EXPECT_TRUE(std::isfinite(expected.loss));
  EXPECT_EQ(expected.skipped > 0, s.fp16);
  EXPECT_LT(expected.skipped, 5u);
  EXPECT_EQ(expected.clipped > 0, s.clip_norm != 0);
  EXPECT_EQ(expected.mask_changes, s.sparse ? s.step_limit / s.regrow_period : 0u);
  return expected;
}

} // namespace acf::reference
