// What a chip says about itself in the registers of the GLOBAL block. The bridge's reset values and the register
// document both come from here.
#pragma once

#include "sw_stack/hal/global_registers.hpp"

#include <cstdint>
#include <optional>

namespace acf::host_bridge {

struct chip_description {
  std::uint32_t mesh_width, mesh_height, virtual_channels, buffer_flits;
  std::uint32_t lanes;
  hal::global::engine_id engine;
  std::uint32_t vector_lanes, sram_kib, dram_channels, dram_mib, clock_mhz;

  std::uint32_t tiles() const { return mesh_width * mesh_height; }
  std::uint32_t nodes() const { return tiles() + dram_channels + 1; } // the last is the host bridge
};

// The registers that differ from chip to chip.
inline constexpr const hal::reg* capability_registers[] = {&hal::global::mesh,  &hal::global::engine,
                                                           &hal::global::sram,  &hal::global::dram,
                                                           &hal::global::nodes, &hal::global::clock};

// The value of such a register; nothing for another one.
std::optional<std::uint64_t> capability(const chip_description& c, const hal::reg& r);

} // namespace acf::host_bridge
