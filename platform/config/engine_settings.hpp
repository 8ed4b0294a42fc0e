// From the configuration to the struct that the models' engines take.
#pragma once

#include "models/zbcc/engine.hpp"
#include "platform/config/config.hpp"

namespace acf::platform {

// For the engine of that name (zbcc.engine, or a tile's own). Throws std::invalid_argument with the key and what is
// wrong where a text cannot be read.
zbcc::engine_config engine_settings(const config& c, const std::string& name);

} // namespace acf::platform
