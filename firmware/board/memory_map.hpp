#pragma once
// Where the host's own peripherals are, and their interrupt numbers: the map of QEMU's `virt` machine.
#include <cstdint>

namespace acf::board::memory_map {
inline constexpr std::uint64_t finisher = 0x0010'0000, clint = 0x0200'0000, plic = 0x0c00'0000, uart = 0x1000'0000,
                               fabric = 0x4000'0000, dram = 0x8000'0000;
inline constexpr unsigned uart_interrupt = 10;
} // namespace acf::board::memory_map
