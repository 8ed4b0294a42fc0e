// Why a hart comes back from running, and what a debugger makes it stop at.
#pragma once
#include "models/cpu/bus.hpp"
#include <compare>

namespace acf::cpu {

enum class stop {
  none,
  budget,     // the slice is used up
  wfi,        // asleep until an enabled interrupt becomes pending
  requested,  // request_stop()
  breakpoint, // before the instruction at pc
  watchpoint, // after the instruction that touched it; see watch_hit
  ebreak,     // on an ebreak that belongs to the debugger
  stepped,    // request_step()
  trap_loop,  // a trap handler that traps for ever; see trap_history.hpp
};

struct run_result {
  stop why;
  std::uint64_t instructions;
  cycles elapsed; // may exceed the budget by the rest of the last instruction
};

struct watchpoint {
  std::uint64_t first, last; // inclusive
  bool on_read, on_write;
  auto operator<=>(const watchpoint&) const = default;
};

} // namespace acf::cpu
