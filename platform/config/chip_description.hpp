// The chip of a configuration as its registers describe it.
#pragma once

#include "models/host_bridge/capabilities.hpp"
#include "platform/config/config.hpp"

namespace acf::platform {

host_bridge::chip_description chip_description_of(const config& c);

} // namespace acf::platform
