#include "models/common/alarm.hpp"

namespace acf::common {

alarm::alarm(const char* name, std::function<void()> what) : on_time(std::move(what)) {
  sc_core::sc_spawn_options options;
  options.spawn_method();
  options.dont_initialize();
  options.set_sensitivity(&event);
  sc_core::sc_spawn(
      [this] {
        pending = false;
        on_time();
      },
      sc_core::sc_gen_unique_name(name), &options);
}

void alarm::set_at(const sc_core::sc_time& when) {
  const auto& now = sc_core::sc_time_stamp();
  event.cancel(); // a pending notification would win over a later one
  event.notify(when > now ? when - now : sc_core::SC_ZERO_TIME);
  pending = true;
}

void alarm::cancel() {
  event.cancel();
  pending = false;
}

} // namespace acf::common
