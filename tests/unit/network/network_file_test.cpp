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

const std::filesystem::path& file() {
  static const auto path = std::filesystem::temp_directory_path() / ("acf_net_" + std::to_string(getpid()) + ".yaml");
  return path;
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
  EXPECT_EQ(net.layers[1].column_of(6), 8u);
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
            "4: layer 'linaer': expected one of linear, conv2d, max_pool, average_pool, global_average_pool, relu, "
            "flatten, softmax_cross_entropy, did you mean 'linear'?");
  EXPECT_EQ(complaint_of_layers("  - conv2d: {filters: 4, kernal: 3}\n"),
            "3: key 'conv2d.kernal': expected one of filters, kernel, stride, padding, dilation, groups, did you mean "
            "'kernel'?");
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
  EXPECT_EQ(complaint("imput: 3\n"),
            "1: key 'imput': expected one of input, layers, name, description, did you mean 'input'?");
  EXPECT_NE(complaint("layers: [relu\n").find("this is not YAML"), std::string::npos);
}

TEST(network_file, what_is_not_built_yet_is_refused_by_name) {
  EXPECT_NE(complaint_of_layers("  - batch_norm\n").find("3: layer 'batch_norm' is not built yet"), std::string::npos);
  EXPECT_EQ(complaint_of_layers("  - conv2d: {filters: 4, kernel: 3, groups: 2}\n"),
            "3: key 'conv2d.groups': convolutions in groups are not built yet, expected 1");
}

TEST(network_file, layers_must_fit_each_other) {
  const std::string end = "  - flatten\n  - linear: {outputs: 10}\n  - softmax_cross_entropy\n";
  EXPECT_EQ(complaint_of_layers("  - conv2d: {filters: 4, kernel: 31}\n" + end),
            "3: layer 1 (conv2d): a window of 31 pixels does not fit into 28 with padding 0");
  EXPECT_EQ(complaint_of_layers(
                "  - conv2d: {filters: 4, kernel: 3}\n  - linear: {outputs: 10}\n  - softmax_cross_entropy\n"),
            "4: layer 2 (linear): its inputs are 26 x 26 x 4 pixels and channels: expected flatten before it");
  EXPECT_EQ(complaint_of_layers("  - relu\n" + end),
            "3: layer 1 (relu): expected directly behind a layer with weights");
  EXPECT_EQ(complaint_of_layers("  - max_pool: {kernel: 2}\n" + end),
            "3: layer 1 (max_pool): expected behind another layer");
  EXPECT_EQ(complaint_of_layers("  - conv2d: {filters: 4, kernel: 3, padding: 3}\n" + end),
            "3: layer 1 (conv2d): padding: expected less than the window, 3 pixels");
  EXPECT_NE(complaint_of_layers("  - linear: {outputs: 10}\n  - relu\n  - softmax_cross_entropy\n")
                .find("its last layer must be linear, without relu"),
            std::string::npos);
  EXPECT_EQ(complaint_of_layers("  - conv2d: {filters: 4, kernel: 3}\n" + end), "");
}

} // namespace
} // namespace acf::platform
