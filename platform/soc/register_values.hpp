// The registers of a block by name, with the values they have now.
#pragma once

#include "models/cpu/cpu_core.hpp"
#include "platform/config/config.hpp"

#include <string>

namespace acf::platform {

// A line per register that can be read, with its fields; `block` is a kind or an instance, as for `acf-vp regs
// --block`. Read as a debugger reads: no time passes, nothing changes. A text that says so if there is no such block.
std::string registers_now(cpu::cpu_core& by, const config& c, const std::string& block);

} // namespace acf::platform
