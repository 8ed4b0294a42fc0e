// SCRATCH: remembers a word for software and interrupts when it has been written.
#pragma once

#include "sw_stack/hal/registers.hpp"

namespace acf::hal::scratch {

inline constexpr reg value{"VALUE", 0x00, 4, 0, access::rw, "Any word. Writing it sets STATUS.WRITTEN."};
inline constexpr reg control{"CONTROL",
                             0x04,
                             4,
                             0,
                             {{"INTERRUPT", 0, 1, access::rw, "raise the interrupt while STATUS.WRITTEN is set"}},
                             "What the register does."};
inline constexpr reg status{"STATUS",
                            0x08,
                            4,
                            0,
                            {{"WRITTEN", 0, 1, access::w1c, "VALUE has been written"}},
                            "What has happened to the register."};

inline constexpr reg registers[] = {value, control, status};
inline constexpr register_block block = make_block("SCRATCH", 0x1000, registers, "Scratch register.");

} // namespace acf::hal::scratch
