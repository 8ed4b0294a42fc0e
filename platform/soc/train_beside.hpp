// A training in a process of its own, for tables of several.
#pragma once

#include "platform/soc/run.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace acf::platform {

// Its report; everything of it is in OUT/FOLDER. Expectations and comparisons of `c` are left out. Throws input_error
// if it fails, or the dense twin that train.twin asks for.
nlohmann::ordered_json train_beside(config c, const run_options& of, const std::string& folder);

// SHA-256 of the weights that it has left there.
std::string weights_trained_beside(const run_options& of, const std::string& folder);

} // namespace acf::platform
