// Networks with convolutions, through the firmware and the fabric: the chip trains, the reference trains, weights,
// biases and masks are the same bits, on several meshes.
#include "tests/integration/bits/chip_runs.hpp"
#include "tests/integration/bits/kinds.hpp"
#include "tests/reference/network_trainer.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace acf::reference {
namespace {

struct named_network : named_kind {
  const char* yaml; // of `layers`
  std::vector<network_layer> layers;
  bool sparse, bf16;
  method recipe = method::dense; // of what is not sparse
  void (*more)(settings&) = nullptr;
  std::uint32_t least_moved = 20; // blocks
};

network_layer linear(std::uint32_t n) { return {operation::linear, n}; }
network_layer conv(std::uint32_t n, std::array<std::uint32_t, 2> kernel, std::array<std::uint32_t, 2> padding,
                   std::array<std::uint32_t, 2> stride = {1, 1}, std::array<std::uint32_t, 2> dilation = {1, 1}) {
  return {operation::conv2d, n, 1, kernel, stride, padding, dilation};
}
network_layer pool(operation what, std::uint32_t kernel, std::uint32_t stride) {
  return {what, 0, 1, {kernel, kernel}, {stride, stride}};
}
const network_layer relu{operation::relu}, flatten{operation::flatten};

const char* const lenet_yaml = R"(
  - conv2d: {filters: 6, kernel: 5, padding: 2}
  - relu
  - max_pool: {kernel: 2}
  - conv2d: {filters: 16, kernel: 5}
  - relu
  - max_pool: {kernel: 2}
  - flatten
  - linear: {outputs: 120}
  - relu
  - linear: {outputs: 84}
  - relu
  - linear: {outputs: 10}
)";
const std::vector<network_layer> lenet{conv(6, {5, 5}, {2, 2}),
                                       relu,
                                       pool(operation::max_pool, 2, 2),
                                       conv(16, {5, 5}, {0, 0}),
                                       relu,
                                       pool(operation::max_pool, 2, 2),
                                       flatten,
                                       linear(120),
                                       relu,
                                       linear(84),
                                       relu,
                                       linear(10)};

const char* const odd_yaml = R"(
  - conv2d: {filters: 5, kernel: [3, 4], padding: [1, 2], stride: [2, 1]}
  - relu
  - max_pool: {kernel: 3, stride: 2}
  - conv2d: {filters: 7, kernel: 3, padding: 2, dilation: 2}
  - conv2d: {filters: 9, kernel: [1, 2]}
  - relu
  - average_pool: {kernel: 2}
  - flatten
  - linear: {outputs: 10}
)";
const std::vector<network_layer> odd{conv(5, {3, 4}, {1, 2}, {2, 1}),
                                     relu,
                                     pool(operation::max_pool, 3, 2),
                                     conv(7, {3, 3}, {2, 2}, {1, 1}, {2, 2}),
                                     conv(9, {1, 2}, {0, 0}),
                                     relu,
                                     pool(operation::average_pool, 2, 2),
                                     flatten,
                                     linear(10)};

const char* const strided_yaml = R"(
  - conv2d: {filters: 8, kernel: 5, padding: 2, stride: 2}
  - relu
  - conv2d: {filters: 10, kernel: [3, 2], padding: [1, 0], stride: 2}
  - relu
  - conv2d: {filters: 12, kernel: 4, stride: 3, dilation: 1}
  - flatten
  - linear: {outputs: 10}
)";
const std::vector<network_layer> strided{conv(8, {5, 5}, {2, 2}, {2, 2}),
                                         relu,
                                         conv(10, {3, 2}, {1, 0}, {2, 2}),
                                         relu,
                                         conv(12, {4, 4}, {0, 0}, {3, 3}),
                                         flatten,
                                         linear(10)};

