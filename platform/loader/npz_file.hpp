// Reads .npz archives as numpy.savez, numpy.savez_compressed and this platform write them: fp32 arrays in C order.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace acf::platform {

struct fp32_array {
  std::vector<std::size_t> shape;
  std::vector<float> values; // row-major; as many as the shape says
};

// By name, without ".npy". Throws input_error with the file and what is wrong with it.
std::map<std::string, fp32_array> read_npz(const std::filesystem::path& file);

} // namespace acf::platform
