// Weights of a network as both sides of a comparison give them, and the comparison, bit for bit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace acf::reference {

struct layer_tensors {
  std::uint32_t outputs = 0, inputs = 0;
  std::vector<float> weight; // [outputs][inputs]
  std::vector<float> bias;   // [outputs]
  std::vector<float> mask;   // [outputs][inputs], 1 where a weight may be other than zero, else 0
};

struct norm_tensors { // a batch normalisation: [channels] each
  std::vector<float> weight, bias, mean, variance;
};

std::string difference(const std::vector<norm_tensors>& a, const std::vector<norm_tensors>& b);

// Where two networks differ, by tensor: how many elements, and the first of them with both values. Empty: nowhere.
std::string difference(const std::vector<layer_tensors>& a, const std::vector<layer_tensors>& b);

} // namespace acf::reference
