// AdamW: masters and moments of a perceptron in SRAM, and in DRAM where they do not fit.
#include "tests/integration/bits/chip_runs.hpp"
#include "tests/reference/network_trainer.hpp"

#include <gtest/gtest.h>

namespace acf::reference {
namespace {

TEST(adamw_bits, are_those_of_the_reference_wherever_moments_are) {
  const network net{{1, 28, 28}, {{operation::linear, 128}, {operation::relu}, {operation::linear, 10}}};
  const chip_runs runs(200, 28);
  for (const bool sparse : {false, true}) {
    settings s; // 4 steps an epoch
    s.widths = {784, 128, 10};
    s.epochs = 3, s.step_limit = 7, s.regrow_period = 3, s.seed = 2;
    s.sparse = sparse;
    s.adamw = true, s.lr = 0.003, s.beta2 = 0.99, s.decay = 0.05;
    const trained expected = train(s, net, runs.set());
    EXPECT_EQ(expected.mask_changes, sparse ? 2u : 0u);
    // compiler_test shows that the smaller ones stream masters even without second moments.
    runs.compare(expected, s,
                 sparse ? std::vector<chip>{{4, 4}, {1, 1, 256}, {2, 1, 240}} : std::vector<chip>{{4, 4}, {4, 4, 288}});
  }
}

} // namespace
} // namespace acf::reference
