// NumPy's archive of arrays (.npz): a zip file of .npy files, uncompressed. Equal arrays give equal bytes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace acf::platform {

struct named_array {
  std::string name;
  std::vector<std::size_t> shape;
  std::vector<float> values; // row-major, as many as the shape says
};

// Up to 65534 arrays and 4 GiB; throws std::length_error beyond.
std::string npz(const std::vector<named_array>& arrays);

} // namespace acf::platform
