// Trains networks with convolutions, pooling, batch normalisation, sums and concatenations as
// sw_stack/compiler/RECIPE.md section 9 says, one plain loop for every sum, without padding: it knows neither blocks of
// memory nor windows as matrices.
#pragma once

#include "tests/reference/trainer.hpp"

#include <array>
#include <string>

namespace acf::reference {

enum class operation { linear, conv2d, max_pool, average_pool, batch_norm, add, concat, dropout, relu, flatten };

struct network_layer {
  operation what = operation::relu;
  std::uint32_t outputs = 0; // linear, conv2d
  std::uint32_t groups = 1;  // conv2d: of channels and outputs
  std::array<std::uint32_t, 2> kernel{1, 1}, stride{1, 1}, padding{0, 0}, dilation{1, 1};
  std::string name{};                     // by which later layers may read it
  std::vector<std::string> inputs{};      // none: the layer before
  float epsilon = 1e-5f, momentum = 0.1f; // batch_norm
  double share = 0;                       // dropout
};

struct network {
  std::array<std::uint32_t, 3> image{1, 28, 28}; // channels, height, width
  std::vector<network_layer> layers;
};

// `given.widths` is not looked at. Images lie as [height][width][channels].
trained train(const settings& given, const network& net, const samples& set);

} // namespace acf::reference
