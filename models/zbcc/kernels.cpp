#include "models/zbcc/kernels.hpp"

#include "models/zbcc/clones.hpp"
#include "models/zbcc/vector_kernels.hpp"

#include <algorithm>
#include <cstring>

namespace acf::zbcc {
namespace {

using v4 = float __attribute__((vector_size(16)));

ACF_INLINE v4 load4(const float* p) {
  v4 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

template <typename T>
ACF_INLINE T read(const std::uint8_t* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

template <typename T, typename F>
ACF_INLINE void load_as(const std::uint8_t* from, std::size_t n, std::size_t stride, float* to, F convert) {
  if (stride == sizeof(T))
    for (std::size_t i = 0; i < n; ++i) to[i] = convert(read<T>(from + i * sizeof(T)));
  else
    for (std::size_t i = 0; i < n; ++i) to[i] = convert(read<T>(from + i * stride));
}

ACF_CLONES bool all_finite(const float* x, std::size_t n) {
  std::uint32_t bad = 0;
  for (std::size_t i = 0; i < n; ++i) bad |= (to_bits(x[i]) & 0x7F80'0000) == 0x7F80'0000;
  return bad == 0;
}

// rows x depth at `from` (pitch apart) into one panel: 4x4 transpositions in registers.
ACF_CLONES void transpose_into_panel(const float* from, std::size_t pitch, std::size_t rows, std::size_t depth,
                                     float* panel) {
  std::size_t k = 0;
  if (rows == 4) {
    for (; k + 4 <= depth; k += 4) {
      const v4 a = load4(from + k), b = load4(from + pitch + k), c = load4(from + 2 * pitch + k),
               d = load4(from + 3 * pitch + k);
      const v4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);
      const v4 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5), CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);
      const v4 out[4] = {__builtin_shufflevector(ab, cd, 0, 1, 4, 5), __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
                         __builtin_shufflevector(AB, CD, 0, 1, 4, 5), __builtin_shufflevector(AB, CD, 2, 3, 6, 7)};
      for (std::size_t i = 0; i < 4; ++i) std::memcpy(panel + (k + i) * lanes, &out[i], sizeof(v4));
    }
  }
  for (; k < depth; ++k)
    for (std::size_t r = 0; r < rows; ++r) panel[k * lanes + r] = from[r * pitch + k];
}

ACF_CLONES void repeat_four_times(const float* from, std::size_t n, float* to) {
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < 4; ++j) to[4 * i + j] = from[i];
}

ACF_CLONES void scale_and_round(float* x, std::size_t n, float scale, element as) {
  if (as == element::bf16)
    for (std::size_t i = 0; i < n; ++i) x[i] = from_bf16(to_bf16(x[i] * scale));
  else if (as == element::f16)
    for (std::size_t i = 0; i < n; ++i) x[i] = from_fp16(to_fp16(x[i] * scale));
  else
    for (std::size_t i = 0; i < n; ++i) x[i] = x[i] * scale;
}

} // namespace

ACF_CLONES void load_row(const std::uint8_t* from, element type, std::size_t n, std::size_t stride, float* to) {
  switch (type) {
  case element::f32: load_as<float>(from, n, stride, to, [](float x) { return x; }); break;
  case element::f16: load_as<std::uint16_t>(from, n, stride, to, from_fp16); break;
  case element::bf16: load_as<std::uint16_t>(from, n, stride, to, from_bf16); break;
  case element::i8:
    load_as<std::int8_t>(from, n, stride, to, [](std::int8_t x) { return static_cast<float>(x); });
    break;
  case element::u16:
    load_as<std::uint16_t>(from, n, stride, to, [](std::uint16_t x) { return static_cast<float>(x); });
    break;
  default: load_as<std::uint8_t>(from, n, stride, to, [](std::uint8_t x) { return static_cast<float>(x); }); break;
  }
}

ACF_CLONES void store_row(const float* from, element type, std::size_t n, std::uint8_t* to) {
  if (type == element::f32) {
    for (std::size_t i = 0; i < n; ++i) {
      const float x = canonical(from[i]);
      std::memcpy(to + 4 * i, &x, sizeof x);
    }
  } else if (type == element::bf16) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint16_t x = to_bf16(from[i]);
      std::memcpy(to + 2 * i, &x, sizeof x);
    }
  } else {
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint16_t x = to_fp16(from[i]);
      std::memcpy(to + 2 * i, &x, sizeof x);
    }
  }
}

