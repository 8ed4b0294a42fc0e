// Numbers of a network that is trained: what passes through it, and its weights.
#pragma once

#include <cstdint>
#include <vector>

namespace acf::reference {

struct size3 {
  std::uint32_t height = 1, width = 1, channels = 0;
  std::uint32_t all() const { return height * width * channels; }
};

struct values { // [rows][height][width][channels]
  size3 size;
  std::vector<float> at;
  values() = default;
  values(std::uint32_t rows, size3 s) : size(s), at(std::size_t{rows} * s.all(), 0.f) {}
  float& operator()(std::uint32_t r, std::uint32_t y, std::uint32_t x, std::uint32_t c) {
    return at[((std::size_t{r} * size.height + y) * size.width + x) * size.channels + c];
  }
  float operator()(std::uint32_t r, std::uint32_t y, std::uint32_t x, std::uint32_t c) const {
    return at[((std::size_t{r} * size.height + y) * size.width + x) * size.channels + c];
  }
};

struct weights {
  std::uint32_t outputs = 0, inputs = 0;   // without padding
  bool whole = false;                      // all weights live, in a sparse run, too
  bool fixed = false;                      // no recipe makes it sparse: a convolution in groups, or settings say so
  std::uint32_t each = 0, padded_each = 0; // inputs of a tap or pixel
  std::vector<float> master, momentum, copy, gradient;
  std::vector<float> backward_copy; // what input gradients read
  std::vector<float> bias, bias_momentum, bias_gradient;
  std::vector<float> second, bias_second;           // moments
  std::uint32_t edge = 4;                           // of a block; 1: single weights, without padding
  std::vector<bool> live;                           // by block
  std::vector<std::vector<std::uint32_t>> of_block; // its weights, row by row

  std::uint32_t columns() const { return inputs / each * padded_each; }
  std::uint32_t column_of(std::uint32_t i) const { return i / each * padded_each + i % each; }
  std::uint32_t block_of(std::uint32_t o, std::uint32_t i) const {
    return edge == 1 ? o * inputs + i : o / 4 * ((columns() + 3) / 4) + column_of(i) / 4;
  }
  std::uint32_t blocks() const { return edge == 1 ? outputs * inputs : (outputs + 3) / 4 * ((columns() + 3) / 4); }
};

} // namespace acf::reference
