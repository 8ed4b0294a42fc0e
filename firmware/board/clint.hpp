#pragma once
// Core-local interruptor: the machine timer and software interrupts between harts.
#include <cstdint>

#include "firmware/board/mmio.hpp"
#include "sw_stack/hal/memory_map.hpp"

namespace acf::board::clint {

inline constexpr std::uint64_t msip = hal::map::clint, mtimecmp = hal::map::clint + 0x4000,
                               mtime = hal::map::clint + 0xbff8;
inline constexpr std::uint64_t never = ~std::uint64_t{0};

inline std::uint64_t now() { return mmio::read64(mtime); } // in ticks of the device tree's timebase-frequency
// The timer interrupt of the hart is pending while now() >= ticks.
inline void set_alarm(std::uint64_t hart, std::uint64_t ticks) { mmio::write64(mtimecmp + 8 * hart, ticks); }
inline void raise_software_interrupt(std::uint64_t hart) { mmio::write32(msip + 4 * hart, 1); }
inline void clear_software_interrupt(std::uint64_t hart) {
  mmio::write32(msip + 4 * hart, 0);
  static_cast<void>(mmio::read32(msip + 4 * hart)); // returns only after the write has arrived
}

} // namespace acf::board::clint
