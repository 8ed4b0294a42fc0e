// The configurations of three DRAM simulators, as parameter lists, in our own terms. Those of DRAMsim3 that a preset of
// scenarios/dram is need no list.
#pragma once

#include "models/dram/device.hpp"
#include "platform/reference/csv_table.hpp"

#include <map>
#include <string>

namespace acf::platform {

class dram_parameters {
public:
  dram_parameters() = default; // presets only
  // Columns tool, config_file, section, parameter, value, unit. Throws input_error.
  explicit dram_parameters(const csv_table& table);

  // The list if there is one, else the preset. Throws input_error with the known names when there is no such
  // configuration, or when a parameter is missing.
  // `access_bytes`: of one native access, as the points say.
  dram::device device(const std::string& tool, const std::string& config_file, std::uint32_t access_bytes) const;

private:
  dram::device preset(const std::string& tool, const std::string& config_file) const;

  using list = std::map<std::string, std::string>;
  std::map<std::string, list> by_configuration_; // "tool config_file"
};

} // namespace acf::platform
