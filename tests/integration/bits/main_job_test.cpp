// The main job's network. The chip trains, the reference trains: weights, biases and masks are the same bits. On every
// mesh, with weights in SRAM and streamed, with one host thread and two, the file of tensors is the same bytes.
#include "tests/integration/bits/chip_runs.hpp"
#include "tests/integration/bits/kinds.hpp"

#include <gtest/gtest.h>

namespace acf::reference {
namespace {

struct kind : named_kind {
  bool sparse, bf16;
};

class main_job_bits : public testing::TestWithParam<kind> {};

TEST_P(main_job_bits, are_those_of_the_reference_on_every_chip) {
  const chip_runs runs(1000, 28);
  settings s; // 16 steps an epoch, the last of 40 samples
  s.widths = {784, 128, 10};
  s.step_limit = 50;
  s.sparse = GetParam().sparse;
  s.bf16 = GetParam().bf16;
  s.regrow_period = 24; // after 24 and 48 steps, the second time from such a short batch
  const trained expected = train(s, runs.set());
  EXPECT_LT(expected.loss, expected.first_loss);
  EXPECT_EQ(expected.mask_changes, s.sparse ? 2u : 0u);
  EXPECT_EQ(expected.blocks_moved > 100, s.sparse);

  std::vector<chip> chips{{}, {1, 1}, {2, 3}, {8, 8}, {4, 4, 512, 2}};
  if (!s.sparse)
    chips.push_back({4, 4, s.bf16 ? 256u : 320u}); // weights and a batch do not fit
  else // masters do not fit: compiler_test shows that these sizes stream them
    chips.insert(chips.end(), {{1, 1, s.bf16 ? 256u : 312u}, {2, 1, s.bf16 ? 240u : 296u}});
  runs.compare(expected, s, chips);
}

INSTANTIATE_TEST_SUITE_P(, main_job_bits,
                         testing::Values(kind{"block4x4_bf16", true, true}, kind{"block4x4_fp32", true, false},
                                         kind{"dense_bf16", false, true}, kind{"dense_fp32", false, false}),
                         by_name);

} // namespace
} // namespace acf::reference
