#include "platform/cli/device_tree_output.hpp"

namespace acf::platform {

std::optional<std::string> device_tree(const config&, device_tree_form) { return std::nullopt; }

} // namespace acf::platform
