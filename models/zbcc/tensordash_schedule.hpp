// TensorDash's hardware scheduler of one row of lanes: from the pending bits of the staging buffer to what every lane
// takes in this cycle. Combinational; movements, priorities and levels as published (seed: TensorDash, sections II,
// III).
#pragma once

#include "models/zbcc/engine.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace acf::zbcc {

inline constexpr std::uint32_t deepest_staging = 8, widest_element = 32;

// Bit i of step s: the pair of lane i, s steps ahead, is effectual and has not been taken.
using staged_bits = std::array<std::uint32_t, deepest_staging>;

// The movements of the paper where it prints them (depth 4; depth 2 in its example); for depths 3 and 5, which it does
// not print, those that come closest to its figures. Throws std::invalid_argument for other depths.
std::vector<movement> published_movements(std::uint32_t depth, std::uint32_t lanes);

class tensordash_schedule {
public:
  // Throws std::invalid_argument if a movement leaves the staging buffer or (0, 0) is not the first.
  tensordash_schedule(std::uint32_t lanes, std::uint32_t depth, std::span<const movement> movements,
                      bool lanes_descending);

  // Clears what the lanes take.
  void take(staged_bits& pending) const;

  // Lanes of a level choose at the same time: no two of them can reach the same pair. Levels follow each other within
  // the cycle. Grouped first-fit in lane order.
  const std::vector<std::uint32_t>& levels() const { return level_masks; }
  std::uint32_t lanes() const { return width; }
  std::uint32_t depth() const { return staged; }

private:
  std::uint32_t width, staged;
  std::vector<movement> moves; // lane offsets from 0 to width - 1
  std::vector<std::uint32_t> level_masks;
};

} // namespace acf::zbcc
