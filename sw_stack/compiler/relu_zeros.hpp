// Where a network has zeros by itself: in what passes a ReLU, and in gradients that pass back through one.
#pragma once

#include "sw_stack/compiler/network.hpp"

#include <vector>

namespace acf::compiler {

struct relu_zeros {
  bool inputs = false;   // of the layer
  bool gradient = false; // of its outputs
};

std::vector<relu_zeros> zeros_by_layer(const network& net); // of those with weights

} // namespace acf::compiler
