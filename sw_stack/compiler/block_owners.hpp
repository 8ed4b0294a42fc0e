// Which tile owns which live block of a sparse layer. Slots are numbered owner by owner (partition::slots), so owners
// are an order of the blocks, cut into runs that differ by one block at most. PLACEMENT.md says what the order decides,
// and what it cannot.
#pragma once

#include "sw_stack/compiler/partition.hpp"

#include <cstdint>
#include <vector>

namespace acf::compiler {

// Which part a tile gets of what the layer reads.
struct owner_traffic {
  std::uint64_t live_columns = 0; // block columns with live blocks
  std::uint64_t columns = 0;      // that tiles need, each counted for every tile
  std::uint64_t runs = 0;         // pieces in which they lie, of every row
  std::uint32_t most_blocks = 0;  // of a tile

  std::uint64_t cut() const { return columns - live_columns; } // copies beyond the first
};

struct placed_blocks {
  std::vector<std::uint32_t> block_of_slot;
  owner_traffic traffic;
  // As METIS has cut them, at most 5 % over the mean if that is a whole block more, before runs were made equally long.
  // No parts: it was not asked.
  std::uint32_t metis_parts = 0;
  double metis_imbalance_percent = 0;
  std::uint64_t metis_cut = 0; // neighbours, in a column or of two columns, on different tiles
};

// `live`: numbers of the live blocks, ascending.
placed_blocks place_blocks(const layer_shape& s, const std::vector<std::uint32_t>& live, std::uint32_t tiles,
                           block_owners how, std::uint64_t seed);

owner_traffic traffic_of(std::uint32_t block_columns, const std::vector<std::uint32_t>& block_of_slot,
                         std::uint32_t tiles);

} // namespace acf::compiler
