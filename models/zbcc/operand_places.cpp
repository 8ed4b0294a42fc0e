#include "models/zbcc/operand_places.hpp"

#include <algorithm>

namespace acf::zbcc {

operand_places::operand_places(const matrix_operand& o, bool swapped) : size_(o.from.size()), swapped_(swapped) {
  const tensor& t = o.from;
  if (o.taps) { // a run for every tap: the channels of a pixel
    const window& w = *o.taps;
    length_ = std::max<std::size_t>(t.dim[3], 1), step_ = t.dim[3] > 1 ? t.stride[3] : size_, runs_ = w.taps();
    first_.reserve(o.rows * runs_);
    for (std::uint64_t n = 0; n < t.dim[0]; ++n)
      for (std::uint64_t p = 0; p < w.positions[0]; ++p)
        for (std::uint64_t q = 0; q < w.positions[1]; ++q)
          for (std::uint64_t tap = 0; tap < runs_; ++tap) {
            std::uint64_t y = 0, x = 0;
            const bool there =
                w.inside(0, p, tap / w.kernel[1], t.dim[1], y) && w.inside(1, q, tap % w.kernel[1], t.dim[2], x);
            const std::uint64_t at = t.base + n * t.stride[0] + y * t.stride[1] + x * t.stride[2];
            first_.push_back(there ? static_cast<std::uint32_t>(at) : none);
          }
    return;
  }
  const tensor flat = t.merged();
  const std::size_t in = flat.inner();
  length_ = flat.dim[in], step_ = flat.run_length() > 1 ? flat.run_stride() : size_;
  if (length_ % std::max<std::size_t>(o.cols, 1) == 0) { // a run holds whole rows
    const std::uint64_t rows_of_run = o.cols ? length_ / o.cols : 1;
    length_ = std::max<std::size_t>(o.cols, 1);
    if (rows_of_run >= o.rows) {
      base_ = flat.base, row_stride_ = length_ * step_;
      return;
    }
  } else if (o.cols % length_ != 0) {
    length_ = 1; // rows begin inside runs
  }
  runs_ = o.cols / length_;
  for (std::uint64_t number = 0; number < o.rows * o.cols; number += length_)
    first_.push_back(static_cast<std::uint32_t>(t.address_of(number)));
}

operand_places::operand_places(const sparse_matrix& s, bool transposed)
    : size_(hal::bytes_of(s.type)), step_(transposed ? 4 * size_ : size_), length_(4), runs_(s.cols / 4) {
  first_.assign(s.rows * runs_, none);
  for (std::uint32_t r = 0; r < s.blocks.block_rows(); ++r)
    for (std::uint32_t e = s.blocks.first[r]; e < s.blocks.first[r + 1]; ++e)
      for (std::uint64_t i = 0; i < 4; ++i)
        first_[(4 * std::uint64_t{r} + i) * runs_ + s.blocks.entries[e].column] = static_cast<std::uint32_t>(
            s.base + std::uint64_t{s.blocks.entries[e].slot} * 16 * size_ + i * (transposed ? 1 : 4) * size_);
}

operand_places::operand_places(const bitmap_matrix& p, bool swapped)
    : size_(hal::bytes_of(p.type)), step_(size_), runs_(p.cols), swapped_(swapped) {
  first_.assign(p.rows * p.cols, none);
  for (std::size_t r = 0; r < p.rows; ++r)
    for (std::size_t k = 0, number = p.first[r]; k < p.cols; ++k)
      if (p.bits.test(r, k)) first_[r * p.cols + k] = static_cast<std::uint32_t>(p.base + number++ * size_);
}

} // namespace acf::zbcc
