#include "models/zbcc/masks.hpp"

#include <array>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace acf::zbcc {
namespace {

// Bit i is set if element i of 16 adjacent ones has a bit other than the sign (u8 has none).
template <typename T, T magnitude>
std::uint32_t sixteen(const std::uint8_t* from) {
#ifdef __SSE2__
  const auto zero = [&](std::size_t i, auto compare) {
    const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from) + i);
    return compare(x, _mm_setzero_si128());
  };
  __m128i bytes;
  if constexpr (sizeof(T) == 1) {
    bytes = zero(0, [](__m128i x, __m128i o) { return _mm_cmpeq_epi8(x, o); });
  } else if constexpr (sizeof(T) == 2) {
    const auto compare = [](__m128i x, __m128i o) { return _mm_cmpeq_epi16(_mm_add_epi16(x, x), o); };
    bytes = _mm_packs_epi16(zero(0, compare), zero(1, compare));
  } else {
    const auto compare = [](__m128i x, __m128i o) { return _mm_cmpeq_epi32(_mm_add_epi32(x, x), o); };
    bytes = _mm_packs_epi16(_mm_packs_epi32(zero(0, compare), zero(1, compare)),
                            _mm_packs_epi32(zero(2, compare), zero(3, compare)));
  }
  return ~static_cast<std::uint32_t>(_mm_movemask_epi8(bytes)) & 0xFFFF;
#else
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    T x;
    std::memcpy(&x, from + i * sizeof(T), sizeof x);
    bits |= std::uint32_t{(x & magnitude) != 0} << i;
  }
  return bits;
#endif
}

template <typename T, T magnitude>
void row_bits(const std::uint8_t* from, std::size_t n, std::size_t stride, std::uint64_t* to) {
  std::size_t i = 0;
  if (stride == sizeof(T))
    for (; i + 16 <= n; i += 16) to[i / 64] |= std::uint64_t{sixteen<T, magnitude>(from + i * sizeof(T))} << i % 64;
  for (; i < n; ++i) {
    T x;
    std::memcpy(&x, from + i * stride, sizeof x);
    to[i / 64] |= std::uint64_t{(x & magnitude) != 0} << i % 64;
  }
}

void scaled_u8_bits(const stored_matrix& m, std::size_t row, const std::array<bool, 256>& live, std::uint64_t* to) {
  const std::uint8_t* from = m.data + row * m.row_stride;
  for (std::size_t i = 0; i < m.cols; ++i) to[i / 64] |= std::uint64_t{live[from[i * m.col_stride]]} << i % 64;
}

template <typename T, T magnitude>
std::uint64_t count(const std::uint8_t* from, std::size_t n) {
  std::uint64_t non_zeros = 0;
  for (std::size_t i = 0; i < n; ++i) {
    T x;
    std::memcpy(&x, from + i * sizeof(T), sizeof x);
    non_zeros += (x & magnitude) != 0;
  }
  return non_zeros;
}

std::array<bool, 256> live_u8(const stored_matrix& m) {
  std::array<std::uint8_t, 256> all;
  for (std::size_t i = 0; i < 256; ++i) all[i] = static_cast<std::uint8_t>(i);
  std::array<float, 256> value;
  stored_matrix table = m;
  table.data = all.data(), table.cols = 256, table.col_stride = 1, table.row_stride = 0;
  table.load(0, value.data());
  std::array<bool, 256> live;
  for (std::size_t i = 0; i < 256; ++i) live[i] = value[i] != 0.0f;
  return live;
}

} // namespace

bit_matrix non_zeros(const stored_matrix& m) {
  bit_matrix out(m.rows, m.cols);
  std::array<bool, 256> live{};
  bool plain = true; // only 0 is zero
  if (m.type == element::u8) {
    live = live_u8(m);
    for (std::size_t i = 0; i < 256; ++i) plain = plain && live[i] == (i != 0);
  }
  for (std::size_t r = 0; r < m.rows; ++r) {
    const std::uint8_t* from = m.data + r * m.row_stride;
    if (m.type == element::f32)
      row_bits<std::uint32_t, 0x7FFF'FFFF>(from, m.cols, m.col_stride, out.row(r));
    else if (m.type == element::u8 && plain)
      row_bits<std::uint8_t, 0xFF>(from, m.cols, m.col_stride, out.row(r));
    else if (m.type == element::u8)
      scaled_u8_bits(m, r, live, out.row(r));
    else
      row_bits<std::uint16_t, 0x7FFF>(from, m.cols, m.col_stride, out.row(r));
  }
  return out;
}

bit_matrix non_zeros(const std::uint8_t* blocks, element type, const sparse_rows& s, std::size_t cols,
                     bool transposed_blocks) {
  bit_matrix out(std::size_t{s.block_rows()} * 4, cols);
  const std::size_t size = hal::bytes_of(type);
  for (std::uint32_t r = 0; r < s.block_rows(); ++r)
    for (std::uint32_t e = s.first[r]; e < s.first[r + 1]; ++e) {
      const std::uint8_t* block = blocks + s.entries[e].slot * 16 * size;
      std::uint32_t bits =
          size == 4 ? sixteen<std::uint32_t, 0x7FFF'FFFF>(block) : sixteen<std::uint16_t, 0x7FFF>(block);
      if (transposed_blocks) { // a 4 x 4 transposition: pairs across the diagonal, then 2 x 2 quarters
        std::uint32_t swap = (bits ^ bits >> 3) & 0x0A0A;
        bits ^= swap ^ swap << 3;
        swap = (bits ^ bits >> 6) & 0x00CC;
        bits ^= swap ^ swap << 6;
      }
      const std::size_t k = std::size_t{s.entries[e].column} * 4;
      for (std::size_t y = 0; y < 4; ++y)
        out.row(std::size_t{r} * 4 + y)[k / 64] |= std::uint64_t{bits >> 4 * y & 15} << k % 64;
    }
  return out;
}

std::uint64_t count_non_zeros(const std::uint8_t* from, element type, std::size_t n) {
  return hal::bytes_of(type) == 4 ? count<std::uint32_t, 0x7FFF'FFFF>(from, n) : count<std::uint16_t, 0x7FFF>(from, n);
}

} // namespace acf::zbcc
