// Images with labels, to train on and to test with.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace acf::data {

// Input that cannot be used: a file, a size, a value. The message names it and says what was expected.
struct input_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct samples {
  std::vector<std::uint8_t> images; // [size][inputs]
  std::vector<std::uint8_t> labels; // [size]
  std::uint32_t size() const { return static_cast<std::uint32_t>(labels.size()); }
};

struct data_set {
  std::uint32_t inputs = 784, classes = 10;
  std::array<std::uint32_t, 3> shape{}; // channels, height, width of an image; zeros where nothing says them
  samples train, test;
};

} // namespace acf::data