void stored_matrix::load(std::size_t row, float* to) const {
  load_row(data + row * row_stride, type, cols, col_stride, to);
  if (type == element::u8) scale_and_round(to, cols, scale, as);
}

real_matrix load_matrix(const stored_matrix& m) {
  real_matrix out{m.rows, m.cols, std::vector<float>(m.rows * m.cols), true};
  for (std::size_t r = 0; r < m.rows; ++r) m.load(r, out.at.data() + r * m.cols);
  out.finite = all_finite(out.at.data(), out.at.size());
  return out;
}

real_matrix transposed(const real_matrix& m) {
  real_matrix out{m.cols, m.rows, std::vector<float>(m.at.size()), m.finite};
  constexpr std::size_t tile = 16;
  for (std::size_t r0 = 0; r0 < m.rows; r0 += tile)
    for (std::size_t c0 = 0; c0 < m.cols; c0 += tile)
      for (std::size_t r = r0; r < std::min(r0 + tile, m.rows); ++r)
        for (std::size_t c = c0; c < std::min(c0 + tile, m.cols); ++c) out.at[c * m.rows + r] = m.at[r * m.cols + c];
  return out;
}

namespace {

// Rows of B as panels, packed for one strip at a time so that they are still in the caches when they are used.
struct packer {
  const stored_matrix& b;
  bool transposed;
  std::size_t depth;
  std::vector<float> panels, lines;

  packer(const stored_matrix& m, bool t)
      : b(m), transposed(t), depth(t ? m.rows : m.cols), panels(2 * depth * lanes), lines(t ? 2 * lanes : 4 * depth) {}

  // Outputs first .. first + width - 1; false if one of the values is not finite.
  bool pack(std::size_t first, std::size_t width) {
    if (width % lanes != 0) std::fill(panels.begin(), panels.end(), 0.0f); // the missing outputs
    bool finite = true;
    stored_matrix part = b;
    if (transposed) {
      part.data += first * b.col_stride;
      part.cols = width;
      for (std::size_t k = 0; k < depth; ++k) {
        part.load(k, lines.data());
        finite = finite && all_finite(lines.data(), width);
        for (std::size_t n = 0; n < width; n += lanes)
          std::memcpy(panels.data() + (n * depth + k * lanes), lines.data() + n,
                      std::min(lanes, width - n) * sizeof(float));
      }
      return finite;
    }
    for (std::size_t n = 0; n < width; n += 4) {
      const std::size_t rows = std::min<std::size_t>(4, width - n);
      for (std::size_t i = 0; i < rows; ++i) part.load(first + n + i, lines.data() + i * depth);
      finite = finite && all_finite(lines.data(), rows * depth);
      transpose_into_panel(lines.data(), depth, rows, depth, panels.data() + n / lanes * depth * lanes + n % lanes);
    }
    return finite;
  }
};

} // namespace

void multiply(const real_matrix& a, const stored_matrix& b, bool b_transposed, float* c) {
  multiply_columns(a, b, b_transposed, 0, b_transposed ? b.cols : b.rows, c);
}

void multiply_columns(const real_matrix& a, const stored_matrix& b, bool b_transposed, std::size_t from,
                      std::size_t end, float* c) {
  const std::size_t n = b_transposed ? b.cols : b.rows;
  packer strip(b, b_transposed);
  for (std::size_t first = from; first < end; first += 2 * lanes) {
    const std::size_t width = std::min(2 * lanes, end - first);
    const bool finite = strip.pack(first, width) && a.finite;
    vector_kernels_of_host(finite).strip(a.at.data(), a.rows, a.cols, strip.panels.data(), width, c + first, n);
  }
}

ACF_CLONES packed_blocks load_blocks(const std::uint8_t* blocks, element type, const sparse_rows& b, bool transposed) {
  const std::size_t n = b.entries.size(), size = hal::bytes_of(type) * 16;
  packed_blocks out{std::vector<float>(16 * n + beyond), true};
  for (std::size_t i = 0; i < n; ++i) {
    float stored[16], *to = out.at.data() + 16 * i;
    load_row(blocks + b.entries[i].slot * size, type, 16, size / 16, stored);
    for (std::size_t x = 0; x < 4; ++x)
      for (std::size_t y = 0; y < 4; ++y) to[4 * x + y] = stored[transposed ? 4 * x + y : 4 * y + x];
  }
  out.finite = all_finite(out.at.data(), out.at.size());
  return out;
}

