// How operands come from SRAM to the matrix engine: through the line buffer if they are windows and there is one, and
// through the bank cache if there is one.
//
//   SRAM --fetched--> [ bank cache ] --> [ line buffer, windows only ] --delivered--> engine
#pragma once

#include "models/zbcc/line_buffer.hpp"
#include "models/zbcc/operand_places.hpp"

namespace acf::zbcc {

// What the feed has to know of an operand.
struct fed_operand {
  const matrix_operand* dense = nullptr; // or one of these
  const sparse_matrix* blocks = nullptr;
  const bitmap_matrix* bitmap = nullptr;
  bool swapped = false; // rows of the product are columns of the operand; blocks: their values lie [k][n]

  bool windowed() const { return dense != nullptr && dense->taps.has_value(); }
};

// Takes from `cost`, which is the engine's for `work`, the reads that line buffer and bank cache save, and counts what
// came from where. The cache is empty at first, as it is for every command.
void pass_feed(const matrix_feed& feed, const engine& core, const chunk& work, const fed_operand& a,
               const fed_operand& b, chunk_cost& cost);

} // namespace acf::zbcc
