// What reports and tables need to know of a network's layers with weights, without the compiler's types.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace acf::platform {

struct weighted_layer {
  std::string name; // "layer1", as in waterfalls and archives
  bool convolution = false;
  std::uint32_t inputs = 0, outputs = 0; // of a convolution: channels and filters
};

// In the order of the network of that file. Throws input_error as read_network() does.
std::vector<weighted_layer> weighted_layers(const std::filesystem::path& network_file);

} // namespace acf::platform
