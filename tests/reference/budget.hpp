// Sparse momentum: how many entries each layer loses and gains at a change of the mask. RECIPE.md section 10.
#pragma once

#include <cstdint>
#include <vector>

namespace acf::reference {

struct budget_of_layer {
  std::uint32_t entries = 0, live = 0;
  std::vector<float> sums{}; // by output: magnitudes of the momenta of live weights
  std::uint32_t dropped = 0, grown = 0;
};

// `share`: of the live ones that die. Fills in dropped and grown.
void divide(std::vector<budget_of_layer>& layers, double share);

} // namespace acf::reference
