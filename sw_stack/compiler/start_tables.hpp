// Weights as they lie in DRAM at the start: blocks by slot, states of the optimiser side by side.
#pragma once

#include "sw_stack/compiler/partition.hpp"

#include <vector>

namespace acf::compiler {

// The topology of a sparse layer at the start.
struct start_topology {
  std::vector<std::uint32_t> words;  // pointers, entries, list, remap
  std::vector<std::uint32_t> blocks; // of each slot
  std::vector<std::uint8_t> mask;
};

// `live`: numbers of the live blocks of a sparse layer, ascending; `block_of_slot`: the same, by owner.
start_topology make_topology(const layer_shape& s, const std::vector<std::uint32_t>& live,
                             const std::vector<std::uint32_t>& block_of_slot);

// Weights [outputs][inputs] of these blocks, [blocks][16].
std::vector<float> blocks_of(const layer_shape& s, const std::vector<float>& weights,
                             const std::vector<std::uint32_t>& blocks);

// Rows of `width` numbers of one and the other, in turn.
std::vector<float> side_by_side(const std::vector<float>& one, const std::vector<float>& other, std::size_t width);

// Of a convolution in groups, [blocks][16]: 1 where output and channel are of one group.
std::vector<std::uint8_t> mask_of_groups(const layer_shape& s, const std::vector<std::uint32_t>& blocks);

} // namespace acf::compiler
