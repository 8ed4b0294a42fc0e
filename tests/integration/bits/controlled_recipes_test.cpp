// Every recipe on a network with convolutions in groups, which stay as they are, like one layer more where the settings
// say so, and where all gradients are looked at before any weight is updated: their norm is bounded, or they are fp16
// with a scaled loss.
#include "tests/integration/bits/chip_runs.hpp"
#include "tests/integration/bits/kinds.hpp"
#include "tests/integration/bits/short_runs.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace acf::reference {
namespace {

// The second convolution is depthwise; the third has groups of 4 channels and 6 filters, whose blocks are cut.
const char* const layers = R"(
  - conv2d: {filters: 8, kernel: 4, stride: 4}
  - relu
  - conv2d: {filters: 8, kernel: 3, padding: 1, groups: 8}
  - batch_norm
  - relu
  - conv2d: {filters: 12, kernel: 3, stride: 2, groups: 2}
  - conv2d: {filters: 9, kernel: 1}
  - relu
  - flatten
  - linear: {outputs: 18}
  - relu
  - linear: {outputs: 10}
)";
const network_layer relu{operation::relu};
const network net{{1, 28, 28},
                  {{operation::conv2d, 8, 1, {4, 4}, {4, 4}},
                   relu,
                   {operation::conv2d, 8, 8, {3, 3}, {1, 1}, {1, 1}},
                   {operation::batch_norm},
                   relu,
                   {operation::conv2d, 12, 2, {3, 3}, {2, 2}},
                   {operation::conv2d, 9},
                   relu,
                   {operation::flatten},
                   {operation::linear, 18},
                   relu,
                   {operation::linear, 10}}};
constexpr std::size_t in_groups[] = {1, 2};

struct kind : named_kind {
  method recipe;
  bool blocks = false;
  double growth_threshold = 0;
};
struct control : named_kind {
  void (*change)(settings&);
};
using parameters = std::tuple<kind, control>;

void none(settings&) {}
void fp32(settings& s) { s.bf16 = false; }
void norm(settings& s) { s.clip_norm = 0.2; }
void half(settings& s) { s.fp16 = true, s.loss_scale = 0x1p16, s.loss_scale_interval = 2; } // the first steps overflow
void first(settings& s) { fp32(s), s.dense_layer = 1; }
void linear(settings& s) { s.dense_layer = 5; }
void all(settings& s) {
  half(s), norm(s);
  s.adamw = true, s.lr = 0.003, s.decay = 0.05, s.clip_value = 0.02;
}

class controlled_recipes : public testing::TestWithParam<parameters> {};

TEST_P(controlled_recipes, are_those_of_the_reference_with_convolutions_in_groups) {
  const auto& [k, mode] = GetParam();
  const chip_runs runs(40, 28, layers);
  settings s = short_run(6);
  set_recipe(s, k.recipe, k.blocks);
  s.pattern = {1, 4}, s.growth_threshold = k.growth_threshold;
  mode.change(s);
  const trained expected = train_short(s, net, runs);
  const bool patterns = s.recipe == method::srste || s.recipe == method::bdwp;
  std::ptrdiff_t zeros = 0;
  for (std::size_t l = 0; l < expected.layers.size(); ++l) {
    const auto& mask = expected.layers[l].mask;
    zeros += std::count(mask.begin(), mask.end(), 0.f);
    const bool whole =
        l + 1 == s.dense_layer || std::find(std::begin(in_groups), std::end(in_groups), l) != std::end(in_groups);
    if (s.recipe == method::momentum && !whole) continue; // whose budget may fill a layer
    EXPECT_EQ(std::count(mask.begin(), mask.end(), 0.f) == 0, whole || !(s.sparse || patterns)) << l;
  }
  EXPECT_EQ(zeros > 0, s.sparse || patterns);
  runs.compare(expected, s, {{4, 4, 512}, {3, 1, 1024}});
}

// Thresholds are found, and then stay or go on, while the loss scale goes up and down.
TEST(thresholds, follow_the_loss_scale) {
  const chip_runs runs(40, 28, layers);
  for (const method recipe : {method::held, method::dts, method::gaussian}) {
    settings s; // 5 steps an epoch
    s.widths = {784, 128, 10};
    s.batch = 8, s.epochs = 13, s.step_limit = 62;
    s.lr = 0.01, s.seed = 5;
    s.recipe = recipe, s.gradient_sparsity = 0.6;
    s.fp16 = true, s.loss_scale = 0x1p16, s.loss_scale_interval = 3;
    const trained expected = train(s, net, runs.set());
    EXPECT_GT(expected.skipped, 3u);
    EXPECT_LT(expected.skipped, 20u);
    for (const float threshold : expected.thresholds) EXPECT_GT(threshold, 0.f);
    runs.compare(expected, s, {{2, 2, 1024}});
  }
}

constexpr kind single_rigl{"rigl", method::rigl}, single_set{"set", method::set},
    single_magnitude{"magnitude", method::magnitude}, single_momentum{"momentum", method::momentum},
    blocks_rigl{"rigl_blocks", method::rigl, true}, acf{"acf", method::rigl, true, 0.02},
    blocks_set{"set_blocks", method::set, true}, blocks_magnitude{"magnitude_blocks", method::magnitude, true},
    blocks_momentum{"momentum_blocks", method::momentum, true}, srste{"srste", method::srste},
    bdwp{"bdwp", method::bdwp}, dts{"dts", method::dts}, held{"static", method::held}, topk{"topk", method::topk},
    gaussian{"gaussian", method::gaussian}, at_random{"random", method::random};

const auto name = [](const auto& p) {
  return std::string(std::get<0>(p.param).name) + '_' + std::get<1>(p.param).name;
};
// The last two: of layers that stay dense.
INSTANTIATE_TEST_SUITE_P(layers, controlled_recipes,
                         testing::Combine(testing::Values(single_rigl, single_set, single_magnitude, single_momentum,
                                                          blocks_rigl, blocks_set, blocks_magnitude, blocks_momentum,
                                                          acf, srste, bdwp, dts),
                                          testing::Values(control{"bf16", none}, control{"fp32", fp32},
                                                          control{"first", first}, control{"linear", linear})),
                         name);
INSTANTIATE_TEST_SUITE_P(control, controlled_recipes,
                         testing::Combine(testing::Values(single_rigl, single_set, single_magnitude, single_momentum,
                                                          blocks_set, blocks_magnitude, blocks_momentum, acf, srste,
                                                          bdwp, dts, held, topk, gaussian, at_random),
                                          testing::Values(control{"norm", norm}, control{"half", half},
                                                          control{"all", all})),
                         name);

} // namespace
} // namespace acf::reference
