#include "sw_stack/compiler/network.hpp"

#include "sw_stack/compiler/inputs.hpp"
#include "sw_stack/compiler/recipe.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace acf::compiler {
namespace {

constexpr std::uint32_t most_elements = 1u << 24; // of a volume or a matrix: far beyond any SRAM
constexpr std::uint32_t most_dropouts = 1u << (32 - draws_of_a_layer);
constexpr std::uint32_t most_taps = 255; // of a window with a maximum: a choice is a byte

std::uint32_t padded(std::uint32_t n) { return (n + 3) / 4 * 4; }

// What a layer leaves behind for those that read it.
struct result {
  std::uint32_t from = node::images;
  volume shape;
  bool flat = false;
};

class builder {
public:
  builder(const training& the_run, const network_description& from) : t(the_run), given(from) {
    now.shape = shape_of_images();
    for (const auto v : given.input) need(v >= 1 && v <= 65535, "input: expected channels, height, width from 1");
  }

  network build() {
    for (std::size_t i = 0; i < given.layers.size(); ++i) {
      choose(i);
      take_inputs();
      add();
      if (!description->name.empty()) {
        need(description->name != "images" && !named.contains(description->name),
             "name '" + description->name + "': expected a name that no other layer has");
        named[description->name] = now;
      }
    }
    check_readers();
    description = nullptr;
    need(!net.nodes.empty() && net.nodes.back().kind == layer_kind::linear && !net.nodes.back().relu,
         "network: its last layer must be linear, without relu: its outputs are the logits");
    choose(given.layers.size() - 1);
    need(net.layers.back().real_outputs <= 255, "expected at most 255 outputs, for classes, whose labels are bytes");
    return std::move(net);
  }

private:
  void choose(std::size_t i) { description = &given.layers[i], number = i + 1; }

  void need(bool ok, const std::string& text) const {
    if (ok) return;
    if (description == nullptr) throw input_error(text);
    const std::string name =
        "layer " + std::to_string(number) + " (" + std::string(kind_name(description->kind)) + "): ";
    throw input_error((description->where.empty() ? "" : description->where + ": ") + name + text);
  }

  void take_inputs() {
    inputs.clear();
    for (const std::string& name : description->inputs) {
      const auto at = named.find(name);
      need(name == "images" || at != named.end(),
           "input '" + name + "': expected the name of a layer above it, or images");
      inputs.push_back(name == "images" ? result{node::images, shape_of_images(), false} : at->second);
    }
    if (inputs.empty()) inputs.push_back(now);
    now = inputs[0];
  }
  volume shape_of_images() const { // pixels lie as the data set has them
    const auto [channels, height, width] = given.input;
    return {height, width, channels, channels};
  }

  void add() {
    switch (description->kind) {
    case layer_kind::linear: return add_linear();
    case layer_kind::conv2d: return add_convolution();
    case layer_kind::max_pool:
    case layer_kind::average_pool: return add_pooling(description->window);
    case layer_kind::global_average_pool:
      return add_pooling({{now.shape.height, now.shape.width}, {1, 1}, {0, 0}, {1, 1}});
    case layer_kind::batch_norm: return add_norm();
    case layer_kind::add: return add_sum();
    case layer_kind::concat: return add_concatenation();
    case layer_kind::dropout: return add_dropout();
    case layer_kind::relu: return add_relu();
    case layer_kind::flatten: now.flat = true; return;
    }
  }

  // The layer just built that can take it, or none. Through a maximum pooling it goes to the layer before: the largest
  // value is the same one.
  std::optional<std::uint32_t> layer_for_relu() {
    if (net.nodes.empty() || now.from + 1 != net.nodes.size()) return std::nullopt;
    std::uint32_t n = now.from;
    if (net.nodes[n].kind == layer_kind::max_pool) n = net.nodes[n].from[0];
    const layer_kind k = net.nodes[n].kind;
    const bool fits = net.nodes[n].has_weights || k == layer_kind::batch_norm || k == layer_kind::add;
    if (!fits || net.nodes[n].relu) return std::nullopt;
    return n;
  }

  static constexpr const char* places_of_relu =
      "expected directly behind conv2d, linear, batch_norm or add, or behind the max_pool that alone reads one of them";

  void add_relu() {
    const auto taker = layer_for_relu();
    need(taker.has_value(), places_of_relu);
    for (const auto& [name, r] : named)
      need(r.from != now.from, "expected a name for this layer, not '" + name + "' for what it changes");
    net.nodes[*taker].relu = true;
    if (*taker != now.from) through_pooling.emplace_back(*taker, number - 1);
  }

  void add_linear() {
    const bool first = now.from == node::images;
    need(now.flat || now.shape.pixels() == 1 || first,
         "its inputs are " + shape(now.shape) + " pixels and channels: expected flatten before it");
    need(description->outputs >= 1 && description->outputs <= 1u << 20, "expected a width from 1 to 1048576");
    node n = next(true);
    if (now.shape.pixels() == 1 || first) // one group: images have no padded channels
      n.in = {1, 1, padded(now.shape.elements()), now.shape.pixels() * now.shape.real_channels};
    n.out = {1, 1, padded(description->outputs), description->outputs};
    finish(n, true);
    add_weights(n.in.pixels(), n.in);
  }

