// What a tile says of the command that it failed at, in a line: for messages, reports and the log.
#pragma once

#include "models/tile/tile.hpp"

#include <string>

namespace acf::platform {

// "TILE(0,0).ERROR_CAUSE = BAD_OPCODE: ring 0 command 3, ERROR_ADDRESS 0xee"
std::string tile_error(const tile::tile& t);

} // namespace acf::platform
