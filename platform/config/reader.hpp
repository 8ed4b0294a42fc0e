// Scenario file and --set options in, configuration out, with every complaint of one pass.
#pragma once

#include "platform/config/complaint.hpp"
#include "platform/config/config.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace acf::platform {

struct reading {
  config value;
  std::vector<complaint> complaints; // empty: value is complete and consistent

  bool ok() const { return complaints.empty(); }
};

// Defaults, then the scenario, then the --set options in their order ("key=value").
reading read_config(const std::optional<std::filesystem::path>& scenario, std::span<const std::string> sets);

} // namespace acf::platform
