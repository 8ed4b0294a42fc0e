// Which DRAM channel holds an address. The network interfaces of the mesh route by it, the controller decodes with it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "sw_stack/hal/memory_map.hpp"

namespace acf::common {

// Channels take turns every `interleave` bytes, starting with channel 0 at `base`.
struct channel_map {
  std::uint64_t base = hal::map::dram;
  std::uint64_t size = std::uint64_t{8} << 30; // bytes
  std::uint32_t channels = 8;
  std::uint32_t interleave = 1024; // bytes; one packet of the mesh

  bool contains(std::uint64_t address, std::uint64_t length) const {
    return address >= base && length <= size && address - base <= size - length;
  }
  std::uint32_t channel_of(std::uint64_t address) const {
    return static_cast<std::uint32_t>((address - base) / interleave % channels);
  }
  // Bytes from `address` to where the next channel begins.
  std::uint64_t run(std::uint64_t address) const { return interleave - (address - base) % interleave; }

  // Throws std::invalid_argument naming the key when no such memory can be built.
  void validate() const {
    if (channels == 0 || channels > 64)
      throw std::invalid_argument("dram.channels: " + std::to_string(channels) + "; expected 1 to 64");
    if (interleave < 64 || interleave > 1u << 20 || (interleave & (interleave - 1)) != 0)
      throw std::invalid_argument("dram.interleave: " + std::to_string(interleave) +
                                  " bytes; expected a power of two from 64 to 1048576");
    constexpr std::uint64_t mib = 1 << 20;
    if (size == 0 || size % mib != 0 || size > (std::uint64_t{1} << 40))
      throw std::invalid_argument("dram.size_mib: " + std::to_string(size) +
                                  " bytes; expected whole MiB, from 1 MiB to 1 TiB");
  }
};

} // namespace acf::common
