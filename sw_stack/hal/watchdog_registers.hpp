// WATCHDOG: raises its interrupt when software has not kicked it for TIMEOUT clocks, resets the chip at the next time.
#pragma once

#include "sw_stack/hal/registers.hpp"

namespace acf::hal::watchdog {

inline constexpr std::uint32_t kick_key = 0x6B69'636B; // "kick"

inline constexpr reg control{
    "CONTROL",          0x00, 4, 0, {{"ENABLE", 0, 1, access::rw, "count; setting it starts from TIMEOUT"}},
    "Watchdog control."};
inline constexpr reg timeout{
    "TIMEOUT",   0x04,       4,
    0xFFFF'FFFF, access::rw, "Bus clocks from a kick to zero, at least 1. Takes effect with the next kick."};
inline constexpr reg count{"COUNT", 0x08, 4, 0xFFFF'FFFF, access::ro, "Bus clocks left."};
inline constexpr reg status{
    "STATUS",
    0x0C,
    4,
    0,
    {{"TIMED_OUT", 0, 1, access::w1c, "COUNT has reached zero; the interrupt is pending. At zero again: reset"}},
    "Watchdog state."};
inline constexpr reg kick{
    "KICK", 0x10,       4,
    0,      access::wo, "Writing 0x6B69636B restarts COUNT from TIMEOUT; any other value is an access fault."};

inline constexpr reg registers[] = {control, timeout, count, status, kick};
inline constexpr register_block block = make_block("WATCHDOG", 0x1000, registers, "Watchdog.");

} // namespace acf::hal::watchdog
