// Exceptions and interrupts: into the handler and back.
#include "models/cpu/hart.hpp"

namespace acf::cpu {

void hart::set_interrupt(interrupt line, bool level) { mip = level ? mip | bit(line) : mip & ~bit(line); }

void hart::enter_trap(std::uint64_t number, std::uint64_t value) {
  if (seen_by) {
    take_back_host_fpu();
    seen_by->on_trap(*this, number, value);
    lend_host_fpu();
  }
  const bool is_interrupt = (number & interrupt_flag) != 0;
  if (!is_interrupt) { // the same instruction trapping again and again without one retired: nothing can change that
    barren_traps = instret == last_trap_instret && pc == last_trap_pc ? barren_traps + 1 : 0;
    last_trap_instret = instret;
    last_trap_pc = pc;
    if (barren_traps >= 2) why = stop::trap_loop;
  }
  mepc = pc;
  mcause = number;
  mtval = value;
  const std::uint64_t enabled = mstatus & status::mie ? status::mpie : 0;
  mstatus = (mstatus & ~(status::mie | status::mpie | status::mpp)) | enabled |
            static_cast<std::uint64_t>(mode) << status::mpp_shift;
  mode = privilege::machine;
  link = nullptr; // what was about to follow does not: the handler does
  const bool vectored = (mtvec & 1) != 0 && is_interrupt;
  pc = (mtvec & ~std::uint64_t{3}) + (vectored ? 4 * (number & ~interrupt_flag) : 0);
}

void hart::take_interrupt() {
  // Highest priority first, as the privileged specification orders them.
  for (const interrupt i : {interrupt::machine_external, interrupt::machine_software, interrupt::machine_timer})
    if (mip & mie & bit(i)) return enter_trap(interrupt_flag | static_cast<std::uint64_t>(i), 0);
}

void hart::return_from_machine_trap() {
  const bool enabled = (mstatus & status::mpie) != 0;
  mode = privilege::machine;
  mstatus = (mstatus & ~status::mie) | status::mpie | (enabled ? status::mie : 0);
  pc = mepc;
}

flow hart::raise(const insn* i, cause why_trapped, std::uint64_t value, std::int64_t left) {
  leave(i, left);
  enter_trap(static_cast<std::uint64_t>(why_trapped), value);
  slice_left -= configuration.costs.trap;
  return nullptr;
}

flow hart::illegal(const insn* i, std::int64_t left) { return raise(i, cause::illegal_instruction, raw_at(i), left); }

} // namespace acf::cpu
