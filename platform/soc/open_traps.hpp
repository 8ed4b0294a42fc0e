// Which traps of each hart no handler has returned from: what the guest was doing when it went wrong is in the
// outermost registers of these, wherever its handler has got to since.
#pragma once

#include "models/cpu/hart.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace acf::platform {

struct taken_trap {
  std::uint64_t pc = 0, mcause = 0, mtval = 0;
  std::array<std::uint64_t, 32> x{}; // registers before the handler ran
  std::uint64_t instret = 0;

  bool is_interrupt() const { return mcause >> 63 != 0; }
};

class open_traps : public cpu::trap_observer {
public:
  void entered(const cpu::hart& hart, std::uint64_t mcause, std::uint64_t mtval) override;
  void left(const cpu::hart& hart) override;

  // The last exception that has not been returned from, calls of the environment aside. An exception of a handler that
  // has executed nothing yet is a consequence, not another one. Null: there is none.
  const taken_trap* of(const cpu::hart& hart) const;

private:
  static constexpr std::size_t deepest = 16; // software that leaves handlers otherwise must not fill the host
  std::map<const cpu::hart*, std::vector<taken_trap>> open_;
};

} // namespace acf::platform
