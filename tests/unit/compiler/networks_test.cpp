// Networks with convolutions through the programs of all tiles: ordered whatever the timing, the same on every mesh.
#include "sw_stack/compiler/compile.hpp"
#include "sw_stack/data/digits.hpp"
#include "tests/unit/compiler/program_run.hpp"

#include <gtest/gtest.h>

#include <cstring>

using namespace acf;
using namespace acf::compiler;
using namespace acf::test;

namespace {

const data_set& digits() {
  static const data_set set = acf::data::generate_digits(40, 70, 1);
  return set;
}

layer_description conv(std::uint32_t filters, std::uint32_t kernel, std::uint32_t padding, std::uint32_t stride = 1,
                       std::uint32_t dilation = 1) {
  return {layer_kind::conv2d, filters, {{kernel, kernel}, {stride, stride}, {padding, padding}, {dilation, dilation}}};
}
layer_description pool(layer_kind kind, std::uint32_t kernel, std::uint32_t stride, std::uint32_t padding = 0) {
  return {kind, 0, {{kernel, kernel}, {stride, stride}, {padding, padding}}};
}
const layer_description relu{layer_kind::relu}, flatten{layer_kind::flatten};
layer_description linear(std::uint32_t width) { return {layer_kind::linear, width}; }

struct named_network {
  const char* name;
  std::vector<layer_description> layers;
};
void PrintTo(const named_network& n, std::ostream* out) { *out << n.name; }

const named_network lenet{"lenet",
                          {conv(6, 5, 2), relu, pool(layer_kind::max_pool, 2, 2), conv(16, 5, 0), relu,
                           pool(layer_kind::max_pool, 2, 2), flatten, linear(120), relu, linear(84), relu, linear(10)}};
// Convolutions behind each other and before flatten, strides, dilation, overlapping windows, means.
const named_network odd{"odd",
                        {conv(4, 3, 1, 2), relu, conv(8, 3, 2, 1, 2), pool(layer_kind::average_pool, 3, 2, 1),
                         conv(5, 3, 1), relu, conv(6, 2, 0), relu, flatten, linear(10)}};
const named_network strided{"strided",
                            {conv(8, 5, 2, 2),
                             relu,
                             conv(12, 3, 1, 2),
                             relu,
                             conv(12, 4, 0, 3),
                             {layer_kind::global_average_pool},
                             flatten,
                             linear(10)}};

layer_description named(layer_description l, const char* name, std::vector<std::string> inputs = {}) {
  l.name = name, l.inputs = std::move(inputs);
  return l;
}
const layer_description norm{layer_kind::batch_norm}, sum{layer_kind::add};
// Two residual blocks; the second one has a shortcut with a stride.
const named_network residual{"residual",
                             {conv(6, 3, 1, 2),
                              norm,
                              named(relu, "a"),
                              conv(6, 3, 1),
                              norm,
                              relu,
                              conv(6, 3, 1),
                              named(norm, "b"),
                              named(sum, "", {"b", "a"}),
                              named(relu, "c"),
                              conv(12, 3, 1, 2),
                              norm,
                              relu,
                              conv(12, 3, 1),
                              named(norm, "d"),
                              named(conv(12, 1, 0, 2), "e", {"c"}),
                              named(sum, "", {"e", "d"}),
                              relu,
                              {layer_kind::global_average_pool},
                              flatten,
                              linear(10)}};
// What is read three times, sums of rectified values, of sums and of linear layers, normalised features.
const named_network tangled{"tangled",
                            {named(conv(5, 4, 0, 4), "a"),
                             conv(5, 3, 1),
                             named(relu, "b"),
                             named(conv(5, 3, 1), "", {"a"}),
                             named(relu, "c"),
                             named(sum, "d", {"b", "c"}),
                             named(sum, "", {"d", "a"}),
                             named(relu, "e"),
                             norm,
                             pool(layer_kind::max_pool, 2, 2, 1),
                             norm,
                             flatten,
                             linear(20),
                             norm,
                             named(relu, "f"),
                             named(linear(20), "g"),
                             named(linear(20), "", {"f"}),
                             named(relu, "h"),
                             named(sum, "", {"h", "g"}),
                             linear(10)}};

layer_description groups(std::uint32_t n, layer_description l) {
  l.groups = n;
  return l;
}
layer_description dropout(double share) {
  layer_description d{layer_kind::dropout};
  d.share = share;
  return d;
}
const layer_description concat{layer_kind::concat};
// Joined branches of odd widths, one of them read by others, too; groups that cut blocks and such that do not.
const named_network branched{"branched",
                             {named(conv(5, 4, 0, 4), "a"),
                              conv(6, 3, 1),
                              named(relu, "b"),
                              named(conv(9, 1, 0), "c", {"a"}),
                              named(concat, "", {"b", "a", "c"}),
                              groups(4, conv(8, 3, 1, 2)),
                              norm,
                              named(relu, "e"),
                              groups(8, conv(16, 3, 1)),
                              named(groups(2, conv(8, 1, 0)), "f"),
                              named(concat, "", {"f", "e"}),
                              dropout(0.2),
                              groups(16, conv(16, 2, 0)),
                              flatten,
                              dropout(0.3),
                              linear(14),
                              named(relu, "g"),
                              named(linear(7), "h"),
                              named(concat, "", {"g", "h"}),
                              linear(10)}};

training run_of(const named_network& n, pattern weights, storage dtype) {
  training t;
  t.network = network_description{{1, 28, 28}, n.layers};
  t.batch = 16, t.epochs = 2, t.seed = 3; // 3 steps an epoch, the last of 8 samples
  t.weights = weights, t.dtype = dtype;
  if (weights == pattern::n_of_m) t.method = method_kind::bdwp;
  t.sparsity = 0.7;
  t.regrow_period = 2; // after 2 and 4 of 6 steps
  if (n.name == branched.name) t.rule = optimiser::adamw, t.clip_value = 0.01f;
  return t;
}

std::vector<float> weights_after(fabric& f, std::uint32_t steps) {
  run_all(f, steps);
  EXPECT_EQ(complaints(f), "");
  std::vector<float> weights;
  for (std::size_t l = 0; l < f.header().layer_count; ++l)
    for (const float w : f.weights(l)) weights.push_back(w);
  return weights;
}

class networks : public testing::TestWithParam<named_network> {};

TEST_P(networks, are_ordered_and_trained_the_same_on_every_mesh) {
  for (const auto weights : {pattern::dense, pattern::block4x4, pattern::n_of_m})
    for (const auto dtype : {storage::bf16, storage::fp32}) {
      if (weights == pattern::n_of_m && dtype == storage::fp32) continue; // as dense ones in all that matters here
      const training t = run_of(GetParam(), weights, dtype);
      std::vector<float> expected;
      for (const auto& c : {mesh(1, 1, 4096), mesh(2, 3, 1024), mesh(4, 4, 512), mesh(3, 1, 2048), mesh(6, 1, 1024)}) {
        fabric f(compile(c, t, digits()).image, {.queue_depth = c.mesh_width == 3 ? 2u : 4u, .skew = 100});
        const auto found = weights_after(f, 4);
        const auto train = f.total(f.header().train_stats), test = f.total(f.header().test_stats);
        EXPECT_EQ(train.rows, 16u + 16 + 8 + 16);
        EXPECT_EQ(train.first_not_finite, 0u);
        EXPECT_EQ(test.rows, digits().test.size());
        if (expected.empty()) expected = found;
        ASSERT_EQ(found.size(), expected.size());
        EXPECT_EQ(std::memcmp(found.data(), expected.data(), found.size() * 4), 0)
            << c.mesh_width << "x" << c.mesh_height;
      }
    }
}

INSTANTIATE_TEST_SUITE_P(, networks, testing::Values(lenet, odd, strided, residual, tangled, branched),
                         [](const auto& p) { return std::string(p.param.name); });

// Every recipe beyond these, on the networks that are hardest for it.
struct recipe_on_network {
  const char* name;
  named_network network;
  method_kind method;
  pattern weights;
  float growth_threshold = 0;
  storage dtype = storage::bf16;
  float clip_norm = 0;
};
void PrintTo(const recipe_on_network& n, std::ostream* out) { *out << n.name; }

class recipes_on_networks : public testing::TestWithParam<recipe_on_network> {};

TEST_P(recipes_on_networks, are_ordered_and_trained_the_same_on_every_mesh) {
  const auto& p = GetParam();
  training t = run_of(p.network, p.weights, p.dtype);
  t.method = p.method, t.growth_threshold = p.growth_threshold, t.clip_norm = p.clip_norm;
  std::vector<float> expected;
  for (const auto& c : {mesh(1, 1, 4096), mesh(2, 3, 1024), mesh(4, 4, 512), mesh(6, 1, 1024)}) {
    fabric f(compile(c, t, digits()).image, {.queue_depth = 4, .skew = 100});
    const auto found = weights_after(f, 4);
    if (expected.empty()) expected = found;
    ASSERT_EQ(found.size(), expected.size());
    EXPECT_EQ(std::memcmp(found.data(), expected.data(), found.size() * 4), 0) << c.mesh_width << "x" << c.mesh_height;
  }
}

INSTANTIATE_TEST_SUITE_P(
    , recipes_on_networks,
    testing::Values(
        recipe_on_network{"rigl_residual", residual, method_kind::rigl, pattern::unstructured},
        recipe_on_network{"set_odd", odd, method_kind::set, pattern::unstructured},
        recipe_on_network{"momentum_tangled", tangled, method_kind::momentum, pattern::unstructured},
        recipe_on_network{"magnitude_blocks_lenet", lenet, method_kind::magnitude, pattern::masked_blocks},
        recipe_on_network{"set_blocks_residual", residual, method_kind::set, pattern::masked_blocks},
        recipe_on_network{"momentum_blocks_odd", odd, method_kind::momentum, pattern::masked_blocks},
        recipe_on_network{"acf_residual", residual, method_kind::plain, pattern::block4x4, 1e-4f},
        recipe_on_network{"acf_lenet", lenet, method_kind::plain, pattern::block4x4, 1e-3f},
        recipe_on_network{"dts_residual", residual, method_kind::dts, pattern::dense},
        recipe_on_network{"dts_tangled", tangled, method_kind::dts, pattern::dense},
        recipe_on_network{"gaussian_lenet", lenet, method_kind::gaussian, pattern::dense},
        recipe_on_network{"gaussian_strided", strided, method_kind::gaussian, pattern::dense},
        recipe_on_network{"topk_odd", odd, method_kind::topk, pattern::dense},
        recipe_on_network{"random_tangled", tangled, method_kind::random, pattern::dense},
        recipe_on_network{"rigl_branched", branched, method_kind::rigl, pattern::unstructured},
        recipe_on_network{"magnitude_blocks_branched", branched, method_kind::magnitude, pattern::masked_blocks},
        recipe_on_network{"srste_branched", branched, method_kind::srste, pattern::n_of_m},
        recipe_on_network{"set_branched_norm", branched, method_kind::set, pattern::unstructured, 0, storage::bf16,
                          0.1f},
        recipe_on_network{"momentum_blocks_branched_fp16", branched, method_kind::momentum, pattern::masked_blocks, 0,
                          storage::fp16, 0.1f},
        recipe_on_network{"bdwp_branched_fp16", branched, method_kind::bdwp, pattern::n_of_m, 0, storage::fp16},
        recipe_on_network{"dts_tangled_fp16", tangled, method_kind::dts, pattern::dense, 0, storage::fp16},
        recipe_on_network{"gaussian_lenet_fp16", lenet, method_kind::gaussian, pattern::dense, 0, storage::fp16}),
    [](const auto& p) { return std::string(p.param.name); });

} // namespace
