// Where the values of a matrix operand lie in SRAM, row by row of the product: for what sits between SRAM and matrix
// engine and has to know addresses, which the masks do not.
#pragma once

#include "models/zbcc/bank_cache.hpp"
#include "models/zbcc/windows.hpp"

#include <bit>

namespace acf::zbcc {

class operand_places {
public:
  operand_places() = default;
  // `swapped`: rows of the product are columns of the operand. Padding of windows has no place.
  operand_places(const matrix_operand& o, bool swapped);
  // `transposed`: the 16 values of a block lie [k][n]. Blocks that are not live have no place.
  operand_places(const sparse_matrix& s, bool transposed);
  operand_places(const bitmap_matrix& p, bool swapped);

  // Calls f(line, its bytes) for the values of columns 64 word + i, bit i set, of a row, in order.
  template <typename F>
  void each_line(std::size_t row, std::size_t word, std::uint64_t columns, F f) const {
    if (swapped_) {
      for (; columns != 0; columns &= columns - 1) {
        const std::size_t k = word * 64 + static_cast<std::size_t>(std::countr_zero(columns));
        if (const std::uint32_t at = run(k, row / length_); at != none) values(at + row % length_ * step_, 1, f);
      }
      return;
    }
    while (columns != 0) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(columns));
      const std::size_t k = word * 64 + bit, inside = k % length_, most = std::min(length_ - inside, 64 - bit);
      const std::uint64_t here = columns >> bit & ~std::uint64_t{0} >> (64 - most);
      if (const std::uint32_t at = run(row, k / length_); at != none) values(at + inside * step_, here, f);
      columns &= bit + most == 64 ? 0 : ~std::uint64_t{0} << (bit + most);
    }
  }

private:
  static constexpr std::uint32_t none = ~0u;

  // A row of the operand as stored is runs of `length` values, `step` bytes apart.
  std::uint32_t run(std::size_t row, std::size_t number) const {
    if (first_.empty()) return static_cast<std::uint32_t>(base_ + row * row_stride_); // one run
    return number < runs_ ? first_[row * runs_ + number] : none;
  }

  // The values whose bits are set, from an address on.
  template <typename F>
  void values(std::uint64_t address, std::uint64_t bits, F f) const {
    constexpr std::uint64_t line = bank_cache::line_bytes;
    while (bits != 0) {
      const auto skip = static_cast<std::uint64_t>(std::countr_zero(bits));
      address += skip * step_, bits >>= skip;
      std::uint32_t bytes = 0; // of two lines: a value may lie across
      std::uint64_t taken = 0;
      for (std::uint64_t at = address % line; taken < 64 && at < line; ++taken, at += step_)
        if (bits >> taken & 1) bytes |= ((1u << size_) - 1) << at;
      const auto number = static_cast<std::uint32_t>(address / line);
      f(number, static_cast<std::uint16_t>(bytes));
      if (bytes >> line) f(number + 1, static_cast<std::uint16_t>(bytes >> line));
      address += taken * step_;
      bits = taken == 64 ? 0 : bits >> taken;
    }
  }

  std::uint32_t size_ = 0; // of a value
  std::uint64_t base_ = 0, row_stride_ = 0, step_ = 0;
  std::size_t length_ = 1, runs_ = 1;
  bool swapped_ = false;
  std::vector<std::uint32_t> first_; // of every run, row by row; none: every row is one run, `row_stride` apart
};

} // namespace acf::zbcc
