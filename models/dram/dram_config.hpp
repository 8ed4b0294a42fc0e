// Configuration of the memory system: a technology, and how much of it the chip has.
#pragma once

#include <cstdint>

#include "models/common/channel_map.hpp"
#include "models/dram/device.hpp"

namespace acf::dram {

struct dram_config {
  device technology;                           // as a preset file describes it
  std::uint32_t channels = 0;                  // 0: the technology's
  std::uint32_t width_bits = 0;                // of one channel; 0: the technology's
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

// What lt needs to know, derived from technology and configuration.
struct channel_timing {
  std::uint32_t access_bytes;     // one burst: width * BL; smaller accesses occupy a whole one
  std::uint64_t fs_per_byte;      // tCK / (2 width): 31250 for HBM2 = 32 B/ns
  std::uint64_t read_latency_ps;  // (1 + tRCD + CL) tCK: a read of an idle bank, without its data burst
  std::uint64_t write_latency_ps; // 1 tCK: writes are posted, visible to everybody once the controller has them
};

// All throw std::invalid_argument naming the key ("dram.channels: ...").
common::channel_map make_map(const dram_config& config);
channel_timing make_timing(const dram_config& config);
device make_device(const dram_config& config); // for at timing: the technology with the configuration's sizes

} // namespace acf::dram
