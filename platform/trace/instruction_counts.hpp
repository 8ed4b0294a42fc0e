// What each instruction of a program cost the harts, counted one by one: for --profile and --coverage.
#pragma once

#include "platform/soc/program.hpp"
#include "platform/soc/soc.hpp"

#include <cstdint>
#include <ostream>
#include <unordered_map>
#include <vector>

namespace acf::platform {

class instruction_counts : public cpu::observer {
public:
  struct count {
    std::uint64_t retired = 0;
    std::uint64_t cycles = 0; // awake; waiting for devices included
    std::uint64_t asleep = 0; // behind it, in wfi
  };

  explicit instruction_counts(const soc& chip) : chip_(chip), last_(chip.harts.size()) {}

  bool wants_instructions() const override { return true; }
  void on_retired(const cpu::hart& hart, const cpu::retired& what) override;
  const std::unordered_map<std::uint64_t, count>& by_pc() const { return counts_; } // of all harts

private:
  struct last {
    std::uint64_t pc = 0, cycle = 0, slept = 0;
  };
  const soc& chip_;
  std::vector<last> last_; // by hart
  std::unordered_map<std::uint64_t, count> counts_;
};

// --profile: functions, then source lines, with most cycles first. Without symbols: addresses.
void write_profile(std::ostream& to, const instruction_counts& counts, const program* program);

// --coverage: an lcov tracefile, for genhtml and editors: of every line with code, how often it was executed.
void write_coverage(std::ostream& to, const instruction_counts& counts, const program& program);

} // namespace acf::platform
