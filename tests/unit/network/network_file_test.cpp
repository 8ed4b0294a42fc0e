// Descriptions of networks: what is read, what is refused, and where.
#include "platform/config/input_error.hpp"
#include "platform/network/network_file.hpp"
#include "sw_stack/compiler/inputs.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace acf::platform {
namespace {

using compiler::layer_kind;

// Removed in the end.
const std::filesystem::path& file() {
  static const struct temporary {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("acf_net_" + std::to_string(getpid()) + ".yaml");
    ~temporary() { std::filesystem::remove(path); }
  } yaml;
  return yaml.path;
}

compiler::network_description read(const std::string& text) {
  std::ofstream(file()) << text;
  return read_network(file());
}

// What is said of such a file, behind "FILE:"; of a network that does not fit itself, too.
std::string complaint(const std::string& text) {
  std::string said;
  try {
    compiler::training t;
    t.network = read(text);
    compiler::make_network(t);
  } catch (const std::runtime_error& e) {
    said = e.what();
  }
  const std::string name = file().string() + ":";
  return said.starts_with(name) ? said.substr(name.size()) : said;
}
std::string complaint_of_layers(const std::string& layers) { // the first layer is on line 3
  return complaint("input: {channels: 1, height: 28, width: 28}\nlayers:\n" + layers);
}

TEST(network_file, lenet_has_its_shapes) {
  compiler::training t;
  t.network = read_network(std::filesystem::path(SCENARIOS) / "networks" / "lenet5.yaml");
  const auto net = compiler::make_network(t);
  ASSERT_EQ(net.nodes.size(), 7u);
  const auto shape = [&](std::size_t n) {
    const auto& out = net.nodes[n].out;
    return std::array{out.height, out.width, out.real_channels, out.channels};
  };
  EXPECT_EQ(shape(0), (std::array{28u, 28u, 6u, 8u}));
  EXPECT_EQ(shape(1), (std::array{14u, 14u, 6u, 8u}));
  EXPECT_EQ(shape(2), (std::array{10u, 10u, 16u, 16u}));
  EXPECT_EQ(shape(3), (std::array{5u, 5u, 16u, 16u}));
  EXPECT_EQ(shape(6), (std::array{1u, 1u, 10u, 12u}));
  ASSERT_EQ(net.layers.size(), 5u);
  EXPECT_EQ(net.layers[0].real_inputs, 25u);
  EXPECT_EQ(net.layers[0].inputs, 28u);
  EXPECT_EQ(net.layers[1].real_inputs, 150u);
  EXPECT_EQ(net.layers[1].inputs, 200u); // 25 taps of 8 channels
  EXPECT_EQ(net.layers[1].column_of(0, 6), 8u);
  EXPECT_EQ(net.layers[2].real_inputs, 400u);
  EXPECT_TRUE(net.nodes[0].relu);
  EXPECT_FALSE(net.nodes[6].relu);
}

TEST(network_file, numbers_may_differ_by_direction) {
  const auto d = read("input: {channels: 3, height: 9, width: 8}\nlayers:\n  - conv2d: {filters: 4, kernel: [3, 2], "
                      "stride: [2, 1], padding: 1}\n  - average_pool: {kernel: 2}\n  - softmax_cross_entropy\n");
  EXPECT_EQ(d.input, (std::array{3u, 9u, 8u}));
  ASSERT_EQ(d.layers.size(), 2u);
  EXPECT_EQ(d.layers[0].window.kernel, (std::array{3u, 2u}));
  EXPECT_EQ(d.layers[0].window.stride, (std::array{2u, 1u}));
  EXPECT_EQ(d.layers[0].window.padding, (std::array{1u, 1u}));
  EXPECT_EQ(d.layers[1].window.stride, (std::array{2u, 2u})); // pooling: the kernel
}

TEST(network_file, says_what_is_wrong_and_where) {
  EXPECT_EQ(complaint_of_layers("  - relu\n  - linaer: {outputs: 3}\n  - softmax_cross_entropy\n"),
            "4: layer 'linaer': expected one of linear, conv2d, max_pool, average_pool, global_average_pool, "
            "batch_norm, add, concat, dropout, relu, flatten, softmax_cross_entropy, did you mean 'linear'?");
  EXPECT_EQ(complaint_of_layers("  - conv2d: {filters: 4, kernal: 3}\n"),
            "3: key 'conv2d.kernal': expected one of filters, kernel, stride, padding, dilation, groups, name, input, "
            "did you mean 'kernel'?");
  EXPECT_EQ(complaint_of_layers("  - conv2d: {filters: 4}\n"), "3: key 'conv2d.kernel': expected, but it is missing");
  EXPECT_EQ(complaint_of_layers("  - conv2d: {filters: -4, kernel: 3}\n"),
            "3: key 'conv2d.filters': expected an integer from 1 to 65535");
  EXPECT_EQ(complaint_of_layers("  - conv2d: {filters: 4, kernel: [3, 3, 3]}\n"),
            "3: key 'conv2d.kernel': expected a number or [height, width]");
  EXPECT_EQ(complaint_of_layers("  - linear\n"), "3: key 'linear.outputs': expected, but it is missing");
  EXPECT_EQ(complaint_of_layers("  - linear: {outputs: 10}\n"),
            "3: key 'layers': expected softmax_cross_entropy as the last one");
  EXPECT_EQ(complaint("input: {channels: 1, height: 28}\nlayers: [relu]\n"),
            "1: key 'input.width': expected, but it is missing");
  EXPECT_EQ(complaint("input: [1, 2]\nlayers: 3\n"), "1: key 'input': expected {channels: C, height: H, width: W}");
  EXPECT_EQ(complaint(""), "1: expected keys: name, input, layers");
  EXPECT_EQ(complaint("imput: 3\n"),
            "1: key 'imput': expected one of input, layers, name, description, did you mean 'input'?");
  EXPECT_NE(complaint("layers: [relu\n").find("this is not YAML"), std::string::npos);
}

TEST(network_file, what_is_not_built_yet_is_refused_by_name) {
  EXPECT_NE(complaint_of_layers("  - layer_norm\n").find("3: layer 'layer_norm' is not built yet"), std::string::npos);
  EXPECT_NE(complaint_of_layers("  - attention\n").find("3: layer 'attention' is not built yet"), std::string::npos);
}

TEST(network_file, layers_must_fit_each_other) {
  const std::string end = "  - flatten\n  - linear: {outputs: 10}\n  - softmax_cross_entropy\n";
  EXPECT_EQ(complaint_of_layers("  - conv2d: {filters: 4, kernel: 31}\n" + end),
            "3: layer 1 (conv2d): a window of 31 pixels does not fit into 28 with padding 0");
  EXPECT_EQ(complaint_of_layers(
                "  - conv2d: {filters: 4, kernel: 3}\n  - linear: {outputs: 10}\n  - softmax_cross_entropy\n"),
            "4: layer 2 (linear): its inputs are 26 x 26 x 4 pixels and channels: expected flatten before it");
  EXPECT_EQ(
      complaint_of_layers("  - relu\n" + end),
      "3: layer 1 (relu): expected directly behind conv2d, linear, batch_norm or add, or behind the max_pool that "
      "alone reads one of them");
  EXPECT_EQ(complaint_of_layers("  - max_pool: {kernel: 2}\n" + end),
            "3: layer 1 (max_pool): expected behind another layer");
  EXPECT_EQ(complaint_of_layers("  - conv2d: {filters: 4, kernel: 3, padding: 3}\n" + end),
            "3: layer 1 (conv2d): padding: expected less than the window, 3 pixels");
  EXPECT_NE(complaint_of_layers("  - linear: {outputs: 10}\n  - relu\n  - softmax_cross_entropy\n")
                .find("its last layer must be linear, without relu"),
            std::string::npos);
  EXPECT_EQ(complaint_of_layers("  - flatten\n  - linear: {outputs: 256}\n  - softmax_cross_entropy\n"),
            "4: layer 2 (linear): expected at most 255 outputs, for classes, whose labels are bytes");
  EXPECT_EQ(complaint_of_layers("  - flatten\n  - linear: {outputs: 255}\n  - softmax_cross_entropy\n"), "");
  EXPECT_EQ(complaint_of_layers("  - conv2d: {filters: 4, kernel: 3}\n" + end), "");
}

TEST(network_file, resnet8_is_a_graph) {
  compiler::training t;
  t.network = read_network(std::filesystem::path(SCENARIOS) / "networks" / "resnet8.yaml");
  const auto net = compiler::make_network(t);
  ASSERT_EQ(net.layers.size(), 10u);
  EXPECT_EQ(net.norms.size(), 7u);
  std::size_t weights = 0;
  for (const auto& l : net.layers) weights += std::size_t{l.real_inputs} * l.real_outputs;
  EXPECT_EQ(weights, 77'360u);
  // Three times a forward pass of 12.52 million, but for the first layer, which gives nothing back, and padding.
  EXPECT_NEAR(static_cast<double>(compiler::dense_macs(net)) / 3, 12.4e6, 0.12e6);
  const auto& sum = net.nodes[6];
  EXPECT_EQ(sum.kind, layer_kind::add);
  EXPECT_TRUE(sum.relu);
  EXPECT_EQ(sum.from, (std::vector<std::uint32_t>{5, 1}));
  EXPECT_EQ(sum.readers, (std::vector<std::uint32_t>{7, 11}));
  EXPECT_EQ(net.nodes[1].readers, (std::vector<std::uint32_t>{2, 6}));
}

TEST(network_file, layers_name_what_they_read) {
  const auto d = read("input: {channels: 3, height: 8, width: 8}\nlayers:\n"
                      "  - conv2d: {filters: 4, kernel: 3, name: a}\n"
                      "  - batch_norm: {epsilon: 0.001, momentum: 0.5, input: a, name: b}\n"
                      "  - add: {inputs: [b, a]}\n  - softmax_cross_entropy\n");
  EXPECT_EQ(d.layers[0].name, "a");
  EXPECT_EQ(d.layers[1].inputs, (std::vector<std::string>{"a"}));
  EXPECT_EQ(d.layers[1].epsilon, 0.001f);
  EXPECT_EQ(d.layers[1].momentum, 0.5f);
  EXPECT_EQ(d.layers[2].inputs, (std::vector<std::string>{"b", "a"}));
}

TEST(network_file, graphs_that_make_no_sense_are_refused) {
  const std::string first = "  - conv2d: {filters: 4, kernel: 3, name: a}\n",
                    end = "  - flatten\n  - linear: {outputs: 10}\n  - softmax_cross_entropy\n";
  const auto said = [&](const std::string& layers) { return complaint_of_layers(first + layers + end); };
  EXPECT_EQ(said("  - batch_norm: {epsilon: 0}\n"), "4: key 'batch_norm.epsilon': expected a number from 1e-12 to 1");
  EXPECT_EQ(said("  - batch_norm: {gamma: 1}\n").substr(0, 77),
            "4: key 'batch_norm.gamma': expected one of epsilon, momentum, name, input, di");
  EXPECT_EQ(said("  - add\n"), "4: key 'add.inputs': expected, but it is missing");
  EXPECT_EQ(said("  - add: {inputs: [a]}\n"), "4: key 'add.inputs': expected [NAME, NAME]");
  EXPECT_EQ(said("  - add: {inputs: [a, c]}\n"),
            "4: layer 2 (add): input 'c': expected the name of a layer above it, or images");
  EXPECT_EQ(said("  - add: {inputs: [a, images]}\n"), "4: layer 2 (add): inputs: expected layers, not images");
  EXPECT_EQ(said("  - add: {inputs: [a, a]}\n"), "4: layer 2 (add): inputs: expected two different layers");
  EXPECT_EQ(said("  - conv2d: {filters: 5, kernel: 1, name: b}\n  - add: {inputs: [a, b]}\n"),
            "5: layer 3 (add): inputs: expected two of one shape, but a is 26 x 26 x 4 and b is 26 x 26 x 5");
  EXPECT_EQ(said("  - relu\n"), "4: layer 2 (relu): expected a name for this layer, not 'a' for what it changes");
  EXPECT_EQ(said("  - batch_norm: {name: a}\n"),
            "4: layer 2 (batch_norm): name 'a': expected a name that no other layer has");
  EXPECT_EQ(said("  - batch_norm\n  - conv2d: {filters: 4, kernel: 3, input: a}\n"),
            "4: layer 2 (batch_norm): expected a layer that reads its outputs");
  EXPECT_EQ(complaint_of_layers("  - batch_norm\n" + end), "3: layer 1 (batch_norm): expected behind another layer");
  EXPECT_EQ(said("  - concat: {inputs: [a]}\n"), "4: key 'concat.inputs': expected [NAME, NAME, ...]");
  EXPECT_EQ(said("  - concat: {inputs: [a, images]}\n"), "4: layer 2 (concat): inputs: expected layers, not images");
  EXPECT_EQ(said("  - concat: {inputs: [a, a]}\n"), "4: layer 2 (concat): inputs: expected different layers");
  EXPECT_EQ(said("  - conv2d: {filters: 5, kernel: 3, name: b}\n  - concat: {inputs: [a, b]}\n"),
            "5: layer 3 (concat): inputs: expected as many pixels in all, but a is 26 x 26 x 4 and b is 24 x 24 x 5");
  EXPECT_EQ(said("  - dropout: {share: 1}\n"), "4: key 'dropout.share': expected a number from 0 to 0.99");
  EXPECT_EQ(complaint_of_layers("  - dropout: {share: 0.5}\n" + end),
            "3: layer 1 (dropout): expected behind another layer");
  EXPECT_EQ(said("  - conv2d: {filters: 9, kernel: 3, groups: 3}\n"),
            "4: layer 2 (conv2d): groups: expected a divisor of its 4 channels and 9 filters, not 3");
  EXPECT_EQ(said("  - batch_norm\n"), "");
}

} // namespace
} // namespace acf::platform