  void add_convolution() {
    need(!now.flat, "expected before flatten");
    need(description->outputs >= 1 && description->outputs <= 65535, "filters: expected 1 to 65535");
    const std::uint32_t groups = description->groups;
    need(groups >= 1 && now.shape.real_channels % groups == 0 && description->outputs % groups == 0,
         "groups: expected a divisor of its " + std::to_string(now.shape.real_channels) + " channels and " +
             std::to_string(description->outputs) + " filters, not " + std::to_string(groups));
    node n = next(true);
    n.window = description->window;
    n.out = moved_over(n.window);
    n.out.real_channels = description->outputs;
    n.out.channels = padded(description->outputs);
    finish(n);
    add_weights(n.window.taps(), n.in);
  }

  void add_pooling(const window_shape& window) {
    need(!now.flat, "expected before flatten");
    need(now.from != node::images, "expected behind another layer");
    need(description->kind != layer_kind::max_pool || window.kernel[0] * window.kernel[1] <= most_taps,
         "kernel: expected a window of at most " + std::to_string(most_taps) + " pixels");
    node n = next(false);
    n.window = window;
    for (const int i : {0, 1}) need(window.padding[i] < window.kernel[i], "padding: expected less than the kernel");
    n.out = moved_over(window);
    finish(n);
  }

  void add_norm() {
    need(now.from != node::images, "expected behind another layer");
    need(!now.flat || now.shape.pixels() == 1, "expected before flatten");
    need(description->epsilon > 0 && description->momentum >= 0 && description->momentum <= 1,
         "epsilon: expected more than 0; momentum: expected 0 to 1");
    node n = next(false);
    n.out = now.shape;
    n.norm = static_cast<std::uint32_t>(net.norms.size());
    n.epsilon = description->epsilon, n.momentum = description->momentum;
    net.norms.push_back(now.shape);
    finish(n, now.flat);
  }

  void add_sum() {
    need(inputs.size() == 2, "inputs: expected the names of two layers");
    for (const result& r : inputs) need(r.from != node::images, "inputs: expected layers, not images");
    const volume &a = inputs[0].shape, &b = inputs[1].shape;
    need(a.height == b.height && a.width == b.width && a.real_channels == b.real_channels,
         "inputs: expected two of one shape, but " + description->inputs[0] + " is " + shape(a) + " and " +
             description->inputs[1] + " is " + shape(b));
    need(inputs[0].from != inputs[1].from, "inputs: expected two different layers");
    node n = next(false);
    n.out = a;
    finish(n, inputs[0].flat && inputs[1].flat);
  }

  void add_dropout() {
    need(now.from != node::images, "expected behind another layer");
    need(description->share >= 0 && description->share < 1, "share: expected 0 or more, and less than 1");
    need(dropouts < most_dropouts, "expected at most " + std::to_string(most_dropouts) + " of them");
    need(std::uint64_t{now.shape.elements()} * t.batch < std::uint64_t{1} << draws_of_a_layer,
         "its inputs are too many: " + shape(now.shape) + " of " + std::to_string(t.batch) + " samples");
    node n = next(false);
    n.out = now.shape;
    n.dropout = dropouts++;
    n.bound = static_cast<std::uint32_t>(description->share * 0x1p32);
    finish(n, now.flat);
  }

  // Channels of all inputs, one after the other.
  void add_concatenation() {
    need(inputs.size() >= 2, "inputs: expected the names of two layers or more");
    std::uint64_t channels = 0;
    bool flat = true;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const result& r = inputs[i];
      need(r.from != node::images, "inputs: expected layers, not images");
      need(!r.flat || r.shape.pixels() == 1, "inputs: expected before flatten");
      need(r.shape.height == inputs[0].shape.height && r.shape.width == inputs[0].shape.width,
           "inputs: expected as many pixels in all, but " + description->inputs[0] + " is " + shape(inputs[0].shape) +
               " and " + description->inputs[i] + " is " + shape(r.shape));
      for (std::size_t k = 0; k < i; ++k) need(inputs[k].from != r.from, "inputs: expected different layers");
      channels += r.shape.real_channels;
      flat = flat && r.flat;
    }
    need(channels <= 65535, "inputs: expected at most 65535 channels together, not " + std::to_string(channels));
    node n = next(false);
    n.out.real_channels = static_cast<std::uint32_t>(channels);
    n.out.height = n.in.height, n.out.width = n.in.width;
    n.out.channels = padded(n.out.real_channels);
    finish(n, flat);
  }

  node next(bool has_weights) const {
    node n;
    n.kind = description->kind;
    n.has_weights = has_weights;
    n.layer = static_cast<std::uint32_t>(net.layers.size()) - (has_weights ? 0 : 1);
    n.in = now.shape;
    for (const result& r : inputs) n.from.push_back(r.from);
    return n;
  }

