// Rows of bits in 64-bit words, rows padded with zeros: which elements of a matrix are not zero.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace acf::zbcc {

struct bit_matrix {
  std::size_t rows = 0, cols = 0, words = 0; // words per row
  std::vector<std::uint64_t> bits;

  bit_matrix() = default;
  bit_matrix(std::size_t r, std::size_t c) : rows(r), cols(c), words((c + 63) / 64), bits(r * words) {}

  const std::uint64_t* row(std::size_t r) const { return bits.data() + r * words; }
  std::uint64_t* row(std::size_t r) { return bits.data() + r * words; }
  bool test(std::size_t r, std::size_t c) const { return row(r)[c / 64] >> c % 64 & 1; }
  void set(std::size_t r, std::size_t c) { row(r)[c / 64] |= std::uint64_t{1} << c % 64; }

  std::uint64_t count() const; // bits that are set
};

bit_matrix transposed(const bit_matrix& m);

} // namespace acf::zbcc
