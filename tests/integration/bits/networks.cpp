#include "tests/integration/bits/networks.hpp"

namespace acf::reference {
namespace {

constexpr std::array<std::uint32_t, 3> image{1, 28, 28};

const network_layer relu{operation::relu}, flatten{operation::flatten};
network_layer linear(std::uint32_t n) { return {operation::linear, n}; }
network_layer conv(std::uint32_t n, std::array<std::uint32_t, 2> kernel, std::array<std::uint32_t, 2> padding,
                   std::array<std::uint32_t, 2> stride = {1, 1}, std::array<std::uint32_t, 2> dilation = {1, 1}) {
  return {operation::conv2d, n, 1, kernel, stride, padding, dilation};
}
network_layer pool(operation what, std::uint32_t kernel, std::uint32_t stride) {
  return {what, 0, 1, {kernel, kernel}, {stride, stride}};
}
network_layer norm(const char* name = "", float epsilon = 1e-5f, float momentum = 0.1f) {
  network_layer l{operation::batch_norm};
  l.name = name, l.epsilon = epsilon, l.momentum = momentum;
  return l;
}
network_layer dropout(double share, const char* name = "") {
  network_layer l{operation::dropout};
  l.share = share, l.name = name;
  return l;
}
network_layer grouped(network_layer l, std::uint32_t groups) {
  l.groups = groups;
  return l;
}
network_layer named(network_layer l, const char* name, std::vector<std::string> inputs = {}) {
  l.name = name, l.inputs = std::move(inputs);
  return l;
}

} // namespace

const written_network lenet{
    R"(
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
)",
    {image,
     {conv(6, {5, 5}, {2, 2}), relu, pool(operation::max_pool, 2, 2), conv(16, {5, 5}, {0, 0}), relu,
      pool(operation::max_pool, 2, 2), flatten, linear(120), relu, linear(84), relu, linear(10)}}};

const written_network odd{
    R"(
  - conv2d: {filters: 5, kernel: [3, 4], padding: [1, 2], stride: [2, 1]}
  - relu
  - max_pool: {kernel: 3, stride: 2}
  - conv2d: {filters: 7, kernel: 3, padding: 2, dilation: 2}
  - conv2d: {filters: 9, kernel: [1, 2]}
  - relu
  - average_pool: {kernel: 2}
  - flatten
  - linear: {outputs: 10}
)",
    {image,
     {conv(5, {3, 4}, {1, 2}, {2, 1}), relu, pool(operation::max_pool, 3, 2), conv(7, {3, 3}, {2, 2}, {1, 1}, {2, 2}),
      conv(9, {1, 2}, {0, 0}), relu, pool(operation::average_pool, 2, 2), flatten, linear(10)}}};

const written_network strided{// Strides instead of pooling.
                              R"(
  - conv2d: {filters: 8, kernel: 5, padding: 2, stride: 2}
  - relu
  - conv2d: {filters: 10, kernel: [3, 2], padding: [1, 0], stride: 2}
  - relu
  - conv2d: {filters: 12, kernel: 4, stride: 3, dilation: 1}
  - flatten
  - linear: {outputs: 10}
)",
                              {image,
                               {conv(8, {5, 5}, {2, 2}, {2, 2}), relu, conv(10, {3, 2}, {1, 0}, {2, 2}), relu,
                                conv(12, {4, 4}, {0, 0}, {3, 3}), flatten, linear(10)}}};

const written_network residual{
    // Residual blocks: normalised, one with a shortcut of its own, whose stride is larger than its kernel.
    R"(
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
)",
    {image,
     {conv(6, {3, 3}, {1, 1}, {2, 2}),
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
      linear(10)}}};

const written_network tangled{
    // What is read three times, sums of rectified values, of sums and of linear layers, normalised features.
    R"(
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
)",
    {image,
     {named(conv(5, {4, 4}, {0, 0}, {4, 4}), "a"),
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
      linear(10)}}};

const written_network branched{
    // Groups whose blocks are whole, cut, and as many as channels; branches of odd widths, one read twice, joined with
    // rectified ones and with what is as flat as a linear layer.
    R"(
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
)",
    {image,
     {named(conv(5, {4, 4}, {0, 0}, {4, 4}), "a"),
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
      linear(10)}}};

const written_network dropping{
    // Dropout behind pixels and features, read once and twice, before and behind what is rectified.
    R"(
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
)",
    {image,
     {conv(6, {4, 4}, {0, 0}, {4, 4}), relu, dropout(0.25, "a"), conv(7, {3, 3}, {1, 1}), norm(), dropout(0.1),
      named(conv(6, {1, 1}, {0, 0}), "b"), named({operation::add}, "", {"a", "b"}), relu,
      pool(operation::max_pool, 2, 2), flatten, dropout(0.5), linear(22), relu, dropout(0.5), linear(10)}}};

} // namespace acf::reference
