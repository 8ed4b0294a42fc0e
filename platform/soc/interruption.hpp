// Ctrl-C, SIGTERM and a terminal that is closed ask a run to end; it then says where it was and writes its report. A
// second Ctrl-C or SIGTERM kills.
#pragma once

#include <array>
#include <csignal>

namespace acf::platform {

class interruption {
public:
  // While one of these exists, signals ask instead of killing.
  interruption();
  ~interruption();
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;

  static bool asked(); // by any signal since the process began

private:
  static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, signals.size()> before_{};
};

} // namespace acf::platform
