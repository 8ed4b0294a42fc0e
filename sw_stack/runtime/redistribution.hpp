// Sparse momentum's budget: of the entries that die in all layers, each layer grows a share in proportion to the mean
// magnitude of its live weights' momenta. In integers: no float instruction, and the same numbers everywhere.
// sw_stack/compiler/RECIPE.md section 10 defines it.
#pragma once

#include "sw_stack/hal/job_image.hpp"

#include <cstdint>
#include <span>

namespace acf::runtime {

// `layers`: live is brought up to date. `sums(l)` are the fp32 bits of layer l's rows. `share`: 2^32 times what dies.
using sums_of_layer = std::span<const std::uint32_t> (*)(const void* context, std::size_t layer);
void redistribute(std::span<hal::job::budget_layer> layers, std::uint32_t share, sums_of_layer sums,
                  const void* context, std::span<hal::job::budget_change> changes);

} // namespace acf::runtime