// Residual blocks: normalised, one with a shortcut of its own, whose stride is larger than its kernel.
const char* const residual_yaml = R"(
  - conv2d: {filters: 6, kernel: 3, padding: 1, stride: 2}
  - batch_norm
  - relu: {name: first}
  - conv2d: {filters: 6, kernel: 3, padding: 1}
  - batch_norm: {momentum: 0.2}
  - relu
  - conv2d: {filters: 6, kernel: 3, padding: 1}
  - batch_norm: {epsilon: 0.001, name: deep}
  - add: {inputs: [deep, first]}
  - relu: {name: second}
  - conv2d: {filters: 12, kernel: 3, padding: 1, stride: 2}
  - batch_norm
  - relu
  - conv2d: {filters: 12, kernel: 3, padding: 1}
  - batch_norm: {name: deeper}
  - conv2d: {filters: 12, kernel: 1, stride: 2, input: second, name: short}
  - add: {inputs: [short, deeper]}
  - relu
  - global_average_pool
  - flatten
  - linear: {outputs: 10}
)";
network_layer norm(const char* name = "", float epsilon = 1e-5f, float momentum = 0.1f) {
  network_layer l{operation::batch_norm};
  l.name = name, l.epsilon = epsilon, l.momentum = momentum;
  return l;
}
network_layer named(network_layer l, const char* name, std::vector<std::string> inputs = {}) {
  l.name = name, l.inputs = std::move(inputs);
  return l;
}
const std::vector<network_layer> residual{conv(6, {3, 3}, {1, 1}, {2, 2}),
                                          norm(),
                                          named(relu, "first"),
                                          conv(6, {3, 3}, {1, 1}),
                                          norm("", 1e-5f, 0.2f),
                                          relu,
                                          conv(6, {3, 3}, {1, 1}),
                                          norm("deep", 0.001f),
                                          named({operation::add}, "", {"deep", "first"}),
                                          named(relu, "second"),
                                          conv(12, {3, 3}, {1, 1}, {2, 2}),
                                          norm(),
                                          relu,
                                          conv(12, {3, 3}, {1, 1}),
                                          norm("deeper"),
                                          named(conv(12, {1, 1}, {0, 0}, {2, 2}), "short", {"second"}),
                                          named({operation::add}, "", {"short", "deeper"}),
                                          relu,
                                          pool(operation::average_pool, 7, 7),
                                          flatten,
                                          linear(10)};

// What is read three times, sums of rectified values, of sums and of linear layers, normalised features.
const char* const tangled_yaml = R"(
  - conv2d: {filters: 5, kernel: 4, stride: 4, name: a}
  - conv2d: {filters: 5, kernel: 3, padding: 1}
  - relu: {name: b}
  - conv2d: {filters: 5, kernel: 3, padding: 1, input: a}
  - relu: {name: c}
  - add: {inputs: [b, c], name: d}
  - add: {inputs: [d, a]}
  - relu: {name: e}
  - batch_norm
  - max_pool: {kernel: 2, padding: 1}
  - batch_norm
  - flatten
  - linear: {outputs: 20}
  - batch_norm
  - relu: {name: f}
  - linear: {outputs: 20, name: g}
  - linear: {outputs: 20, input: f}
  - relu: {name: h}
  - add: {inputs: [h, g]}
  - linear: {outputs: 10}
)";
const std::vector<network_layer> tangled{named(conv(5, {4, 4}, {0, 0}, {4, 4}), "a"),
                                         conv(5, {3, 3}, {1, 1}),
                                         named(relu, "b"),
                                         named(conv(5, {3, 3}, {1, 1}), "", {"a"}),
                                         named(relu, "c"),
                                         named({operation::add}, "d", {"b", "c"}),
                                         named({operation::add}, "", {"d", "a"}),
                                         named(relu, "e"),
                                         norm(),
                                         {operation::max_pool, 0, 1, {2, 2}, {2, 2}, {1, 1}},
                                         norm(),
                                         flatten,
                                         linear(20),
                                         norm(),
                                         named(relu, "f"),
                                         named(linear(20), "g"),
                                         named(linear(20), "", {"f"}),
                                         named(relu, "h"),
                                         named({operation::add}, "", {"h", "g"}),
                                         linear(10)};

