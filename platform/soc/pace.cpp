#include "platform/soc/pace.hpp"

#include <thread>

namespace acf::platform {

void pace::wait() {
  const auto simulated =
      std::chrono::nanoseconds(static_cast<std::int64_t>(sc_core::sc_time_stamp().to_seconds() * 1e9));
  const auto due = start_ + simulated, now = clock::now();
  if (now < due)
    std::this_thread::sleep_until(due);
  else if (now - due > std::chrono::milliseconds(step_ms))
    start_ += now - due;
}

} // namespace acf::platform
