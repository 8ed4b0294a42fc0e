#include "models/dram/dram_config.hpp"

#include <stdexcept>

namespace acf::dram {

common::channel_map make_map(const dram_config& config) {
  const common::channel_map map{config.base, config.size,
                                config.channels != 0 ? config.channels : config.technology.channels, config.interleave};
  map.validate();
  return map;
}

channel_timing make_timing(const dram_config& config) {
  const auto& d = config.technology;
  const auto width = config.width_bits != 0 ? config.width_bits : d.width_bits;
  if (width % 8 != 0 || width > 1024 || d.clock_fs % (width / 4) != 0)
    throw std::invalid_argument("dram.width_bits: expected a multiple of 8 up to 1024 that divides the clock of " +
                                d.name + " evenly, not " + std::to_string(width));
  const auto clocks = [&](std::uint64_t n) { return n * d.clock_fs / 1000; };
  return {width / 8 * d.burst_length, d.clock_fs / (width / 4), clocks(std::uint64_t{1} + d.rcd_read + d.cl),
          clocks(1)};
}

device make_device(const dram_config& config) {
  const auto map = make_map(config); // refuses what no memory can be
  device d = config.technology;
  d.channels = map.channels;
  if (config.width_bits != 0) d.width_bits = config.width_bits;
  d.page = config.page;
  d.validate();
  if (map.size > d.capacity())
    throw std::invalid_argument(d.name + ".size: " + std::to_string(map.size >> 20) + " MiB; expected at most the " +
                                std::to_string(d.capacity() >> 20) + " MiB that its rows and columns hold");
  return d;
}

} // namespace acf::dram
