// What a person needs to hear when a run did not end by itself: who waits for what, which command failed, where the
// program stands.
#pragma once

#include "platform/soc/program.hpp"
#include "platform/soc/soc.hpp"

#include <string>
#include <vector>

namespace acf::platform {

// Address, function, file and line as far as the program's symbols know; it may be null.
std::string describe_address(std::uint64_t address, const program* program);

// Cause, mtval, registers and call stack of a hart whose trap handler traps itself.
std::string describe_trap_loop(cpu::cpu_core& core, const program* program);

// Per hart, tile and interrupt source: who waits for whom.
std::string why_stuck(soc& chip, const program* program);

// One line per tile with STATUS.ERROR set.
std::vector<std::string> tile_errors(soc& chip, const program* program);

} // namespace acf::platform
