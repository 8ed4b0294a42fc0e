// What moved through mesh and DRAM between two readings, over time and by name.
#pragma once

#include "platform/report/traffic.hpp"
#include "platform/soc/measurement.hpp"

namespace acf::platform {

// Series begin where the chip's histories do: with the window of the figures (measurement restarts them there).
traffic_result traffic_between(const soc& chip, const reading& begin, const reading& end);

} // namespace acf::platform
