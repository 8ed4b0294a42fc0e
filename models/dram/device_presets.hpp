// The presets of preset.hpp in full, for at timing.
#pragma once

#include "models/dram/device.hpp"
#include "models/dram/preset.hpp"

namespace acf::dram {

// The technology of the preset by its data sheet and controller; throws std::invalid_argument "dram.preset: ...".
device make_device(const dram_config& config);

} // namespace acf::dram
