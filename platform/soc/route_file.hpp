// Routing tables of one's own, for firmware to program: a file of lines "x,y,node,port". What it does not name stays
// XY, so a detour is a few lines.
#pragma once

#include "platform/config/config.hpp"

#include <cstdint>
#include <vector>

namespace acf::platform {

// Output ports, [node][router]. `x,y` is the router; `node` a number (tiles row by row, DRAM channels, host bridge) or
// "tile X Y", "dram N", "host bridge"; `port` is north, east, south, west, or local where the node hangs. Throws
// input_error with FILE:LINE for what is not on this chip, and for nodes that some router cannot reach. Rings of links
// are the business of the checker in hardware.
std::vector<std::uint8_t> read_routes(const config& c);

} // namespace acf::platform
