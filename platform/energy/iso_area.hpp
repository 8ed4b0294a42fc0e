// The same fabric with more or fewer lanes, so that it has the area of its dense twin: what the silicon of the logic
// that skips zeros would have been worth as lanes. Engines keep their structure; a grid of elements grows or shrinks by
// rows and columns, with the lanes of an element as they are, everything else by lanes.
#pragma once

#include "platform/config/config.hpp"
#include "platform/energy/table.hpp"

#include <string_view>

namespace acf::platform {

struct iso_area {
  config chip;           // with other zbcc.lanes, zbcc.rows and zbcc.columns, or the same ones
  double area_mm2 = 0;   // of that fabric
  double target_mm2 = 0; // of the dense twin of the fabric that was asked for
  bool rescaled = false;
  double difference_percent() const { return 100 * (area_mm2 / target_mm2 - 1); }
};

// The nearest area that the engines of `c` have a size for. `dtype` as of price_list. Grids become at most twice as
// oblong as they were, and all sizes are such as zbcc.lanes can be.
iso_area at_area_of_twin(const config& c, const energy_table& table, std::string_view dtype);

} // namespace acf::platform
