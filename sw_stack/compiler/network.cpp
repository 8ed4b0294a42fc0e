#include "sw_stack/compiler/network.hpp"

#include "sw_stack/compiler/inputs.hpp"

#include <algorithm>
#include <cmath>

namespace acf::compiler {
namespace {

constexpr std::uint32_t most_elements = 1u << 24; // of a volume or a matrix: far beyond any SRAM
constexpr std::uint32_t most_taps = 255;          // of a pooling window: a choice is a byte

std::uint32_t padded(std::uint32_t n) { return (n + 3) / 4 * 4; }

class builder {
public:
  builder(const training& the_run, const network_description& from) : t(the_run), given(from) {
    const auto [channels, height, width] = given.input;
    at = {height, width, channels, channels}; // pixels lie as the data set has them
    for (const auto v : given.input) need(v >= 1 && v <= 65535, "input: expected channels, height, width from 1");
  }

  network build() {
    for (std::size_t i = 0; i < given.layers.size(); ++i) {
      description = &given.layers[i];
      number = i + 1;
      add();
    }
    description = nullptr;
    need(!net.nodes.empty() && net.nodes.back().kind == layer_kind::linear && !net.nodes.back().relu,
         "network: its last layer must be linear, without relu: its outputs are the logits");
    return std::move(net);
  }

private:
  void need(bool ok, const std::string& text) const {
    if (ok) return;
    if (description == nullptr) throw input_error(text);
    const std::string name =
        "layer " + std::to_string(number) + " (" + std::string(kind_name(description->kind)) + "): ";
    throw input_error((description->where.empty() ? "" : description->where + ": ") + name + text);
  }

  void add() {
    switch (description->kind) {
    case layer_kind::linear: return add_linear();
    case layer_kind::conv2d: return add_convolution();
    case layer_kind::max_pool:
    case layer_kind::average_pool: return add_pooling(description->window);
    case layer_kind::global_average_pool: return add_pooling({{at.height, at.width}, {1, 1}, {0, 0}, {1, 1}});
    case layer_kind::relu:
      need(!net.nodes.empty() && net.nodes.back().has_weights && !net.nodes.back().relu,
           "expected directly behind a layer with weights");
      net.nodes.back().relu = true;
      return;
    case layer_kind::flatten: flat = true; return;
    }
  }

  void add_linear() {
    need(flat || at.pixels() == 1 || net.nodes.empty(),
         "its inputs are " + shape(at) + " pixels and channels: expected flatten before it");
    need(description->outputs >= 1 && description->outputs <= 1u << 20, "expected a width from 1 to 1048576");
    node n = next(true);
    if (at.pixels() == 1 || net.nodes.empty()) // one group: images have no padded channels
      n.in = {1, 1, padded(at.elements()), at.pixels() * at.real_channels};
    n.out = {1, 1, padded(description->outputs), description->outputs};
    flat = true;
    finish(n);
    add_weights(n.in.pixels(), n.in);
  }

  void add_convolution() {
    need(!flat, "expected before flatten");
    need(description->outputs >= 1 && description->outputs <= 65535, "filters: expected 1 to 65535");
    node n = next(true);
    n.window = description->window;
    n.out = moved_over(n.window);
    n.out.real_channels = description->outputs;
    n.out.channels = padded(description->outputs);
    finish(n);
    add_weights(n.window.taps(), n.in);
  }

  void add_pooling(const window_shape& window) {
    need(!flat, "expected before flatten");
    need(!net.nodes.empty(), "expected behind another layer");
    need(std::uint64_t{window.kernel[0]} * window.kernel[1] <= most_taps,
         "kernel: expected a window of at most " + std::to_string(most_taps) + " pixels");
    node n = next(false);
    n.window = window;
    for (const int i : {0, 1}) need(window.padding[i] < window.kernel[i], "padding: expected less than the kernel");
    n.out = moved_over(window);
    finish(n);
  }

