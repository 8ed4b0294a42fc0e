// CLINT: timer and software interrupts of the harts, laid out as SiFive's and QEMU's.
#pragma once

#include "sw_stack/hal/registers.hpp"

namespace acf::hal::clint {

inline constexpr std::uint32_t max_harts = 8;
inline constexpr std::uint32_t timebase_hz = 10'000'000;

inline constexpr reg msip{"MSIP",
                          0x0000,
                          4,
                          0,
                          {{"PENDING", 0, 1, access::rw, "the machine software interrupt of the hart"}},
                          "Software interrupts, one register per hart.",
                          max_harts,
                          4};
inline constexpr reg mtimecmp{"MTIMECMP", 0x4000,
                              8,          ~std::uint64_t{0},
                              access::rw, "The machine timer interrupt of the hart is pending while MTIME >= MTIMECMP.",
                              max_harts,  8};
inline constexpr reg mtime{"MTIME", 0xBFF8, 8, 0, access::rw, "Ticks of 10 MHz since reset."};

inline constexpr reg registers[] = {msip, mtimecmp, mtime};
inline constexpr register_block block =
    make_block("CLINT", 0x1'0000, registers,
               "Core-local interruptor. Registers of harts that are not there are not there.", {true, true});

} // namespace acf::hal::clint
