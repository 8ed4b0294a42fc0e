// Exceptions and interrupts: into the handler and back.
#include "models/cpu/hart.hpp"

namespace acf::cpu {
namespace {

// Moves the interrupt enable of a mode to where it was before, and back.
constexpr std::uint64_t stacked(std::uint64_t mstatus, std::uint64_t enable, std::uint64_t previous) {
  return (mstatus & ~(enable | previous)) | (mstatus & enable ? previous : 0);
}
constexpr std::uint64_t unstacked(std::uint64_t mstatus, std::uint64_t enable, std::uint64_t previous) {
  return (mstatus & ~enable) | previous | (mstatus & previous ? enable : 0);
}

} // namespace

void hart::set_interrupt(interrupt line, bool level) {
  if (line == interrupt::supervisor_external) {
    seip_line = level;
    level = level || seip_written;
  }
  mip = level ? mip | bit(line) : mip & ~bit(line);
}

void hart::update_timer() {
  sample_timer();
  port.timer_set(compares_time() ? stimecmp : ~std::uint64_t{0});
}

std::uint64_t hart::deliverable() const {
  const std::uint64_t pending = mip & mie;
  const bool to_machine = mode != privilege::machine || (mstatus & status::mie);
  const bool to_supervisor = mode == privilege::user || (mode == privilege::supervisor && (mstatus & status::sie));
  if (const std::uint64_t m = pending & ~mideleg; m != 0 && to_machine) return m;
  return to_supervisor ? pending & mideleg : 0;
}

void hart::enter_trap(std::uint64_t number, std::uint64_t value) {
  if (seen_by) {
    take_back_host_fpu();
    seen_by->on_trap(*this, number, value);
    lend_host_fpu();
  }
  const bool is_interrupt = (number & interrupt_flag) != 0;
  const std::uint64_t code = number & ~interrupt_flag;
  const bool delegated = mode != privilege::machine && ((is_interrupt ? mideleg : medeleg) >> code & 1);
  const privilege by = delegated ? privilege::supervisor : privilege::machine;
  if (is_interrupt)
    traps.interrupted(by);
  else if (traps.enter(*this, code, value, by))
    why = stop::trap_loop;
  ++performed[is_interrupt ? event::interrupts : event::exceptions];
  reservation.valid = false;
  link = nullptr; // what was about to follow does not: the handler does
  const auto handler = [&](std::uint64_t vector) {
    return (vector & ~std::uint64_t{3}) + ((vector & 1) && is_interrupt ? 4 * code : 0);
  };
  if (delegated) {
    sepc = pc;
    scause = number;
    stval = value;
    mstatus = stacked(mstatus, status::sie, status::spie) & ~status::spp;
    mstatus |= static_cast<std::uint64_t>(mode) << status::spp_shift;
    mode = by;
    pc = handler(stvec);
  } else {
    mepc = pc;
    mcause = number;
    mtval = value;
    mstatus = stacked(mstatus, status::mie, status::mpie) & ~status::mpp;
    mstatus |= static_cast<std::uint64_t>(mode) << status::mpp_shift;
    mode = by;
    pc = handler(mtvec);
  }
  update_context();
}

void hart::take_interrupt() {
  const std::uint64_t ready = deliverable();
  // Highest priority first, as the privileged specification orders them.
  for (const interrupt i :
       {interrupt::machine_external, interrupt::machine_software, interrupt::machine_timer,
        interrupt::supervisor_external, interrupt::supervisor_software, interrupt::supervisor_timer})
    if (ready & bit(i)) return enter_trap(interrupt_flag | static_cast<std::uint64_t>(i), 0);
}

void hart::return_from_machine_trap() {
  traps.returned(privilege::machine);
  mode = static_cast<privilege>((mstatus & status::mpp) >> status::mpp_shift);
  mstatus = unstacked(mstatus, status::mie, status::mpie) & ~status::mpp;
  if (mode != privilege::machine) mstatus &= ~status::mprv;
  pc = mepc;
  reservation.valid = false;
  update_context();
}

void hart::return_from_supervisor_trap() {
  traps.returned(privilege::supervisor);
  mode = mstatus & status::spp ? privilege::supervisor : privilege::user;
  mstatus = unstacked(mstatus, status::sie, status::spie) & ~(status::spp | status::mprv);
  pc = sepc;
  reservation.valid = false;
  update_context();
}

flow hart::raise(const insn* i, cause why_trapped, std::uint64_t value, std::int64_t left) {
  leave(i, left);
  enter_trap(static_cast<std::uint64_t>(why_trapped), value);
  slice_left -= configuration.costs.trap;
  return nullptr;
}

flow hart::illegal(const insn* i, std::int64_t left) { return raise(i, cause::illegal_instruction, raw_at(i), left); }

} // namespace acf::cpu
