#pragma once

#include "models/zbcc/engine.hpp"

namespace acf::zbcc {

std::unique_ptr<engine> make_vector_skip(const engine_config& config);

} // namespace acf::zbcc