void multiply_blocks(const real_matrix& a, const sparse_rows& b, const packed_blocks& values, float* c) {
  const std::size_t depth = a.cols, width = std::size_t{b.block_rows()} * 4, pitch = depth * lanes;
  std::vector<float> repeated(std::min(batch, (a.rows + 3) / 4) * pitch), four(depth * 4);
  std::array<float, batch * lanes> sums{};
  const vector_kernels& kernels = vector_kernels_of_host(a.finite && values.finite);
  for (std::size_t first = 0; first < a.rows; first += 4 * batch) {
    const std::size_t rows = std::min(4 * batch, a.rows - first), groups = (rows + 3) / 4;
    for (std::size_t g = 0; g < groups; ++g) {
      for (std::size_t r = 0; r < 4; ++r)
        for (std::size_t k = 0; k < depth; ++k)
          four[4 * k + r] = 4 * g + r < rows ? a.at[(first + 4 * g + r) * depth + k] : 0.0f;
      repeat_four_times(four.data(), four.size(), repeated.data() + g * pitch);
    }
    for (std::uint32_t r = 0; r < b.block_rows(); ++r) {
      const std::span<const block_entry> entries{b.entries.data() + b.first[r], b.first[r + 1] - b.first[r]};
      if (entries.empty()) continue;
      float* out = c + first * width + 4 * r;
      for (std::size_t m = 0; m < rows; ++m) std::memcpy(sums.data() + 4 * m, out + m * width, sizeof(v4));
      kernels.blocks(repeated.data(), groups, pitch, entries.data(), entries.size(), values.at.data() + 16 * b.first[r],
                     sums.data());
      for (std::size_t m = 0; m < rows; ++m) std::memcpy(out + m * width, sums.data() + 4 * m, sizeof(v4));
    }
  }
}

void multiply_sampled(const stored_matrix& a, const stored_matrix& b, std::span<const output_block> blocks, float* d) {
  const std::size_t depth = a.rows;
  // Only block rows and columns that occur are packed: place[r] is where, in units of one operand of one block.
  constexpr std::uint32_t unused = ~0u;
  std::vector<std::uint32_t> place_a(a.cols / 4, unused), place_b(b.cols / 4, unused);
  std::uint32_t used_a = 0, used_b = 0;
  for (const output_block& block : blocks) {
    if (place_a[block.row] == unused) place_a[block.row] = used_a++;
    if (place_b[block.column] == unused) place_b[block.column] = used_b++;
  }
  // [place][k][4]
  const auto pack = [&](const stored_matrix& m, const std::vector<std::uint32_t>& place, std::uint32_t used) {
    std::vector<float> packed(used * depth * 4 + beyond), line(m.cols);
    for (std::size_t k = 0; k < depth; ++k) {
      m.load(k, line.data());
      for (std::size_t r = 0; r < place.size(); ++r)
        if (place[r] != unused)
          std::memcpy(packed.data() + (place[r] * depth + k) * 4, line.data() + 4 * r, sizeof(v4));
    }
    return packed;
  };
  const std::vector<float> four_a = pack(a, place_a, used_a), packed_b = pack(b, place_b, used_b);
  const bool finite = all_finite(four_a.data(), four_a.size()) && all_finite(packed_b.data(), packed_b.size());
  std::vector<float> packed_a(used_a * depth * lanes);
  repeat_four_times(four_a.data(), used_a * depth * 4, packed_a.data());
  std::vector<sampled_pair> pairs(blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i)
    pairs[i] = {packed_a.data() + place_a[blocks[i].row] * depth * lanes,
                packed_b.data() + place_b[blocks[i].column] * depth * 4};
  vector_kernels_of_host(finite).sampled(pairs.data(), pairs.size(), depth, d);
}

float block_score(std::span<const float> values, bool maximum) {
  float score = 0;
  for (const float v : values) {
    const float magnitude = from_bits(to_bits(v) & 0x7FFF'FFFF);
    if (!maximum)
      score += magnitude;
    else if (magnitude > score)
      score = magnitude;
  }
  return score;
}

} // namespace acf::zbcc
