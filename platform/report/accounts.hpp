// The last step before a report is written: accounts are checked, expectations judged, the exit code decided.
#pragma once

#include "platform/config/config.hpp"
#include "platform/report/run_result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace acf::platform {

// Every block whose busy and stalled cycles are not its cycles, every waterfall that does not reach its achieved
// cycles, `unattributed` above 1 %, names that occur twice. These are errors of the platform, not of the guest.
std::vector<std::string> find_defects(const run_result& r);

struct judged_expectation {
  std::string text;
  std::optional<double> value;
  bool ok = false;
};
// Expectations of the scenario whose condition applies, in order.
std::vector<judged_expectation> judge(const config& c, const run_result& r);

// 0 pass, 1 the firmware or an expectation failed, 3 the platform stopped the run, could not write
// all of it down, or does not trust its own accounts.
// `guest_code`: the finisher's own code when the guest ended the run, as QEMU does.
int exit_code(const config& c, const run_result& r, bool guest_code);

} // namespace acf::platform
