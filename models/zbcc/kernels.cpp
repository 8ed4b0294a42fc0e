#include "models/zbcc/kernels.hpp"

#include <algorithm>
#include <cstring>

// One source for every host: GCC compiles the clones, the loader picks one. No fused multiply-add in any of them
// (-ffp-contract=off), so all give the same bits. Sanitizers instrument the resolvers and cannot run them that early.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    !defined(__SANITIZE_THREAD__)
#define ACF_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ACF_CLONES
#endif
#define ACF_INLINE [[gnu::always_inline]] inline

namespace acf::zbcc {
namespace {

// Vectors are passed between always-inlined functions only: no calling convention is involved (-Wno-psabi).
typedef float v4 __attribute__((vector_size(16)));
typedef float v16 __attribute__((vector_size(64)));
constexpr std::size_t lanes = 16;

ACF_INLINE v4 load4(const float* p) {
  v4 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
ACF_INLINE v16 load16(const float* p) {
  v16 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
ACF_INLINE void store16(float* p, v16 v) { std::memcpy(p, &v, sizeof v); }
ACF_INLINE v16 four_times(v4 v) {
  return __builtin_shufflevector(v, v, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
}

// acc + a b, the product rounded first. `exact` leaves acc alone where an operand is zero: only then can the other one
// be an infinity or a NaN without harm. With finite operands a zero product never changes acc, which is never -0.
template <bool exact>
ACF_INLINE v16 accumulate(v16 acc, v16 a, v16 b) {
  const v16 sum = acc + a * b;
  if constexpr (!exact) return sum;
  return ((a != 0.0f) & (b != 0.0f)) ? sum : acc;
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

// R rows of A against V neighbouring panels; c is R x 16 V.
template <std::size_t R, std::size_t V, bool exact>
ACF_INLINE void dense_tile(const float* a, const float* b, std::size_t depth, float* c) {
  v16 acc[R][V];
  for (std::size_t r = 0; r < R; ++r)
    for (std::size_t v = 0; v < V; ++v) acc[r][v] = load16(c + (r * V + v) * lanes);
  for (std::size_t k = 0; k < depth; ++k) {
    v16 column[V];
    for (std::size_t v = 0; v < V; ++v) column[v] = load16(b + (v * depth + k) * lanes);
    for (std::size_t r = 0; r < R; ++r) {
      const v16 value = a[r * depth + k] - v16{}; // x - 0 is x, -0 included
      for (std::size_t v = 0; v < V; ++v) acc[r][v] = accumulate<exact>(acc[r][v], value, column[v]);
    }
  }
  for (std::size_t r = 0; r < R; ++r)
    for (std::size_t v = 0; v < V; ++v) store16(c + (r * V + v) * lanes, acc[r][v]);
}

template <std::size_t V, bool exact>
ACF_INLINE void dense_strip(const real_matrix& a, const float* b, std::size_t first, std::size_t rows_of_b, float* c) {
  const std::size_t depth = a.cols, width = std::min(V * lanes, rows_of_b - first);
  float tile[4 * V * lanes];
  for (std::size_t m = 0; m < a.rows; m += 4) {
    const std::size_t rows = std::min<std::size_t>(4, a.rows - m);
    for (std::size_t r = 0; r < rows; ++r)
      std::memcpy(tile + r * V * lanes, c + (m + r) * rows_of_b + first, width * sizeof(float));
    const float* from = a.at.data() + m * depth;
    switch (rows) {
    case 1: dense_tile<1, V, exact>(from, b, depth, tile); break;
    case 2: dense_tile<2, V, exact>(from, b, depth, tile); break;
    case 3: dense_tile<3, V, exact>(from, b, depth, tile); break;
    default: dense_tile<4, V, exact>(from, b, depth, tile); break;
    }
    for (std::size_t r = 0; r < rows; ++r)
      std::memcpy(c + (m + r) * rows_of_b + first, tile + r * V * lanes, width * sizeof(float));
  }
}

template <bool exact>
ACF_INLINE void dense_all(const real_matrix& a, const panels& b, float* c) {
  const std::size_t count = (b.rows + lanes - 1) / lanes, size = b.depth * lanes;
  std::size_t p = 0;
  for (; p + 2 <= count; p += 2) dense_strip<2, exact>(a, b.at.data() + p * size, p * lanes, b.rows, c);
  if (p < count) dense_strip<1, exact>(a, b.at.data() + p * size, p * lanes, b.rows, c);
}

ACF_CLONES void dense_fast(const real_matrix& a, const panels& b, float* c) { dense_all<false>(a, b, c); }
ACF_CLONES void dense_exact(const real_matrix& a, const panels& b, float* c) { dense_all<true>(a, b, c); }

// The 4x4 outer products of blocks: lane 4 x + y of an accumulator is output (x, y); A comes with every value four
// times ([k][x x x x]), B as [k][y y y y] and is repeated on load.
ACF_CLONES void repeat_four_times(const float* from, std::size_t n, float* to) {
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < 4; ++j) to[4 * i + j] = from[i];
}

template <std::size_t G, bool exact>
ACF_INLINE void block_row(const float* a, std::size_t pitch, const sparse_rows& b, std::uint32_t row,
                          const std::array<float, 16>* values, float* sums) {
  v16 acc[G];
  for (std::size_t g = 0; g < G; ++g) acc[g] = load16(sums + g * lanes);
  for (std::uint32_t e = b.first[row]; e < b.first[row + 1]; ++e) {
    const float* column = a + std::size_t{b.entries[e].column} * 4 * lanes;
    for (std::size_t k = 0; k < 4; ++k) {
      const v16 value = four_times(load4(values[e].data() + 4 * k));
      for (std::size_t g = 0; g < G; ++g)
        acc[g] = accumulate<exact>(acc[g], load16(column + g * pitch + k * lanes), value);
    }
  }
  for (std::size_t g = 0; g < G; ++g) store16(sums + g * lanes, acc[g]);
}

template <bool exact>
ACF_INLINE void blocks_all(const float* a, std::size_t groups, std::size_t depth, const sparse_rows& b,
                           const std::array<float, 16>* values, float* c) { // c: [block row][group][16]
  const std::size_t pitch = depth * lanes;
  for (std::uint32_t r = 0; r < b.block_rows(); ++r) {
    float* sums = c + r * groups * lanes;
    std::size_t g = 0;
    for (; g + 8 <= groups; g += 8) block_row<8, exact>(a + g * pitch, pitch, b, r, values, sums + g * lanes);
    for (; g + 2 <= groups; g += 2) block_row<2, exact>(a + g * pitch, pitch, b, r, values, sums + g * lanes);
    for (; g < groups; ++g) block_row<1, exact>(a + g * pitch, pitch, b, r, values, sums + g * lanes);
  }
}

ACF_CLONES void blocks_fast(const float* a, std::size_t groups, std::size_t depth, const sparse_rows& b,
                            const std::array<float, 16>* values, float* c) {
  blocks_all<false>(a, groups, depth, b, values, c);
}
ACF_CLONES void blocks_exact(const float* a, std::size_t groups, std::size_t depth, const sparse_rows& b,
                             const std::array<float, 16>* values, float* c) {
  blocks_all<true>(a, groups, depth, b, values, c);
}

struct sampled_pair {
  const float* a; // [k][16]
  const float* b; // [k][4]
};

template <std::size_t G, bool exact>
ACF_INLINE void sampled_group(const sampled_pair* pairs, std::size_t depth, float* d) {
  v16 acc[G];
  for (std::size_t g = 0; g < G; ++g) acc[g] = load16(d + g * lanes);
  for (std::size_t k = 0; k < depth; ++k)
    for (std::size_t g = 0; g < G; ++g)
      acc[g] = accumulate<exact>(acc[g], load16(pairs[g].a + k * lanes), four_times(load4(pairs[g].b + k * 4)));
  for (std::size_t g = 0; g < G; ++g) store16(d + g * lanes, acc[g]);
}

template <bool exact>
ACF_INLINE void sampled_all(const sampled_pair* pairs, std::size_t n, std::size_t depth, float* d) {
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) sampled_group<4, exact>(pairs + i, depth, d + i * lanes);
  for (; i < n; ++i) sampled_group<1, exact>(pairs + i, depth, d + i * lanes);
}

ACF_CLONES void sampled_fast(const sampled_pair* pairs, std::size_t n, std::size_t depth, float* d) {
  sampled_all<false>(pairs, n, depth, d);
}
ACF_CLONES void sampled_exact(const sampled_pair* pairs, std::size_t n, std::size_t depth, float* d) {
  sampled_all<true>(pairs, n, depth, d);
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

void round_row(float* x, element type, std::size_t n) { scale_and_round(x, n, 1.0f, type); }

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

panels pack_rows(const stored_matrix& m) {
  const std::size_t depth = m.cols;
  panels out{m.rows, depth, std::vector<float>((m.rows + lanes - 1) / lanes * depth * lanes), true};
  std::vector<float> four(4 * depth);
  for (std::size_t r = 0; r < m.rows; r += 4) {
    const std::size_t rows = std::min<std::size_t>(4, m.rows - r);
    for (std::size_t i = 0; i < rows; ++i) m.load(r + i, four.data() + i * depth);
    out.finite = out.finite && all_finite(four.data(), rows * depth);
    transpose_into_panel(four.data(), depth, rows, depth, out.at.data() + r / lanes * depth * lanes + r % lanes);
  }
  return out;
}

panels pack_columns(const stored_matrix& m) {
  const std::size_t depth = m.rows, rows = m.cols;
  panels out{rows, depth, std::vector<float>((rows + lanes - 1) / lanes * depth * lanes), true};
  std::vector<float> line(rows);
  for (std::size_t k = 0; k < depth; ++k) {
    m.load(k, line.data());
    out.finite = out.finite && all_finite(line.data(), rows);
    for (std::size_t r = 0; r < rows; r += lanes)
      std::memcpy(out.at.data() + (r * depth + k * lanes), line.data() + r, std::min(lanes, rows - r) * sizeof(float));
  }
  return out;
}

void multiply(const real_matrix& a, const panels& b, float* c) {
  if (a.finite && b.finite)
    dense_fast(a, b, c);
  else
    dense_exact(a, b, c);
}

void multiply_blocks(const real_matrix& a, const sparse_rows& b, const std::vector<std::array<float, 16>>& values,
                     bool finite, float* c) {
  const std::size_t groups = (a.rows + 3) / 4, depth = a.cols, width = std::size_t{b.block_rows()} * 4;
  std::vector<float> repeated(groups * depth * lanes), sums(b.block_rows() * groups * lanes);
  std::vector<float> four(depth * 4);
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t rows = std::min<std::size_t>(4, a.rows - 4 * g);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t k = 0; k < depth; ++k) four[4 * k + r] = a.at[(4 * g + r) * depth + k];
    repeat_four_times(four.data(), four.size(), repeated.data() + g * depth * lanes);
  }
  const auto each_output = [&](auto&& visit) {
    for (std::size_t r = 0; r < b.block_rows(); ++r)
      for (std::size_t m = 0; m < a.rows; ++m)
        visit(sums.data() + (r * groups + m / 4) * lanes + m % 4 * 4, c + m * width + 4 * r);
  };
  each_output([](float* sum, float* out) { std::memcpy(sum, out, sizeof(v4)); });
  if (a.finite && finite)
    blocks_fast(repeated.data(), groups, depth, b, values.data(), sums.data());
  else
    blocks_exact(repeated.data(), groups, depth, b, values.data(), sums.data());
  each_output([](const float* sum, float* out) { std::memcpy(out, sum, sizeof(v4)); });
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
  std::vector<float> packed_a(used_a * depth * lanes), packed_b(used_b * depth * 4), line(std::max(a.cols, b.cols));
  bool finite = true;
  for (std::size_t k = 0; k < depth; ++k) {
    a.load(k, line.data());
    finite = finite && all_finite(line.data(), a.cols);
    for (std::size_t r = 0; r < place_a.size(); ++r)
      if (place_a[r] != unused)
        repeat_four_times(line.data() + 4 * r, 4, packed_a.data() + (place_a[r] * depth + k) * lanes);
    b.load(k, line.data());
    finite = finite && all_finite(line.data(), b.cols);
    for (std::size_t c = 0; c < place_b.size(); ++c)
      if (place_b[c] != unused)
        std::memcpy(packed_b.data() + (place_b[c] * depth + k) * 4, line.data() + 4 * c, sizeof(v4));
  }
  std::vector<sampled_pair> pairs(blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i)
    pairs[i] = {packed_a.data() + place_a[blocks[i].row] * depth * lanes,
                packed_b.data() + place_b[blocks[i].column] * depth * 4};
  if (finite)
    sampled_fast(pairs.data(), pairs.size(), depth, d);
  else
    sampled_exact(pairs.data(), pairs.size(), depth, d);
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
