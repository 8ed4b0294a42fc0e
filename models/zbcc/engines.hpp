// The makers of the machines, for the table in engine.cpp. Each checks its part of the configuration.
#pragma once

#include "models/zbcc/engine.hpp"

namespace acf::zbcc {

std::unique_ptr<engine> make_dense(const engine_config& config);
std::unique_ptr<engine> make_zbcc(const engine_config& config);

} // namespace acf::zbcc
