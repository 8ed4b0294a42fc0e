// A one-shot timer of a block: calls `what` at a set simulated time. One event, no polling.
#pragma once

#include <functional>
#include <systemc>

namespace acf::common {

// Must be a member of a module: it is created with it.
class alarm {
public:
  alarm(const char* name, std::function<void()> what);
  alarm(const alarm&) = delete;
  alarm& operator=(const alarm&) = delete;

  void set_at(const sc_core::sc_time& when); // absolute; in the past means now
  void set_after(const sc_core::sc_time& delay) { set_at(sc_core::sc_time_stamp() + delay); }
  void cancel();
  bool armed() const { return pending; }

private:
  std::function<void()> on_time;
  sc_core::sc_event event;
  bool pending = false;
};

} // namespace acf::common
