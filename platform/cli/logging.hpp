// The log: one spdlog logger per part of the platform, all to stderr, with simulated time and no other (equal runs log
// equal lines).
#pragma once

#include <string>
#include <vector>

namespace acf::platform {

// Creates the loggers; `settings` are "LEVEL" for all or "MODULE=LEVEL" for one. Parts get theirs by
// spdlog::get("noc"). Throws input_error for a module or level that does not exist.
void set_up_logging(const std::vector<std::string>& settings);

} // namespace acf::platform
