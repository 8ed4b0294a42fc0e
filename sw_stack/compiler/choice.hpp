// An exact choice among scores that lie on all tiles: a radix selection whose histograms are added up, along rows of
// the mesh and then at the root, which chooses the digit and tells all tiles. What is chosen depends on no mesh.
// All tiles take part, those that have no scores, too.
#pragma once

#include "sw_stack/compiler/design.hpp"

#include <optional>

namespace acf::compiler {

struct choice {
  std::uint32_t l = 0;
  std::uint32_t which = 0;      // selection_of(l, which) is the result
  std::uint32_t order = 0;      // hal::order
  std::uint32_t eligible = 0;   // mask value
  std::uint32_t numbers = 0;    // indices of all tiles are below it
  range own{};                  // indices of this tile's entries; count 0: it has none
  tensor scores{};              // of own entries
  std::optional<tensor> mask{}; // or all are eligible
  wait_for first{}, second{};   // for scores and mask
  std::uint16_t phase = tag::regrow;
};

// k is in scalar::change of the root. Raises semaphore::selected, once, which the caller consumes.
void emit_choice(const design& d, tile_code& code, const choice& c);

} // namespace acf::compiler
