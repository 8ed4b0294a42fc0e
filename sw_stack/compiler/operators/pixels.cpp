#include "sw_stack/compiler/operators/pixels.hpp"

#include <algorithm>
#include <numeric>

namespace acf::compiler {

tensor as_pixels(const tensor& rows, const volume& v) {
  tensor t = rows;
  const std::uint32_t size = t.view.stride[1];
  t.view.dim = {rows.view.dim[0], v.height, v.width, v.channels};
  t.view.stride = {rows.view.stride[0], v.width * v.channels * size, v.channels * size, size};
  return t;
}

tensor as_channels(const tensor& rows, const volume& v) {
  tensor t = rows;
  const std::uint32_t size = t.view.stride[1];
  t.view.dim = {rows.view.dim[0] * v.pixels(), v.channels, 1, 1};
  t.view.stride = {v.channels * size, size, 0, 0};
  return t;
}

tensor under_window(tensor pixels, const window_shape& w, const volume& positions) {
  for (std::size_t i = 0; i < 2; ++i) {
    pixels.view.window[i] = static_cast<std::uint8_t>(w.kernel[i]);
    pixels.view.window[2 + i] = static_cast<std::uint8_t>(w.stride[i]);
    pixels.view.window[4 + i] = static_cast<std::uint8_t>(w.padding[i]);
    pixels.view.window[6 + i] = static_cast<std::uint8_t>(w.dilation[i]);
  }
  pixels.view.pixels = hal::window_pixels(positions.height, positions.width);
  return pixels;
}

// Pixel h is under tap r of position p if h = p stride - padding + r dilation.
gradient_phase phase_of(const window_shape& w, std::uint32_t direction, std::uint32_t first, std::uint32_t size) {
  const std::int64_t stride = w.stride[direction], dilation = w.dilation[direction],
                     from = std::int64_t{first} + w.padding[direction], common = std::gcd(stride, dilation);
  gradient_phase p;
  p.tap_step = static_cast<std::uint32_t>(stride / common);
  p.dilation = static_cast<std::uint32_t>(dilation / common);
  p.pixels = size > first ? (size - first + w.stride[direction] - 1) / w.stride[direction] : 0;
  while (p.first_tap < w.kernel[direction] && (from - p.first_tap * dilation) % stride != 0) ++p.first_tap;
  if (p.first_tap >= w.kernel[direction]) return p; // no tap sees these pixels
  p.taps = (w.kernel[direction] - p.first_tap + p.tap_step - 1) / p.tap_step;
  p.padding = std::int64_t{p.taps - 1} * p.dilation - (from - p.first_tap * dilation) / stride;
  return p;
}

} // namespace acf::compiler
