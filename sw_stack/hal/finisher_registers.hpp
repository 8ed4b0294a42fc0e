// FINISHER: ends the run, as sifive,test0/test1.
#pragma once

#include "sw_stack/hal/registers.hpp"

namespace acf::hal::finisher {

enum class request : std::uint32_t { pass = 0x5555, fail = 0x3333, reset = 0x7777 };

inline constexpr reg finish{
    "FINISH",
    0x0,
    4,
    0,
    {{"REQUEST", 0, 16, access::w1s, "0x5555 pass, 0x3333 fail, 0x7777 reset; others: no effect"},
     {"CODE", 16, 16, access::w1s, "exit code of a fail"}},
    "Ends the run."};

inline constexpr reg registers[] = {finish};
inline constexpr register_block block = make_block("FINISHER", 0x1000, registers, "Test finisher.", {false, true});

} // namespace acf::hal::finisher
