#pragma once
// Platform-level interrupt controller: device interrupts, one handler each, for the machine mode of one hart.
#include <cstdint>

namespace acf::board::plic {

inline constexpr unsigned sources = 128; // sources that can have a handler: 1..127
using handler = void (*)(unsigned source);

// Takes the controller into use for this hart (threshold 0, no source enabled) and routes the hart's external interrupt
// to the handlers below. Call once, before hart::enable_interrupts().
void start();

// Calls `what` for every interrupt of `source`; it must quiet the device before it returns. Priority 1..7.
void enable(unsigned source, handler what, unsigned priority = 1);
void disable(unsigned source);

void set_threshold(unsigned priority);
unsigned claim(); // 0: nothing pending
void complete(unsigned source);

} // namespace acf::board::plic
