// The commands of a tile for C and assembler: records, opcodes and the numbers that stand in them, from sw_stack/hal.
#pragma once

#include <string>

namespace acf::platform {

std::string command_definitions(); // part of the exported header; C11, defines also for the assembler

} // namespace acf::platform
