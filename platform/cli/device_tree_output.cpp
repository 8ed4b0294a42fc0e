#include "platform/cli/device_tree_output.hpp"

#include "platform/device_tree.hpp"

namespace acf::platform {

std::string device_tree(const config& c, device_tree_form form) {
  const auto tree = make_device_tree(device_tree_of(c));
  if (form == device_tree_form::source) return device_tree_source(tree);
  return {tree.begin(), tree.end()};
}

} // namespace acf::platform
