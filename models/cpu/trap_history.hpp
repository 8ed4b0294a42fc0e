// The exceptions that a hart has taken and not returned from: what led into the handler that runs, and whether that
// handler will ever end.
//
// Machine and supervisor mode have handlers of their own, closed by mret and sret. A handler that traps itself may be
// right to do so, once or for some levels. It is called a loop when it does so `patience` times at the same place
// without returning, while nothing shows that anybody recovers: either every register is as it was, or the stack goes
// on growing. (Code that jumps out of its handler and tries again, with another address or count, does neither.)
#pragma once
#include "models/cpu/state.hpp"

namespace acf::cpu {

struct exception_taken { // an exception, as it was found
  bool open = false;
  std::uint64_t pc = 0, cause = 0, value = 0;
  privilege mode = privilege::machine; // that trapped
  std::array<std::uint64_t, 33> x{};
};

class trap_history {
public:
  static constexpr unsigned patience = 1000;

  // An exception of `before` goes to the handler of mode `by`. True: this will never end.
  bool enter(const state& before, std::uint64_t cause, std::uint64_t value, privilege by);
  void interrupted(privilege by) { of(by).rounds = 0; }
  void returned(privilege from);

  // The exception that led into the handler that runs, the outermost one if handlers trapped; calls of the environment
  // are none. Null: no handler runs.
  const exception_taken* first() const;

private:
  using registers = std::array<std::uint64_t, 33>;
  struct level {
    exception_taken first;
    std::uint64_t pc = 1, instret = ~std::uint64_t{0};
    registers last{}, before_last{}; // at the exceptions before; two, as handlers may swap two stacks
    unsigned rounds = 0, barren = 0; // at the same pc; without an instruction retired in between
  };
  level& of(privilege handler) { return handler == privilege::machine ? machine : supervisor; }
  static bool goes_on(const registers& now, const registers& then);

  level machine, supervisor;
};

} // namespace acf::cpu
