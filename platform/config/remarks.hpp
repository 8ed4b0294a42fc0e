// What a reader of the report should know about the configuration.
#pragma once

#include "platform/config/config.hpp"

#include <string>
#include <vector>

namespace acf::platform {

// "fabric.freq_mhz: ...", for frequencies that had to be rounded, and for keys that were given and change nothing, of
// comparisons in any of their runs. `trains`: the firmware takes a job.
std::vector<std::string> remarks_on(const config& c, bool trains);

} // namespace acf::platform
