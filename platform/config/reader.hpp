// Scenario file and --set options in, configuration out, with every complaint of one pass.
#pragma once

#include "platform/config/complaint.hpp"
#include "platform/config/config.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace acf::platform {

// Where each key was last given: rules that concern several keys name the one that the user wrote.
using origins = std::map<std::string, std::vector<origin>>;

// About the first of the keys that was given, under its name; of none about the first.
complaint complaint_about(std::span<const std::string> keys, const origins& given, const std::string& text);

struct config_reading {
  config value;
  origins given;
  std::vector<complaint> complaints; // empty: value is complete and consistent

  bool ok() const { return complaints.empty(); }
};

// Defaults, then the scenario, then the --set options in their order ("key=value").
config_reading read_config(const std::optional<std::filesystem::path>& scenario, std::span<const std::string> sets);

} // namespace acf::platform
