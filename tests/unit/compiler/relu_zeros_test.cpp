// Which layers read zeros, and of whose gradients there are some, by the rules of ReLU alone.
#include "sw_stack/compiler/inputs.hpp"
#include "sw_stack/compiler/relu_zeros.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace acf::compiler {
namespace {

const layer_description relu{layer_kind::relu}, norm{layer_kind::batch_norm}, flatten{layer_kind::flatten},
    dropout{layer_kind::dropout, 0, {}, 0.5};

layer_description conv(std::string input = "") {
  layer_description l{layer_kind::conv2d, 4, {{3, 3}, {1, 1}, {1, 1}}};
  if (!input.empty()) l.inputs = {std::move(input)};
  return l;
}
layer_description pool(layer_kind kind) { return {kind, 0, {{2, 2}, {2, 2}}}; }
layer_description linear(std::uint32_t width) { return {layer_kind::linear, width}; }
layer_description named(layer_description l, const char* name) {
  l.name = name;
  return l;
}
layer_description of_two(layer_kind kind, const char* a, const char* b) {
  layer_description l{kind};
  l.inputs = {a, b};
  return l;
}

// Pairs, by layer with weights: inputs, gradient of outputs.
void expect(std::vector<layer_description> layers, const std::vector<std::pair<bool, bool>>& wanted) {
  training t;
  t.network.emplace().layers = std::move(layers);
  std::vector<std::pair<bool, bool>> found;
  for (const auto& z : zeros_by_layer(make_network(t))) found.emplace_back(z.inputs, z.gradient);
  EXPECT_EQ(found, wanted);
}

TEST(relu_zeros, lie_behind_a_relu_and_in_front_of_it) {
  expect({conv(), relu, conv(), conv(), relu, flatten, linear(10)},
         {{false, true}, {true, false}, {false, true}, {true, false}});
}

TEST(relu_zeros, are_gone_where_a_normalisation_has_been) {
  expect({conv(), norm, relu, conv(), norm, flatten, linear(10)}, {{false, false}, {true, false}, {false, false}});
}

TEST(relu_zeros, of_gradients_are_made_by_max_pooling_too) {
  expect({conv(), pool(layer_kind::max_pool), conv(), relu, pool(layer_kind::max_pool), flatten, linear(10)},
         {{false, true}, {false, true}, {true, false}});
}

TEST(relu_zeros, of_inputs_end_in_means) {
  expect({conv(),
          relu,
          pool(layer_kind::average_pool),
          conv(),
          pool(layer_kind::average_pool),
          dropout,
          conv(),
          relu,
          {layer_kind::global_average_pool},
          flatten,
          linear(10)},
         {{false, true}, {false, false}, {false, true}, {false, false}});
}

TEST(relu_zeros, of_branches) {
  // Only one of the two that are put side by side has some; what both readers give back has none in its sum.
  expect({named(conv(), "a"), conv("a"), named(relu, "b"), named(conv("a"), "c"), of_two(layer_kind::concat, "b", "c"),
          conv(), relu, flatten, linear(10)},
         {{false, false}, {false, true}, {false, false}, {false, true}, {true, false}});
  // A sum passes back what it gets, to both.
  expect({conv(), named(relu, "a"), named(conv("a"), "b"), named(conv("a"), "c"), of_two(layer_kind::add, "b", "c"),
          relu, conv(), flatten, linear(10)},
         {{false, true}, {true, true}, {true, true}, {true, false}, {false, false}});
}

} // namespace
} // namespace acf::compiler