// Groups whose blocks are whole, cut, and as many as channels; branches of odd widths, one read twice, joined with
// rectified ones and with what is as flat as a linear layer.
network_layer grouped(network_layer l, std::uint32_t groups) {
  l.groups = groups;
  return l;
}
const char* const branched_yaml = R"(
  - conv2d: {filters: 5, kernel: 4, stride: 4, name: a}
  - conv2d: {filters: 6, kernel: 3, padding: 1}
  - relu: {name: b}
  - conv2d: {filters: 9, kernel: [3, 1], padding: [1, 0], input: a, name: c}
  - concat: {inputs: [b, a, c], name: d}
  - conv2d: {filters: 8, kernel: 3, padding: 1, stride: 2, groups: 4}
  - batch_norm
  - relu: {name: e}
  - conv2d: {filters: 16, kernel: 3, padding: 1, groups: 8}
  - relu
  - conv2d: {filters: 16, kernel: 3, padding: 2, dilation: 2, groups: 16}
  - conv2d: {filters: 8, kernel: 1, groups: 2, name: f}
  - concat: {inputs: [f, e]}
  - max_pool: {kernel: 2}
  - conv2d: {filters: 8, kernel: 2, groups: 4}
  - flatten
  - linear: {outputs: 14}
  - relu: {name: g}
  - linear: {outputs: 7, name: h}
  - concat: {inputs: [g, h]}
  - linear: {outputs: 10}
)";
const std::vector<network_layer> branched{named(conv(5, {4, 4}, {0, 0}, {4, 4}), "a"),
                                          conv(6, {3, 3}, {1, 1}),
                                          named(relu, "b"),
                                          named(conv(9, {3, 1}, {1, 0}), "c", {"a"}),
                                          named({operation::concat}, "d", {"b", "a", "c"}),
                                          grouped(conv(8, {3, 3}, {1, 1}, {2, 2}), 4),
                                          norm(),
                                          named(relu, "e"),
                                          grouped(conv(16, {3, 3}, {1, 1}), 8),
                                          relu,
                                          grouped(conv(16, {3, 3}, {2, 2}, {1, 1}, {2, 2}), 16),
                                          named(grouped(conv(8, {1, 1}, {0, 0}), 2), "f"),
                                          named({operation::concat}, "", {"f", "e"}),
                                          pool(operation::max_pool, 2, 2),
                                          grouped(conv(8, {2, 2}, {0, 0}), 4),
                                          flatten,
                                          linear(14),
                                          named(relu, "g"),
                                          named(linear(7), "h"),
                                          named({operation::concat}, "", {"g", "h"}),
                                          linear(10)};

// Dropout behind pixels and features, read once and twice, before and behind what is rectified.
network_layer dropout(double share, const char* name = "") {
  network_layer l{operation::dropout};
  l.share = share, l.name = name;
  return l;
}
const char* const dropping_yaml = R"(
  - conv2d: {filters: 6, kernel: 4, stride: 4}
  - relu
  - dropout: {share: 0.25, name: a}
  - conv2d: {filters: 7, kernel: 3, padding: 1}
  - batch_norm
  - dropout: {share: 0.1}
  - conv2d: {filters: 6, kernel: 1, name: b}
  - add: {inputs: [a, b]}
  - relu
  - max_pool: {kernel: 2}
  - flatten
  - dropout: {share: 0.5}
  - linear: {outputs: 22}
  - relu
  - dropout: {share: 0.5}
  - linear: {outputs: 10}
)";
const std::vector<network_layer> dropping{conv(6, {4, 4}, {0, 0}, {4, 4}),
                                          relu,
                                          dropout(0.25, "a"),
                                          conv(7, {3, 3}, {1, 1}),
                                          norm(),
                                          dropout(0.1),
                                          named(conv(6, {1, 1}, {0, 0}), "b"),
                                          named({operation::add}, "", {"a", "b"}),
                                          relu,
                                          pool(operation::max_pool, 2, 2),
                                          flatten,
                                          dropout(0.5),
                                          linear(22),
                                          relu,
                                          dropout(0.5),
                                          linear(10)};