  node next(bool has_weights) const {
    node n;
    n.kind = description->kind;
    n.has_weights = has_weights;
    n.layer = static_cast<std::uint32_t>(net.layers.size()) - (has_weights ? 0 : 1);
    n.in = at;
    return n;
  }

  void finish(const node& n) {
    need(std::uint64_t{n.out.pixels()} * n.out.channels <= most_elements, "its outputs are too many: " + shape(n.out));
    net.nodes.push_back(n);
    at = n.out;
  }

  volume moved_over(const window_shape& w) const {
    volume out = at;
    for (const int i : {0, 1}) {
      need(w.kernel[i] >= 1 && w.stride[i] >= 1 && w.dilation[i] >= 1, "kernel, stride, dilation: expected at least 1");
      need(w.kernel[i] <= 255 && w.stride[i] <= 255 && w.padding[i] <= 255 && w.dilation[i] <= 255,
           "kernel, stride, padding, dilation: expected at most 255");
      const std::uint32_t size = i == 0 ? at.height : at.width, reach = w.dilation[i] * (w.kernel[i] - 1) + 1;
      need(w.padding[i] < reach, "padding: expected less than the window, " + std::to_string(reach) + " pixels");
      need(size + 2 * w.padding[i] >= reach, "a window of " + std::to_string(reach) + " pixels does not fit into " +
                                                 std::to_string(size) + " with padding " +
                                                 std::to_string(w.padding[i]));
      (i == 0 ? out.height : out.width) = (size + 2 * w.padding[i] - reach) / w.stride[i] + 1;
    }
    return out;
  }

  void add_weights(std::uint32_t groups, const volume& in) {
    layer_shape s;
    need(groups <= 65535 && (groups == 1 || in.channels <= 65535), "its inputs are too many: " + shape(in));
    s.groups = groups;
    s.group_inputs = in.channels;
    s.real_inputs = groups * in.real_channels;
    s.inputs = padded(groups * in.channels);
    s.real_outputs = description->outputs;
    s.outputs = padded(description->outputs);
    need(std::uint64_t{s.inputs} * s.outputs <= most_elements * 16ull, "it has too many weights");
    s.convolution = description->kind == layer_kind::conv2d;
    s.sparse = t.weights == pattern::block4x4;
    for (const int i : {0, 1}) { // what the input gradient would need
      const auto& w = description->window;
      need(!s.convolution || w.stride[i] == 1 || net.layers.empty() || (!s.sparse && w.kernel[i] >= w.stride[i]),
           s.sparse ? "stride: a sparse convolution that is not the first layer has stride 1 in this version"
                    : "stride: expected at most the kernel");
    }
    if (s.sparse) {
      s.blocks = s.inputs / 4 * (s.outputs / 4);
      s.live = std::max(1u, static_cast<std::uint32_t>(std::floor((1.0 - t.sparsity) * s.blocks + 0.5)));
    }
    net.layers.push_back(s);
  }

  static std::string shape(const volume& v) {
    return std::to_string(v.height) + " x " + std::to_string(v.width) + " x " + std::to_string(v.real_channels);
  }

  const training& t;
  const network_description& given;
  const layer_description* description = nullptr;
  std::size_t number = 0;
  volume at;
  bool flat = false;
  network net;
};

} // namespace

network_description perceptron(const std::vector<std::uint32_t>& widths) {
  network_description d;
  if (!widths.empty()) d.input = {1, 1, widths.front()};
  for (std::size_t i = 1; i < widths.size(); ++i) {
    d.layers.push_back({layer_kind::linear, widths[i]});
    if (i + 1 < widths.size()) d.layers.push_back({layer_kind::relu});
  }
  return d;
}

network make_network(const training& t) {
  const network_description given = t.network ? *t.network : perceptron(t.layers);
  return builder(t, given).build();
}

} // namespace acf::compiler
