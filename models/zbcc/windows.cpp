#include "models/zbcc/windows.hpp"

#include <cstring>

namespace acf::zbcc {
namespace {

bool flat(const tensor& t) { return t.dim[2] == 1 && t.dim[3] == 1; }

// Row by row; what lies in the padding, and the columns that fill a row up, stay zero.
std::vector<std::uint8_t> gather(const std::uint8_t* sram, const tensor& t, const window& w, std::uint64_t cols) {
  const std::size_t size = t.size();
  std::vector<std::uint8_t> bytes(t.dim[0] * w.positions[0] * w.positions[1] * cols * size);
  std::uint8_t* row = bytes.data();
  const bool adjacent = t.dim[3] == 1 || t.stride[3] == size;
  for (std::uint64_t n = 0; n < t.dim[0]; ++n)
    for (std::uint64_t p = 0; p < w.positions[0]; ++p)
      for (std::uint64_t q = 0; q < w.positions[1]; ++q, row += cols * size)
        for (std::uint64_t r = 0; r < w.kernel[0]; ++r) {
          std::uint64_t y = 0, x = 0;
          if (!w.inside(0, p, r, t.dim[1], y)) continue;
          std::uint8_t* to = row + r * w.kernel[1] * t.dim[3] * size;
          for (std::uint64_t s = 0; s < w.kernel[1]; ++s, to += t.dim[3] * size) {
            if (!w.inside(1, q, s, t.dim[2], x)) continue;
            const std::uint8_t* from = sram + t.base + n * t.stride[0] + y * t.stride[1] + x * t.stride[2];
            if (adjacent)
              std::memcpy(to, from, t.dim[3] * size);
            else
              for (std::uint64_t c = 0; c < t.dim[3]; ++c) std::memcpy(to + c * size, from + c * t.stride[3], size);
          }
        }
  return bytes;
}

// All elements in their order.
std::vector<std::uint8_t> packed(const std::uint8_t* sram, const tensor& from) {
  const tensor t = from.merged();
  const std::size_t size = t.size();
  std::vector<std::uint8_t> bytes(t.count * size);
  t.each_run([&](std::uint64_t address, std::uint64_t number) {
    for (std::uint64_t i = 0; i < t.run_length(); ++i)
      std::memcpy(bytes.data() + (number + i) * size, sram + address + i * t.run_stride(), size);
  });
  return bytes;
}

} // namespace

std::optional<window> window_of(const context& ctx, std::uint32_t view) {
  const hal::view_record& r = ctx.record_of(view);
  if (r.window[0] == 0) return std::nullopt;
  window w;
  const auto check = [&](bool ok) { ctx.require(ok, error::bad_view, 16 + view); };
  for (std::size_t d = 0; d < 2; ++d) {
    w.kernel[d] = r.window[d], w.stride[d] = r.window[2 + d], w.padding[d] = r.window[4 + d];
    w.dilation[d] = r.window[6 + d];
    w.positions[d] = d == 0 ? r.pixels & 0xFFFF : r.pixels >> 16;
    check(w.kernel[d] >= 1 && w.stride[d] >= 1 && w.dilation[d] >= 1 && w.positions[d] >= 1);
  }
  check((r.window_flags & ~hal::window_flag::known) == 0);
  w.reversed = (r.window_flags & hal::window_flag::reversed) != 0;
  w.spread = (r.window_flags & hal::window_flag::spread) != 0;
  return w;
}

matrix_shape shape_of(const tensor& t, fold how) {
  if (flat(t)) return {t.dim[0], t.dim[1]};
  if (how == fold::filters) return {t.dim[0], t.dim[1] * t.dim[2] * t.dim[3]};
  return {t.dim[0] * t.dim[1] * t.dim[2], t.dim[3]};
}

matrix_operand matrix_of(const context& ctx, std::uint32_t view, fold how) {
  matrix_operand m;
  m.from = ctx.dense(view);
  const tensor& t = m.from;
  const auto w = window_of(ctx, view);
  if (w) {
    ctx.require(how == fold::pixels, error::bad_view, 16 + view);
    m.taps = w;
    const std::uint64_t most = sparse_expansion * ctx.sram.size(), positions = w->positions[0] * w->positions[1];
    ctx.require_shape(t.count == 0 || positions <= most / t.dim[0], view);
    m.rows = t.dim[0] * positions;
    ctx.require_shape(w->taps() * t.dim[3] <= most, view);
    m.cols = (w->taps() * t.dim[3] + 3) / 4 * 4;
    ctx.require_shape(m.rows == 0 || m.cols <= most / m.rows, view);
    if (t.count != 0) m.gathered = gather(ctx.sram.data(), t, *w, m.cols);
  } else {
    const matrix_shape s = shape_of(t, how);
    m.rows = s.rows, m.cols = s.cols;
    if (flat(t)) {
      m.at = {ctx.sram.data() + t.base, t.type, m.rows, m.cols, t.stride[0], t.dim[1] > 1 ? t.stride[1] : t.size()};
      return m;
    }
    m.gathered = packed(ctx.sram.data(), t);
  }
  m.at = {m.gathered.data(), t.type, m.rows, m.cols, m.cols * t.size(), t.size()};
  return m;
}

} // namespace acf::zbcc
