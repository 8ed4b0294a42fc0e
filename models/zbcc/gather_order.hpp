// The order in which an engine asks for its operands' values: what a cache in front of the SRAM sees. Values are asked
// for in runs of up to 64 neighbouring columns (along k) of a row, because the gather works ahead of the lanes by that
// much. Each engine says its order in gather(); TIMING.md has them in words.
#pragma once

#include "models/zbcc/engine.hpp"

#include <algorithm>

namespace acf::zbcc {

class gatherer {
public:
  virtual ~gatherer() = default;
  // Of a row of an operand, the columns 64 word + i whose bit i is set. May be none.
  virtual void ask(side operand, std::size_t row, std::size_t word, std::uint64_t columns) = 0;
};

// Some rows of an operand, and which of their values are asked for.
struct gathered_rows {
  side operand = side::a;
  std::size_t first = 0, end = 0;
  const bit_matrix* only = nullptr;       // values whose bit is set, by row; nothing: all ...
  const std::vector<std::uint64_t>* of{}; // ... of these columns; nothing: of all
};

// Columns [from, end) that are in this word.
constexpr std::uint64_t columns_in(std::size_t word, std::size_t from, std::size_t end) {
  const std::size_t low = std::max(word * 64, from), high = std::min(word * 64 + 64, end);
  if (low >= high) return 0;
  return ~std::uint64_t{0} >> (64 - (high - low)) << (low - word * 64);
}

// Both sets of rows advance together over the columns [from, end), 64 at a time: those of `x`, then those of `y`.
inline void gather_together(gatherer& to, const gathered_rows& x, const gathered_rows& y, std::size_t from,
                            std::size_t end) {
  for (std::size_t word = from / 64; word * 64 < end; ++word)
    for (const gathered_rows* rows : {&x, &y})
      for (std::size_t r = rows->first; r < rows->end; ++r) {
        std::uint64_t columns = columns_in(word, from, end);
        if (rows->of) columns &= (*rows->of)[word];
        if (rows->only) columns &= rows->only->row(r)[word];
        to.ask(rows->operand, r, word, columns);
      }
}

// Sampled products, block by block as listed; an array of less than 4 x 4 outputs takes several passes for a block.
// `first` is the operand whose `rows` are the outer loop.
inline void gather_blocks(const chunk& work, gatherer& to, side first, std::size_t rows, std::size_t columns,
                          const bit_matrix* only_a = nullptr, const bit_matrix* only_b = nullptr) {
  const bool a = first == side::a;
  for (const output_block& block : *work.outputs) {
    const std::size_t x = 4 * std::size_t{a ? block.row : block.column},
                      y = 4 * std::size_t{a ? block.column : block.row};
    for (std::size_t r = x; r < x + 4; r += rows)
      for (std::size_t c = y; c < y + 4; c += columns)
        gather_together(to, {first, r, std::min(r + rows, x + 4), a ? only_a : only_b, nullptr},
                        {a ? side::b : side::a, c, std::min(c + columns, y + 4), a ? only_b : only_a, nullptr}, 0,
                        work.k);
  }
}

// All rows of `first`, `rows` at a time, and for each of these groups all of the other operand, `columns` at a time.
inline void gather_tiles(const chunk& work, gatherer& to, side first, std::size_t rows, std::size_t columns) {
  const bool a = first == side::a;
  const std::size_t outer = a ? work.m : work.n, inner = a ? work.n : work.m;
  for (std::size_t r = 0; r < outer; r += rows)
    for (std::size_t c = 0; c < inner; c += columns)
      gather_together(to, {first, r, std::min(r + rows, outer), nullptr, nullptr},
                      {a ? side::b : side::a, c, std::min(c + columns, inner), nullptr, nullptr}, 0, work.k);
}

} // namespace acf::zbcc
