// What a person needs to hear when a run did not end by itself: who waits for what, which command failed, where the
// program stands.
#pragma once

#include "platform/soc/caller.hpp"
#include "platform/soc/program.hpp"
#include "platform/soc/soc.hpp"
#include "platform/soc/submissions.hpp"

#include <string>
#include <vector>

namespace acf::platform {

// Address, function, file and line as far as the program's symbols know; it may be null. Of an inlined function its own
// name, and the function that it is in.
std::string describe_address(std::uint64_t address, const program* program);

// The calls that lead to `pc` with registers `x` in mode `by`, innermost first; at most so many. By call frame
// information; in code that has none (assembly), return addresses are looked for in ra and on the stack. Nothing
// without symbols.
std::vector<caller> callers_of(cpu::cpu_core& core, std::uint64_t pc, const std::array<std::uint64_t, 33>& x,
                               cpu::privilege by, const program* program, unsigned most);
// "called from ..." of one of them, a line for each function that was inlined there, with this before each.
std::string describe_caller(const caller& from, const program* program, std::string_view before);

// An exception of a hart: cause, registers, instructions and call stack of that moment.
std::string describe_fault(cpu::cpu_core& core, const cpu::exception_taken& fault, const program* program);

// The same, and the trap that repeats itself, of a hart whose trap handler traps.
std::string describe_trap_loop(cpu::cpu_core& core, const program* program);

// Per hart, tile and interrupt source: who waits for whom.
std::string why_stuck(soc& chip, const program* program);

// For each tile with STATUS.ERROR set: which command failed, how, and which code rang for it.
std::vector<std::string> tile_errors(soc& chip, const submissions& from);

} // namespace acf::platform