void plain(settings&) {}
void unstructured(settings& s) { s.unstructured = true; }
void by_threshold(settings& s) { s.growth_threshold = 2e-3; }
void adamw(settings& s) { s.adamw = true, s.lr = 0.003, s.beta2 = 0.99, s.decay = 0.05; }
void clipped(settings& s) { s.clip_value = 0.002, s.warmup = 3, s.decay = 1e-3; }

void short_gradients(settings& s) { s.clip_norm = 0.8; }
void short_adamw(settings& s) { adamw(s), s.clip_norm = 0.5, s.clip_value = 0.02; }
void half(settings& s) { s.fp16 = true, s.loss_scale = 0x1p22, s.loss_scale_interval = 2; } // the first steps overflow
void short_half(settings& s) { half(s), s.loss_scale = 0x1p18, s.clip_norm = 0.7; }

class convolutions_bits : public testing::TestWithParam<named_network> {};

TEST_P(convolutions_bits, are_those_of_the_reference_on_every_mesh) {
  const auto& n = GetParam();
  const chip_runs runs(40, 28, n.yaml);
  settings s; // 3 steps an epoch, the last of 8 samples
  s.widths = {784, 128, 10};
  s.batch = 16, s.epochs = 3, s.step_limit = 5;
  s.lr = 0.02, s.seed = 5;
  s.sparse = n.sparse, s.bf16 = n.bf16, s.sparsity = 0.6;
  if (n.recipe != method::dense) s.recipe = n.recipe;
  s.regrow_period = 2; // after 2 and 4 of 9 steps
  if (n.more) n.more(s);
  const network net{{1, 28, 28}, n.layers};
  const trained expected = train(s, net, runs.set());
  EXPECT_TRUE(std::isfinite(expected.loss));
  EXPECT_EQ(expected.skipped > 0, s.fp16);
  EXPECT_LT(expected.skipped, 5u);
  EXPECT_EQ(expected.clipped > 0, s.clip_norm != 0);
  EXPECT_EQ(expected.mask_changes, s.sparse ? 2u : 0u);
  EXPECT_EQ(expected.blocks_moved > n.least_moved, s.sparse);
  if (n.recipe == method::dts) {
    for (const auto zeros : expected.zeros) EXPECT_GT(zeros, 0u);
  }
  runs.compare(expected, s, {{4, 4, 512}, {2, 2, 1024, 2}, {1, 1, 4096}, {5, 1, 2048}});
}

// Masters and moments of a perceptron in SRAM, and in DRAM where they do not fit.
TEST(adamw_bits, are_those_of_the_reference_wherever_moments_are) {
  const chip_runs runs(200, 28);
  for (const bool sparse : {false, true}) {
    settings s; // 4 steps an epoch
    s.widths = {784, 128, 10};
    s.epochs = 3, s.step_limit = 7, s.regrow_period = 3, s.seed = 2;
    s.sparse = sparse;
    adamw(s);
    const network net{{1, 28, 28}, {linear(128), relu, linear(10)}};
    const trained expected = train(s, net, runs.set());
    EXPECT_EQ(expected.mask_changes, sparse ? 2u : 0u);
    // compiler_test shows that the smaller ones stream masters even without second moments.
    runs.compare(expected, s,
                 sparse ? std::vector<chip>{{4, 4}, {1, 1, 256}, {2, 1, 240}} : std::vector<chip>{{4, 4}, {4, 4, 288}});
  }
}

