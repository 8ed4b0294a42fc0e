// From ideal to achieved cycles between two readings: the products that were executed at full lanes, then every lane
// slot and every cycle of the matrix engines that was lost, by layer and phase and by cause, averaged over the tiles.
#pragma once

#include "platform/report/run_result.hpp"
#include "platform/soc/measurement.hpp"

#include <string>
#include <vector>

namespace acf::platform {

// "layer1/forward": what a command's tag says.
std::string name_of_phase(std::uint16_t tag);

// The sum under `name` first, then the parts: "layer1/forward", "loss", "between jobs". Ideal, losses and achieved
// cycles of the parts add up to those of the sum, and within each ideal and losses to the achieved cycles, exactly.
std::vector<waterfall> make_waterfalls(const soc& chip, const reading& begin, const reading& end,
                                       const std::string& name);

} // namespace acf::platform
