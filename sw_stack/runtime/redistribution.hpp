// Sparse momentum's budget: of the entries that die in all layers, each layer grows a share in proportion to the mean
// magnitude of its live weights' momenta. In integers: no float instruction, and the same numbers everywhere.
// sw_stack/compiler/RECIPE.md section 10 defines it.
#pragma once

#include "sw_stack/hal/job_image.hpp"

#include <cstddef>
#include <cstdint>

namespace acf::runtime {

// `image`: where offsets of the record count from. `share`: 2^32 times what dies. Writes how many entries die and grow
// in each layer, and brings up to date how many live, of which each layer has at least one.
void redistribute(std::byte* image, const hal::job::budget_record& budget, std::uint32_t share);

} // namespace acf::runtime
