// Memory technologies as data, and the configuration of the memory system.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "models/common/channel_map.hpp"
#include "models/dram/device.hpp"

namespace acf::dram {

// One technology; clocks are of the memory's own clock, data move twice a clock.
// Source: the DRAMsim3 files named in dram_parameters.csv of the reference timing tables.
struct preset {
  std::string_view name;
  std::uint32_t channels;
  std::uint32_t width_bits;   // of one channel
  std::uint32_t clock_fs;     // tCK
  std::uint32_t burst_length; // BL, transfers
  std::uint32_t cas_clocks;   // CL
  std::uint32_t ras_clocks;   // tRCD (reads)
};
std::span<const preset> presets();

struct dram_config {
  std::string preset = "hbm2";                 // hbm2 ddr4_3200 lpddr4_3200 lpddr4_2400
  std::uint32_t channels = 0;                  // 0: the preset's
  std::uint32_t width_bits = 0;                // of one channel; 0: the preset's
  std::uint64_t size = std::uint64_t{8} << 30; // bytes
  std::uint32_t interleave = 1024;             // bytes; one packet of the mesh
  std::uint64_t base = hal::map::dram;         // address of the first byte
  bool random_contents = true;                 // at power-on, as silicon; else zero
  std::uint64_t seed = 0;                      // of the contents
  std::uint64_t cycle_ps = 1000;               // fabric clock period: unit of the counters
  std::uint64_t host_latency_ps = 10'000;      // of the host's port, on top of the memory's own; an assumption
  bool banks = false;                          // at timing: commands and banks instead of calendars
  page_policy page = page_policy::open;        // matters with banks only
};

// What lt needs to know, derived from preset and configuration.
struct channel_timing {
  std::uint32_t access_bytes;     // one burst: width * BL; smaller accesses occupy a whole one
  std::uint64_t fs_per_byte;      // tCK / (2 width): 31250 for HBM2 = 32 B/ns
  std::uint64_t read_latency_ps;  // (1 + tRCD + CL) tCK: a read of an idle bank, without its data burst
  std::uint64_t write_latency_ps; // 1 tCK: writes are posted, visible to everybody once the controller has them
};

// Both throw std::invalid_argument naming the key ("dram.preset: ...").
common::channel_map make_map(const dram_config& config);
channel_timing make_timing(const dram_config& config);

} // namespace acf::dram
