#include "models/zbcc/bit_matrix.hpp"

#include "models/zbcc/clones.hpp"

#include <algorithm>
#include <array>

namespace acf::zbcc {
namespace {

// 64 x 64 bits in place: exchange the off-diagonal quarters, then the same inside every quarter.
void transpose(std::array<std::uint64_t, 64>& w) {
  std::uint64_t mask = 0x0000'0000'FFFF'FFFF;
  for (std::size_t half = 32; half != 0; half >>= 1, mask ^= mask << half)
    for (std::size_t i = 0; i < 64; i = ((i | half) + 1) & ~half) {
      const std::uint64_t swap = (w[i] >> half ^ w[i | half]) & mask;
      w[i] ^= swap << half;
      w[i | half] ^= swap;
    }
}

} // namespace

ACF_POPCOUNT_CLONES std::uint64_t bit_matrix::count() const {
  std::uint64_t n = 0;
  for (const std::uint64_t w : bits) n += static_cast<std::uint64_t>(__builtin_popcountll(w));
  return n;
}

bit_matrix transposed(const bit_matrix& m) {
  bit_matrix out(m.cols, m.rows);
  for (std::size_t r = 0; r < m.rows; r += 64)
    for (std::size_t word = 0; word < m.words; ++word) {
      std::array<std::uint64_t, 64> tile{};
      const std::size_t rows = std::min<std::size_t>(64, m.rows - r),
                        cols = std::min<std::size_t>(64, m.cols - 64 * word);
      for (std::size_t i = 0; i < rows; ++i) tile[i] = m.row(r + i)[word];
      transpose(tile);
      for (std::size_t i = 0; i < cols; ++i) out.row(64 * word + i)[r / 64] = tile[i];
    }
  return out;
}

} // namespace acf::zbcc
