// A network: the layers that its description lists, and what becomes of them. A layer reads the one before it, or those
// that it names; RECIPE.md says what each computes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace acf::compiler {

enum class layer_kind : std::uint8_t {
  linear,
  conv2d,
  max_pool,
  average_pool,
  global_average_pool,
  batch_norm,
  add,
  concat,
  dropout,
  relu,
  flatten
};

constexpr std::string_view kind_name(layer_kind k) {
  constexpr std::string_view names[] = {"linear",     "conv2d", "max_pool", "average_pool", "global_average_pool",
                                        "batch_norm", "add",    "concat",   "dropout",      "relu",
                                        "flatten"};
  return names[static_cast<std::size_t>(k)];
}

// A window that moves over the pixels of a convolution or pooling layer: {height, width} of each.
struct window_shape {
  std::array<std::uint32_t, 2> kernel{1, 1}, stride{1, 1}, padding{0, 0}, dilation{1, 1};
  std::uint32_t taps() const { return kernel[0] * kernel[1]; }
};

struct layer_description {
  layer_kind kind = layer_kind::linear;
  std::uint32_t outputs = 0;              // linear: width; conv2d: filters
  window_shape window{};                  // conv2d, max_pool, average_pool
  double share = 0;                       // dropout: of values that become zero
  std::uint32_t groups = 1;               // conv2d: of channels, each seen by its own filters only
  std::string where{};                    // of its line in a file: begins messages
  std::string name{};                     // by which others may read it; relu: names the layer before it
  std::vector<std::string> inputs{};      // names of layers that it reads; none: the one before
  float epsilon = 1e-5f, momentum = 0.1f; // batch_norm: added to variances; share of a batch in the running statistics
};

// What a layer reads or writes for one sample: [height][width][channels] in memory.
struct volume {
  std::uint32_t height = 1, width = 1;
  std::uint32_t channels = 0, real_channels = 0; // with padding to a multiple of four, and without
  std::uint32_t pixels() const { return height * width; }
  std::uint32_t elements() const { return pixels() * channels; }
};

struct network_description {
  std::array<std::uint32_t, 3> input{1, 28, 28}; // channels, height, width of an image
  std::vector<layer_description> layers;
};

// The weights of a layer as the products see them: a matrix [outputs][inputs]. Inputs come in `groups` (the taps of a
// convolution, the pixels that a linear layer sees), each of which is padded for itself.
struct layer_shape {
  std::uint32_t inputs = 0, outputs = 0;           // padded
  std::uint32_t real_inputs = 0, real_outputs = 0; // of the network
  bool sparse = false;
  std::uint32_t blocks = 0;                   // 4x4 blocks, row-major over outputs x inputs
  std::uint32_t live = 0;                     // of them not zero
  std::uint32_t groups = 1, group_inputs = 0; // group_inputs: padded inputs of a group
  bool convolution = false;                   // groups are its taps
  bool passes_back = true;                    // the gradient of its inputs is needed: they are no images
  std::uint32_t output_unit = 4;              // dense: parts begin at multiples of so many outputs
  bool whole_rows = false;                    // dense: and have all inputs

  std::uint32_t channel_groups = 1; // of a convolution: an output sees only the channels of its own
  bool stays_dense = false;         // training::dense_layers

  // Of several groups the blocks that some group needs are live, and stay; all others are zero for ever.
  bool grouped() const { return channel_groups > 1; }
  // No recipe makes zeros in its weights.
  bool fixed() const { return grouped() || stays_dense; }
  // Some of these blocks have weights between outputs and channels of different groups, which stay zero, too.
  bool cuts_blocks() const {
    return grouped() && (real_outputs / channel_groups % 4 != 0 || real_inputs / groups % 4 != 0);
  }
  std::uint64_t stored() const { // weights
    return sparse && grouped() ? std::uint64_t{live} * 16 : std::uint64_t{outputs} * inputs;
  }
  std::uint32_t taps() const { return convolution ? groups : 1; }
  std::uint32_t turned_rows() const { return inputs / taps(); } // of the block lists by column
  std::uint32_t column_of(std::uint32_t output, std::uint32_t real_input) const {
    const std::uint32_t each = real_inputs / groups, group = output / (real_outputs / channel_groups);
    return real_input / each * group_inputs + group * each + real_input % each;
  }
};

// A layer that emits commands. ReLU is part of the layer before it; flattening moves nothing. Nodes are in the order of
// the list, so whoever reads a node comes behind it.
struct node {
  layer_kind kind = layer_kind::linear;
  std::uint32_t layer = 0; // index of its weights; of a layer without, of the last weights before it
  bool has_weights = false;
  bool relu = false; // of its outputs
  volume in{}, out{};
  window_shape window{};
  std::vector<std::uint32_t> from;    // nodes that it reads, or `images`
  std::vector<std::uint32_t> readers; // increasing
  std::string name{};                 // for messages: what it is, and where
  std::uint32_t norm = 0;             // batch_norm: index of its parameters
  std::uint32_t dropout = 0;          // dropout: which one it is; random words below `bound` make zeros
  std::uint32_t bound = 0;
  float epsilon = 0, momentum = 0;
  static constexpr std::uint32_t images = ~0u;
  bool reads_images() const { return from[0] == images; }
  std::size_t input_from(std::uint32_t other) const { // which of its inputs that node is
    return static_cast<std::size_t>(std::find(from.begin(), from.end(), other) - from.begin());
  }
};

struct network {
  std::vector<node> nodes;
  std::vector<layer_shape> layers; // those with weights
  std::vector<volume> norms;       // what each batch_norm normalises
};

// Multiply-accumulates of a training step for one sample without any sparsity, of shapes as they are stored: forward,
// weight gradient, and the input gradient of all layers but the first.
std::uint64_t dense_macs(const network& net);

// Of the blocks of a convolution in groups those that some group needs, ascending.
std::vector<std::uint32_t> blocks_of_groups(const layer_shape& s);

struct training;
// Throws input_error: layers that do not fit each other.
network make_network(const training& t);

// Layers of fully connected units with ReLU between them; widths of inputs, hidden layers, outputs.
network_description perceptron(const std::vector<std::uint32_t>& widths);

} // namespace acf::compiler
