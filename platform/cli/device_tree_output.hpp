// The device tree that firmware finds in a1, for `acf-vp describe --format dts|dtb`.
#pragma once

#include "platform/config/config.hpp"

#include <string>

namespace acf::platform {

enum class device_tree_form { source, blob };

std::string device_tree(const config& c, device_tree_form form);

} // namespace acf::platform
