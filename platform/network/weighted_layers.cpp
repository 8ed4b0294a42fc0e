#include "platform/network/weighted_layers.hpp"

#include "platform/network/network_file.hpp"
#include "sw_stack/compiler/inputs.hpp"
#include "sw_stack/compiler/network.hpp"

#include <fmt/format.h>

namespace acf::platform {

std::vector<weighted_layer> weighted_layers(const std::filesystem::path& network_file) {
  compiler::training t;
  t.network = read_network(network_file);
  std::vector<weighted_layer> all;
  for (const compiler::layer_shape& l : compiler::make_network(t).layers)
    all.push_back({fmt::format("layer{}", all.size() + 1), l.convolution, l.real_inputs / l.taps(), l.real_outputs});
  return all;
}

} // namespace acf::platform