INSTANTIATE_TEST_SUITE_P(
    , convolutions_bits,
    testing::Values(
        named_network{"lenet_dense_bf16", lenet_yaml, lenet, false, true},
        named_network{"lenet_dense_fp32", lenet_yaml, lenet, false, false},
        named_network{"lenet_block4x4_bf16", lenet_yaml, lenet, true, true},
        named_network{"lenet_block4x4_fp32", lenet_yaml, lenet, true, false},
        named_network{"odd_dense_bf16", odd_yaml, odd, false, true},
        named_network{"odd_block4x4_fp32", odd_yaml, odd, true, false},
        named_network{"strided_dense_fp32", strided_yaml, strided, false, false},
        named_network{"strided_block4x4_bf16", strided_yaml, strided, true, true},
        named_network{"residual_dense_bf16", residual_yaml, residual, false, true},
        named_network{"residual_dense_fp32", residual_yaml, residual, false, false},
        named_network{"residual_block4x4_bf16", residual_yaml, residual, true, true},
        named_network{"tangled_dense_bf16", tangled_yaml, tangled, false, true},
        named_network{"tangled_block4x4_fp32", tangled_yaml, tangled, true, false},
        named_network{"branched_dense_bf16", branched_yaml, branched, false, true},
        named_network{"branched_dense_fp32", branched_yaml, branched, false, false},
        named_network{"branched_block4x4_bf16", branched_yaml, branched, true, true, method::dense, plain, 4},
        named_network{"dropping_dense_bf16", dropping_yaml, dropping, false, true},
        named_network{"dropping_block4x4_fp32", dropping_yaml, dropping, true, false, method::dense, plain, 4},
        named_network{"residual_adamw_fp32", residual_yaml, residual, false, false, method::dense, adamw},
        named_network{"branched_block4x4_adamw_bf16", branched_yaml, branched, true, true, method::dense, adamw, 4},
        named_network{"residual_clipped_bf16", residual_yaml, residual, false, true, method::dense, clipped},
        named_network{"residual_short_bf16", residual_yaml, residual, false, true, method::dense, short_gradients},
        named_network{"branched_block4x4_short_adamw_fp32", branched_yaml, branched, true, false, method::dense,
                      short_adamw, 4},
        named_network{"residual_fp16", residual_yaml, residual, false, false, method::dense, half},
        named_network{"branched_block4x4_short_fp16", branched_yaml, branched, true, false, method::dense, short_half,
                      4},
        named_network{"lenet_srste_bf16", lenet_yaml, lenet, false, true, method::srste},
        named_network{"residual_bdwp_bf16", residual_yaml, residual, false, true, method::bdwp},
        named_network{"strided_bdwp_fp32", strided_yaml, strided, false, false, method::bdwp},
        named_network{"lenet_rigl_bf16", lenet_yaml, lenet, true, true, method::rigl, unstructured},
        named_network{"residual_rigl_fp32", residual_yaml, residual, true, false, method::rigl, unstructured},
        named_network{"odd_set_bf16", odd_yaml, odd, true, true, method::set, unstructured},
        named_network{"strided_magnitude_bf16", strided_yaml, strided, true, true, method::magnitude, unstructured},
        named_network{"tangled_momentum_fp32", tangled_yaml, tangled, true, false, method::momentum, unstructured},
        named_network{"odd_magnitude_blocks_bf16", odd_yaml, odd, true, true, method::magnitude},
        named_network{"residual_magnitude_blocks_fp32", residual_yaml, residual, true, false, method::magnitude},
        named_network{"lenet_set_blocks_bf16", lenet_yaml, lenet, true, true, method::set},
        named_network{"residual_acf_bf16", residual_yaml, residual, true, true, method::rigl, by_threshold},
        named_network{"lenet_dts_bf16", lenet_yaml, lenet, false, true, method::dts},
        named_network{"residual_dts_fp32", residual_yaml, residual, false, false, method::dts},
        named_network{"tangled_dts_bf16", tangled_yaml, tangled, false, true, method::dts},
        named_network{"strided_static_bf16", strided_yaml, strided, false, true, method::held},
        named_network{"odd_topk_bf16", odd_yaml, odd, false, true, method::topk},
        named_network{"residual_topk_bf16", residual_yaml, residual, false, true, method::topk},
        named_network{"lenet_gaussian_bf16", lenet_yaml, lenet, false, true, method::gaussian},
        named_network{"tangled_gaussian_fp32", tangled_yaml, tangled, false, false, method::gaussian},
        named_network{"odd_random_fp32", odd_yaml, odd, false, false, method::random},
        named_network{"residual_random_bf16", residual_yaml, residual, false, true, method::random}),
    by_name);

} // namespace
} // namespace acf::reference
