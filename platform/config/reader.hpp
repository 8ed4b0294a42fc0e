// Scenario file and --set options in, configuration out, with every complaint of one pass.
#pragma once

#include "platform/config/config.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace acf::platform {

// Where a value was given: a line of a scenario, or the n-th --set option (then file is "--set" and line is n).
struct origin {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct complaint {
  origin at;
  std::string text; // "key 'mesh.widht': expected ..., did you mean 'mesh.width'?"

  std::string line() const; // "FILE:LINE: text"
};

struct reading {
  config value;
  std::vector<complaint> complaints; // empty: value is complete and consistent

  bool ok() const { return complaints.empty(); }
};

// Defaults, then the scenario, then the --set options in their order ("key=value").
reading read_config(const std::optional<std::filesystem::path>& scenario, std::span<const std::string> sets);

} // namespace acf::platform
