// Networks with convolutions, through the firmware and the fabric: the chip trains, the reference trains, weights,
// biases and masks are the same bits, on several meshes.
#include "tests/integration/bits/chip_runs.hpp"
#include "tests/integration/bits/kinds.hpp"
#include "tests/integration/bits/networks.hpp"
#include "tests/integration/bits/short_runs.hpp"

#include <gtest/gtest.h>

namespace acf::reference {
namespace {

struct kind : named_kind {
  written_network network;
  bool sparse, bf16;
  method recipe = method::dense; // of what is not sparse
  void (*more)(settings&) = nullptr;
  std::uint32_t least_moved = 20; // blocks
};

void plain(settings&) {}
void unstructured(settings& s) { s.unstructured = true; }
void by_threshold(settings& s) { s.growth_threshold = 2e-3; }
void adamw(settings& s) { s.adamw = true, s.lr = 0.003, s.beta2 = 0.99, s.decay = 0.05; }
void clipped(settings& s) { s.clip_value = 0.002, s.warmup = 3, s.decay = 1e-3; }

void short_gradients(settings& s) { s.clip_norm = 0.8; }
void short_adamw(settings& s) { adamw(s), s.clip_norm = 0.5, s.clip_value = 0.02; }
void half(settings& s) { s.fp16 = true, s.loss_scale = 0x1p22, s.loss_scale_interval = 2; } // the first steps overflow
void short_half(settings& s) { half(s), s.loss_scale = 0x1p18, s.clip_norm = 0.7; }

class convolutions_bits : public testing::TestWithParam<kind> {};

TEST_P(convolutions_bits, are_those_of_the_reference_on_every_mesh) {
  const kind& k = GetParam();
  const chip_runs runs(40, 28, k.network.layers);
  settings s = short_run(5);
  s.sparse = k.sparse, s.bf16 = k.bf16;
  if (k.recipe != method::dense) s.recipe = k.recipe;
  if (k.more) k.more(s);
  const trained expected = train_short(s, k.network.net, runs);
  EXPECT_EQ(expected.blocks_moved > k.least_moved, s.sparse);
  if (k.recipe == method::dts) {
    for (const auto zeros : expected.zeros) EXPECT_GT(zeros, 0u);
  }
  runs.compare(expected, s, {{4, 4, 512}, {2, 2, 1024, 2}, {1, 1, 4096}, {5, 1, 2048}});
}

INSTANTIATE_TEST_SUITE_P(
    , convolutions_bits,
    testing::Values(
        kind{"lenet_dense_bf16", lenet, false, true}, kind{"lenet_dense_fp32", lenet, false, false},
        kind{"lenet_block4x4_bf16", lenet, true, true}, kind{"lenet_block4x4_fp32", lenet, true, false},
        kind{"odd_dense_bf16", odd, false, true}, kind{"odd_block4x4_fp32", odd, true, false},
        kind{"strided_dense_fp32", strided, false, false}, kind{"strided_block4x4_bf16", strided, true, true},
        kind{"residual_dense_bf16", residual, false, true}, kind{"residual_dense_fp32", residual, false, false},
        kind{"residual_block4x4_bf16", residual, true, true}, kind{"tangled_dense_bf16", tangled, false, true},
        kind{"tangled_block4x4_fp32", tangled, true, false}, kind{"branched_dense_bf16", branched, false, true},
        kind{"branched_dense_fp32", branched, false, false},
        kind{"branched_block4x4_bf16", branched, true, true, method::dense, plain, 4},
        kind{"dropping_dense_bf16", dropping, false, true},
        kind{"dropping_block4x4_fp32", dropping, true, false, method::dense, plain, 4},
        kind{"residual_adamw_fp32", residual, false, false, method::dense, adamw},
        kind{"branched_block4x4_adamw_bf16", branched, true, true, method::dense, adamw, 4},
        kind{"residual_clipped_bf16", residual, false, true, method::dense, clipped},
        kind{"residual_short_bf16", residual, false, true, method::dense, short_gradients},
        kind{"branched_block4x4_short_adamw_fp32", branched, true, false, method::dense, short_adamw, 4},
        kind{"residual_fp16", residual, false, false, method::dense, half},
        kind{"branched_block4x4_short_fp16", branched, true, false, method::dense, short_half, 4},
        kind{"lenet_srste_bf16", lenet, false, true, method::srste},
        kind{"residual_bdwp_bf16", residual, false, true, method::bdwp},
        kind{"strided_bdwp_fp32", strided, false, false, method::bdwp},
        kind{"lenet_rigl_bf16", lenet, true, true, method::rigl, unstructured},
        kind{"residual_rigl_fp32", residual, true, false, method::rigl, unstructured},
        kind{"odd_set_bf16", odd, true, true, method::set, unstructured},
        kind{"strided_magnitude_bf16", strided, true, true, method::magnitude, unstructured},
        kind{"tangled_momentum_fp32", tangled, true, false, method::momentum, unstructured},
        kind{"odd_magnitude_blocks_bf16", odd, true, true, method::magnitude},
        kind{"residual_magnitude_blocks_fp32", residual, true, false, method::magnitude},
        kind{"lenet_set_blocks_bf16", lenet, true, true, method::set},
        kind{"residual_acf_bf16", residual, true, true, method::rigl, by_threshold},
        kind{"lenet_dts_bf16", lenet, false, true, method::dts},
        kind{"residual_dts_fp32", residual, false, false, method::dts},
        kind{"tangled_dts_bf16", tangled, false, true, method::dts},
        kind{"strided_static_bf16", strided, false, true, method::held},
        kind{"odd_topk_bf16", odd, false, true, method::topk},
        kind{"residual_topk_bf16", residual, false, true, method::topk},
        kind{"lenet_gaussian_bf16", lenet, false, true, method::gaussian},
        kind{"tangled_gaussian_fp32", tangled, false, false, method::gaussian},
        kind{"odd_random_fp32", odd, false, false, method::random},
        kind{"residual_random_bf16", residual, false, true, method::random}),
    by_name);

} // namespace
} // namespace acf::reference
