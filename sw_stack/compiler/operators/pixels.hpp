// Views of rows of a buffer as images: [rows][height][width][channels] in memory.
#pragma once

#include "sw_stack/compiler/network.hpp"
#include "sw_stack/compiler/tile_code.hpp"

namespace acf::compiler {

// `rows` is a matrix view [rows, v.elements()].
tensor as_pixels(const tensor& rows, const volume& v);   // [rows, height, width, channels]
tensor as_channels(const tensor& rows, const volume& v); // [rows pixels, channels]: rows must lie side by side

// A window over pixels, at positions.height x positions.width.
tensor under_window(tensor pixels, const window_shape& w, const volume& positions);

// The taps of a window through which the gradient of positions comes to pixels first, first + stride, ... of a
// direction: a window of its own over the positions, whose taps run backwards. Dilation of the taps in the kernel.
struct gradient_phase {
  std::uint32_t first_tap = 0, tap_step = 1, taps = 0; // of the kernel
  std::uint32_t pixels = 0;                            // first, first + stride, ... below size
  std::uint32_t dilation = 1;
  std::int64_t padding = 0; // less than 0: so many positions before the first are not seen
};
gradient_phase phase_of(const window_shape& w, std::uint32_t direction, std::uint32_t first, std::uint32_t size);

} // namespace acf::compiler
