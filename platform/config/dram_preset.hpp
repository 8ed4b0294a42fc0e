// Memory technologies as files: scenarios/dram/NAME.yaml, or a file of one's own. One table for the chip in both
// timings, for the DRAM alone against reference points, and for energy.
#pragma once

#include "models/dram/device.hpp"
#include "platform/config/complaint.hpp"

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace acf::platform {

// Those that come with the platform, as `dram.preset` names them.
inline constexpr std::array<std::string_view, 7> dram_preset_names{
    "hbm2", "ddr4_3200", "ddr4_3200_1rank", "lpddr4_3200", "lpddr4_2400", "hbm2_chlow", "lpddr4_3200_chmid"};

struct dram_preset {
  dram::device device;    // its name is that of the file, without ending
  std::string technology; // row of `dram_byte` in the energy tables
  std::string reference;  // configuration of DRAMsim3 that it is; may be empty
};

struct dram_preset_reading {
  dram_preset value;
  std::vector<complaint> complaints; // with file and line; empty: value is complete and consistent
};

// A name of the list, or the path of a file. A file may begin with `like: OTHER`, whose numbers it changes.
dram_preset_reading read_dram_preset(const std::string& name);
// Throws input_error with all complaints.
dram_preset dram_preset_of(const std::string& name);

// Whether a value of `dram.preset` is a path.
bool is_dram_preset_file(const std::string& name);

} // namespace acf::platform
