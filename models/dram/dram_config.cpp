#include "models/dram/preset.hpp"

#include <algorithm>
#include <stdexcept>

namespace acf::dram {
namespace {

// name, channels, width, tCK, BL, CL, tRCD. An idle read and its burst take (1 + tRCD + CL + BL/2)
// tCK: 31.0, 30.9, 41.3 and 34.0 ns; the reference's idle sequential reads show the same as their 99th percentile
// (their row misses).
constexpr preset table[] = {
    {"hbm2", 8, 128, 1'000'000, 4, 14, 14},      // HBM2_8Gb_x128.ini, 8 x 32.0 B/ns
    {"ddr4_3200", 1, 64, 630'000, 8, 22, 22},    // DDR4_8Gb_x8_3200.ini, 25.4 B/ns
    {"lpddr4_3200", 4, 16, 625'000, 16, 28, 29}, // LPDDR4_8Gb_x16_3200_4ch_chlow_derived.ini, 4 x 6.4 B/ns
    {"lpddr4_2400", 1, 64, 830'000, 16, 17, 15}, // LPDDR4_8Gb_x16_2400.ini, 19.3 B/ns
};

const preset& find(const std::string& name) {
  const auto* p = std::ranges::find(table, name, &preset::name);
  if (p != std::end(table)) return *p;
  std::string known;
  for (const auto& t : table) known += (known.empty() ? "" : ", ") + std::string(t.name);
  throw std::invalid_argument("dram.preset: " + name + "; expected one of " + known);
}

} // namespace

std::span<const preset> presets() { return table; }

common::channel_map make_map(const dram_config& config) {
  const auto& p = find(config.preset);
  const common::channel_map map{config.base, config.size, config.channels != 0 ? config.channels : p.channels,
                                config.interleave};
  map.validate();
  return map;
}

channel_timing make_timing(const dram_config& config) {
  const auto& p = find(config.preset);
  const auto width = config.width_bits != 0 ? config.width_bits : p.width_bits;
  if (width % 8 != 0 || width > 1024 || p.clock_fs % (width / 4) != 0)
    throw std::invalid_argument("dram.width_bits: expected a multiple of 8 up to 1024 that divides the clock of " +
                                std::string(p.name) + " evenly, not " + std::to_string(width));
  const auto clocks = [&](std::uint64_t n) { return n * p.clock_fs / 1000; };
  return {width / 8 * p.burst_length, p.clock_fs / (width / 4), clocks(1 + p.ras_clocks + p.cas_clocks), clocks(1)};
}

} // namespace acf::dram
