// Simulated time at the pace of a clock on the wall, for people who watch or type. It only ever waits, between two
// steps of the simulation: nothing that is simulated can notice.
#pragma once

#include <chrono>
#include <systemc>

namespace acf::platform {

class pace {
public:
  static constexpr std::uint64_t step_ms = 10; // simulated time must not go further before the next wait

  // Sleeps until as much real as simulated time has passed. What could not keep up is not made up for: a debugger's
  // stop, or a busy fabric, moves the rest of the run.
  void wait();

private:
  using clock = std::chrono::steady_clock;
  clock::time_point start_ = clock::now(); // when simulated time was zero, on that clock
};

} // namespace acf::platform
