// Recipes: their programs are ordered whatever the timing, and train the same weights on every mesh.
#include "sw_stack/compiler/compile.hpp"
#include "sw_stack/compiler/recipe.hpp"
#include "sw_stack/data/digits.hpp"
#include "tests/unit/compiler/program_run.hpp"

#include <gtest/gtest.h>

#include <cstring>

using namespace acf;
using namespace acf::compiler;
using namespace acf::test;

namespace {

const data_set& digits() {
  static const data_set set = acf::data::generate_digits(160, 50, 1);
  return set;
}

struct named {
  const char* name;
  method_kind method;
  pattern weights;
  std::uint32_t kept = 2, group = 8;
  storage dtype = storage::bf16;
};
void PrintTo(const named& n, std::ostream* out) { *out << n.name; }

training short_run(const named& n) {
  training t;
  t.method = n.method;
  t.weights = n.weights;
  t.kept = n.kept, t.group = n.group;
  t.dtype = n.dtype;
  t.regrow_period = 2;
  t.epochs = 4; // 12 steps, of which tests run some
  t.seed = 3;
  if (n.weights == pattern::block4x4) t.growth_threshold = 4e-4f; // of ACF; others are in programs_test.cpp
  return t;
}

class methods : public testing::TestWithParam<named> {};

std::vector<float> weights_of(const fabric& f) {
  std::vector<float> all;
  for (std::size_t l = 0; l < f.header().layer_count; ++l)
    for (const float w : f.weights(l)) all.push_back(w);
  return all;
}

} // namespace

TEST_P(methods, are_ordered_whatever_the_timing_and_train_the_same_on_every_mesh) {
  std::vector<float> first;
  for (const auto& c : {mesh(1, 1, 2400), mesh(2, 3, 1200), mesh(8, 9, 1200), mesh(1, 4, 1200)}) {
    fabric f(compile(c, short_run(GetParam()), digits()).image, {.queue_depth = 4, .skew = 300});
    run_all(f, 5);
    ASSERT_EQ(complaints(f), "") << c.mesh_width << 'x' << c.mesh_height;
    const auto all = weights_of(f);
    if (first.empty()) first = all;
    EXPECT_TRUE(all.size() == first.size() && std::memcmp(all.data(), first.data(), all.size() * 4) == 0)
        << c.mesh_width << 'x' << c.mesh_height;
  }
}

TEST_P(methods, are_ordered_in_odd_networks) {
  training t = short_run(GetParam());
  t.layers = {784, 62, 30, 10}; // widths that are not multiples of four
  t.batch = 20;
  for (const auto& kept : {std::vector<std::uint32_t>{}, {2}, {1, 3}}) {
    t.dense_layers = kept;
    for (const auto& c : {mesh(5, 5, 1200), mesh(3, 1, 1200)}) { // 25 tiles: five have no rows
      fabric f(compile(c, t, digits()).image, {.queue_depth = 16, .skew = 500});
      run_all(f, 5);
      EXPECT_EQ(complaints(f), "");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    , methods,
    testing::Values(
        named{"srste_2_8", method_kind::srste, pattern::n_of_m}, named{"bdwp_2_8", method_kind::bdwp, pattern::n_of_m},
        named{"bdwp_1_4_fp32", method_kind::bdwp, pattern::n_of_m, 1, 4, storage::fp32},
        named{"bdwp_3_16", method_kind::bdwp, pattern::n_of_m, 3, 16},
        named{"rigl", method_kind::rigl, pattern::unstructured},
        named{"set_fp32", method_kind::set, pattern::unstructured, 2, 8, storage::fp32},
        named{"magnitude", method_kind::magnitude, pattern::unstructured},
        named{"momentum", method_kind::momentum, pattern::unstructured}, named{"dts", method_kind::dts, pattern::dense},
        named{"magnitude_blocks", method_kind::magnitude, pattern::masked_blocks},
        named{"momentum_blocks", method_kind::momentum, pattern::masked_blocks},
        named{"acf", method_kind::plain, pattern::block4x4}, named{"held", method_kind::held, pattern::dense},
        named{"topk", method_kind::topk, pattern::dense}, named{"gaussian", method_kind::gaussian, pattern::dense},
        named{"random", method_kind::random, pattern::dense}),
    [](const auto& p) { return std::string(p.param.name); });

TEST(dense_layers, are_layers_and_not_all_of_them) {
  training t = short_run({"", method_kind::rigl, pattern::unstructured});
  const auto said = [&](const std::vector<std::uint32_t>& layers) {
    t.dense_layers = layers;
    try {
      (void)compile(mesh(2, 2, 1200), t, digits());
    } catch (const input_error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(said({2}), "");
  EXPECT_EQ(said({1, 3}), "train.dense_layers: expected numbers of layers with weights, 1 to 2, not 3");
  EXPECT_EQ(said({0}), "train.dense_layers: expected numbers of layers with weights, 1 to 2, not 0");
  EXPECT_EQ(said({2, 1}), "train.dense_layers: expected that a layer is left to make zeros in");
  t.weights = pattern::dense, t.method = method_kind::dts;
  EXPECT_EQ(said({1, 2}), "");
}

TEST(methods_in_little_sram, say_what_does_not_fit) {
  chip c = mesh(1, 1, 256);
  try {
    (void)compile(c, short_run({"", method_kind::bdwp, pattern::n_of_m}), digits());
    FAIL();
  } catch (const input_error& e) {
    EXPECT_NE(std::string(e.what()).find("this recipe keeps all weights in SRAM"), std::string::npos) << e.what();
  }
}
