// Sums over groups of samples: what NORM and the epilogue of MM have in common. ARITHMETIC.md section 6.
#pragma once

#include "models/zbcc/operands.hpp"

namespace acf::zbcc {

struct sample_groups {
  std::size_t samples = 0, pixels = 0, channels = 0; // rows are samples x pixels
  std::size_t group = 1;                             // samples of a sum
  std::vector<std::uint8_t> labels;                  // [samples], or none: all count

  std::size_t groups() const { return samples / group + (samples % group != 0); }
  bool counts(std::size_t sample) const { return labels.empty() || labels[sample] != hal::no_label; }
  // Calls f(sample, first element) for every pixel of every sample that counts, in order.
  template <typename F>
  void each_pixel(F f) const {
    for (std::size_t n = 0; n < samples; ++n)
      if (counts(n))
        for (std::size_t p = 0; p < pixels; ++p) f(n, (n * pixels + p) * channels);
  }
  // Sums [groups, 2, channels] of what f(element, channel, one, other) adds to two numbers.
  template <typename F>
  std::vector<float> sum_up(F f) const {
    std::vector<float> sums(groups() * 2 * channels);
    each_pixel([&](std::size_t sample, std::size_t first) {
      float* one = sums.data() + sample / group * 2 * channels;
      float* other = one + channels;
      for (std::size_t c = 0; c < channels; ++c) f(first + c, c, one[c], other[c]);
    });
    return sums;
  }
  std::vector<float> values_and_squares(const float* v) const {
    return sum_up([v](std::size_t i, std::size_t, float& sum, float& squares) {
      sum = sum + v[i];
      squares = squares + v[i] * v[i];
    });
  }
};

} // namespace acf::zbcc
