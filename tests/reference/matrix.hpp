// Rows of fp32 numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace acf::reference {

struct matrix {
  std::uint32_t rows = 0, columns = 0;
  std::vector<float> values;

  matrix() = default;
  matrix(std::uint32_t r, std::uint32_t c) : rows(r), columns(c), values(std::size_t{r} * c, 0.f) {}
  float& operator()(std::uint32_t r, std::uint32_t c) { return values[std::size_t{r} * columns + c]; }
  float operator()(std::uint32_t r, std::uint32_t c) const { return values[std::size_t{r} * columns + c]; }
};

} // namespace acf::reference