  void finish(const node& n, bool flat = false) {
    need(std::uint64_t{n.out.pixels()} * n.out.channels <= most_elements, "its outputs are too many: " + shape(n.out));
    const auto number_of_node = static_cast<std::uint32_t>(net.nodes.size());
    for (const auto from : n.from)
      if (from != node::images) net.nodes[from].readers.push_back(number_of_node);
    net.nodes.push_back(n);
    net.nodes.back().name = name_of(n);
    lines.push_back(number - 1);
    now = {number_of_node, n.out, flat};
  }

  std::string name_of(const node& n) const {
    const std::string kind{kind_name(n.kind)}, layer = "layer " + std::to_string(n.layer + 1);
    return n.has_weights ? layer + " (" + kind + ")" : kind + " behind " + layer;
  }

  // Whatever a layer computes is read by somebody; what leaves its tile for all others leaves it once.
  void check_readers() {
    for (const auto& [n, line] : through_pooling) {
      choose(line);
      need(net.nodes[n].readers.size() == 1, places_of_relu);
    }
    std::size_t first = 0, linear = 0;
    for (std::size_t n = 0; n < net.nodes.size(); ++n) {
      choose(lines[n]);
      need(n + 1 == net.nodes.size() || !net.nodes[n].readers.empty(), "expected a layer that reads its outputs");
      if (!net.nodes[n].reads_images()) continue;
      ++first, linear += net.nodes[n].kind == layer_kind::linear;
      need(linear == 0 || first == 1, "expected to be the only layer that reads the images: a linear one does");
    }
  }

  volume moved_over(const window_shape& w) const {
    volume out = now.shape;
    for (const int i : {0, 1}) {
      need(w.kernel[i] >= 1 && w.stride[i] >= 1 && w.dilation[i] >= 1, "kernel, stride, dilation: expected at least 1");
      need(w.kernel[i] <= 255 && w.stride[i] <= 255 && w.padding[i] <= 255 && w.dilation[i] <= 255,
           "kernel, stride, padding, dilation: expected at most 255");
      const std::uint32_t size = i == 0 ? now.shape.height : now.shape.width,
                          reach = w.dilation[i] * (w.kernel[i] - 1) + 1;
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
    s.channel_groups = description->groups;
    s.real_inputs = groups * (in.real_channels / s.channel_groups);
    s.inputs = padded(groups * in.channels);
    s.real_outputs = description->outputs;
    s.outputs = padded(description->outputs);
    need(std::uint64_t{s.inputs} * s.outputs <= most_elements * 16ull, "it has too many weights");
    s.convolution = description->kind == layer_kind::conv2d;
    s.passes_back = !net.nodes.back().reads_images();
    s.stays_dense = std::ranges::count(t.dense_layers, net.layers.size() + 1) != 0;
    s.sparse = (t.weights == pattern::block4x4 && !s.stays_dense) || s.grouped();
    if (s.sparse) s.blocks = s.inputs / 4 * (s.outputs / 4);
    if (s.grouped())
      s.live = static_cast<std::uint32_t>(blocks_of_groups(s).size());
    else if (s.sparse)
      s.live = std::max(1u, static_cast<std::uint32_t>(std::floor((1.0 - t.sparsity) * s.blocks + 0.5)));
    net.layers.push_back(s);
  }

  static std::string shape(const volume& v) {
    return std::to_string(v.height) + " x " + std::to_string(v.width) + " x " + std::to_string(v.real_channels);
  }

  const training& t;
  const network_description& given;
  const layer_description* description = nullptr;
  std::size_t number = 0;
  result now; // of the layer before
  std::vector<result> inputs;
  std::map<std::string, result> named;
  std::vector<std::pair<std::uint32_t, std::size_t>> through_pooling; // nodes with relu from behind it, and its place
  std::uint32_t dropouts = 0;
  std::vector<std::size_t> lines; // of every node, in the description
  network net;
};

} // namespace

std::vector<std::uint32_t> blocks_of_groups(const layer_shape& s) {
  std::vector<bool> needed(s.blocks, false);
  for (std::uint32_t o = 0; o < s.real_outputs; ++o)
    for (std::uint32_t i = 0; i < s.real_inputs; ++i)
      needed[std::size_t{o / 4} * (s.inputs / 4) + s.column_of(o, i) / 4] = true;
  std::vector<std::uint32_t> all;
  for (std::uint32_t b = 0; b < s.blocks; ++b)
    if (needed[b]) all.push_back(b);
  return all;
}

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
  network net = builder(t, given).build();
  for (const std::uint32_t l : t.dense_layers)
    if (l == 0 || l > net.layers.size())
      throw input_error("train.dense_layers: expected numbers of layers with weights, 1 to " +
                        std::to_string(net.layers.size()) + ", not " + std::to_string(l));
  if (!t.dense_layers.empty() && t.weights != pattern::dense && std::ranges::all_of(net.layers, &layer_shape::fixed))
    throw input_error("train.dense_layers: expected that a layer is left to make zeros in");
  return net;
}

} // namespace acf::compiler
