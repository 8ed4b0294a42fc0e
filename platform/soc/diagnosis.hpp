// What a person needs to hear when a run did not end by itself: who waits for what, which command failed, where the
// program stands.
#pragma once

#include "platform/soc/open_traps.hpp"
#include "platform/soc/program.hpp"
#include "platform/soc/soc.hpp"
#include "platform/soc/submissions.hpp"

#include <string>
#include <vector>

namespace acf::platform {

// Address, function, file and line as far as the program's symbols know; it may be null.
std::string describe_address(std::uint64_t address, const program* program);

// Where the calls that lead to where the hart is return to less the call itself, innermost first; at most so many.
// Found by scanning the stack, because optimised code keeps no frame pointers. Nothing without symbols.
std::vector<std::uint64_t> return_addresses(cpu::cpu_core& core, const program* program, unsigned most);

// Cause, mtval, registers and call stack of a trap at the place where it was taken.
std::string describe_trap(cpu::cpu_core& core, const taken_trap& trap, const program* program);
// The trap of a hart whose trap handler traps itself, or whose mtvec leads nowhere; then how the handler fails.
std::string describe_trap_loop(cpu::cpu_core& core, const taken_trap* first, const program* program);
// Whether nobody has ever set mtvec to something that can be executed.
bool has_no_handler(const cpu::cpu_core& core);

// Per hart, tile and interrupt source: who waits for whom.
std::string why_stuck(soc& chip, const program* program);

// For each tile with STATUS.ERROR set: which command failed, how, and which code rang for it.
std::vector<std::string> tile_errors(soc& chip, const submissions& from);

} // namespace acf::platform
