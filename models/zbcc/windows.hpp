// Pixels as matrices: tensors of four dimensions, and windows that move over them.
#pragma once

#include "models/zbcc/operands.hpp"

namespace acf::zbcc {

// A window of taps at every position over [samples, height, width, channels].
struct window {
  std::uint64_t positions[2]{}, kernel[2]{}, stride[2]{}, padding[2]{}, dilation[2]{}; // down, across
  bool reversed = false, spread = false;

  std::uint64_t taps() const { return kernel[0] * kernel[1]; }
  // Place along direction d of `tap` at `position`; false: in the padding, or between spread pixels: zero.
  bool inside(std::size_t d, std::uint64_t position, std::uint64_t tap, std::uint64_t size, std::uint64_t& at) const {
    const std::uint64_t t = reversed ? kernel[d] - 1 - tap : tap;
    const std::uint64_t from = position * (spread ? 1 : stride[d]) + t * dilation[d], pixel = from - padding[d];
    at = spread ? pixel / stride[d] : pixel;
    return from >= padding[d] && (!spread || pixel % stride[d] == 0) && at < size;
  }
};

// The window of a dense view; fails as BAD_VIEW if it makes no sense. Nothing: the view has none.
std::optional<window> window_of(const context& ctx, std::uint32_t view);

enum class fold {
  pixels, // rows are all dimensions but the last; windows: a row for every position, a column for every tap and channel
  filters // columns are all dimensions but the first; no windows
};

// A dense view as the matrix engine sees it. Columns of a window are filled up with zeros to a multiple of four.
struct matrix_operand {
  tensor from; // its elements in SRAM
  std::uint64_t rows = 0, cols = 0;
  std::optional<window> taps;         // if the view has them
  std::vector<std::uint8_t> gathered; // row by row, if the elements of a row do not lie at one stride
  stored_matrix at;                   // points to SRAM or to `gathered`; scale and `as` are for the command to fill in
};
matrix_operand matrix_of(const context& ctx, std::uint32_t view, fold how);

// Rows and columns of a dense result or epilogue operand, whose elements are in that order.
struct matrix_shape {
  std::uint64_t rows = 0, cols = 0;
};
matrix_shape shape_of(const tensor& t, fold how);

} // namespace acf::zbcc
