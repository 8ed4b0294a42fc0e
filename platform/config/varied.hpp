// A configuration in which one key has another value.
#pragma once

#include "platform/config/config.hpp"

#include <string>

namespace acf::platform {

// Of `value` as the user would write it behind --set. Throws std::invalid_argument: what was expected.
config varied(const config& c, const std::string& key, const std::string& value);

} // namespace acf::platform
