#include "models/cpu/trap_history.hpp"

namespace acf::cpu {
namespace {

constexpr unsigned stack_pointer = 2;

bool calls_environment(std::uint64_t cause) {
  return cause == static_cast<std::uint64_t>(cause::ecall_user) ||
         cause == static_cast<std::uint64_t>(cause::ecall_supervisor) ||
         cause == static_cast<std::uint64_t>(cause::ecall_machine);
}

} // namespace

bool trap_history::goes_on(const registers& now, const registers& then) {
  return static_cast<std::int64_t>(now[stack_pointer] - then[stack_pointer]) < 0 || now == then;
}

bool trap_history::enter(const state& before, std::uint64_t cause, std::uint64_t value, privilege by) {
  level& l = of(by);
  if ((!l.first.open || before.mode != by) && !calls_environment(cause))
    l.first = {true, before.pc, cause, value, before.mode, before.x};

  const bool again = before.pc == l.pc;
  l.barren = again && before.instret == l.instret ? l.barren + 1 : 0;
  l.rounds = again && (goes_on(before.x, l.last) || goes_on(before.x, l.before_last)) ? l.rounds + 1 : 0;
  l.pc = before.pc;
  l.instret = before.instret;
  l.before_last = l.last;
  l.last = before.x;
  if (l.barren < 2 && l.rounds < patience) return false;
  l.rounds = 0; // a debugger may let it go on
  return true;
}

void trap_history::returned(privilege from) {
  level& l = of(from);
  l.first.open = false;
  l.rounds = 0;
}

const exception_taken* trap_history::first() const {
  return machine.first.open ? &machine.first : supervisor.first.open ? &supervisor.first : nullptr;
}

} // namespace acf::cpu
