// Where everything is. Like QEMU's `virt` machine wherever the two overlap, so that one image runs on both.
#pragma once

#include <cstdint>

namespace acf::hal::map {

inline constexpr std::uint64_t boot_rom = 0x0000'1000, boot_rom_size = 0xF000;
inline constexpr std::uint64_t test_finisher = 0x0010'0000, test_finisher_size = 0x1000;
inline constexpr std::uint64_t watchdog = 0x0010'2000, watchdog_size = 0x1000;
inline constexpr std::uint64_t clint = 0x0200'0000, clint_size = 0x1'0000;
inline constexpr std::uint64_t plic = 0x0C00'0000, plic_size = 0x60'0000;
inline constexpr std::uint64_t uart = 0x1000'0000, uart_size = 0x100;

inline constexpr std::uint64_t fabric = 0x4000'0000; // the GLOBAL block
inline constexpr std::uint64_t fabric_size = 0x1000'0000;
inline constexpr std::uint64_t global_block = fabric;
inline constexpr std::uint64_t tiles = 0x4100'0000; // one window per tile, tile = y * width + x
inline constexpr std::uint64_t tile_window = 0x1'0000;
inline constexpr std::uint64_t routing = 0x4800'0000; // one window per router
inline constexpr std::uint64_t routing_window = 0x4000;

inline constexpr std::uint64_t dram = 0x8000'0000;

// The loader puts the job image here; firmware owns what lies below.
inline constexpr std::uint64_t job_image = 0x9000'0000;

inline constexpr std::uint64_t tile_base(std::uint32_t tile) { return tiles + tile * tile_window; }
inline constexpr std::uint64_t routing_base(std::uint32_t router) { return routing + router * routing_window; }

} // namespace acf::hal::map

// Interrupt numbers at the PLIC.
namespace acf::hal::irq {
inline constexpr std::uint32_t uart = 10;
inline constexpr std::uint32_t fabric = 32;
inline constexpr std::uint32_t watchdog = 33;
} // namespace acf::hal::irq
