// Writer of the Chrome trace-event format (JSON object form), which ui.perfetto.dev and chrome://tracing read. It
// streams: memory does not grow with the run, and the file is complete JSON once the writer is gone. What is written at
// one instant of simulated time is sorted by track, because the kernel may run processes in any order.
#pragma once

#include <compare>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <systemc>
#include <vector>

namespace acf::platform {

// A row of the trace.
struct track {
  std::uint32_t process, thread;
  auto operator<=>(const track&) const = default;
};

class chrome_json {
public:
  // Arguments are the inside of a JSON object: "\"ring\":1,\"index\":7". Names must need no escapes.
  explicit chrome_json(std::ostream& to);
  ~chrome_json() { finish(); }
  chrome_json(const chrome_json&) = delete;
  chrome_json& operator=(const chrome_json&) = delete;

  void finish();                                                   // nothing comes behind it
  void name_process(std::uint32_t process, std::string_view name); // shown in the order of the numbers
  void name_thread(track where, std::string_view name);
  void complete(track where, std::string_view name, std::string_view category, const sc_core::sc_time& begin,
                const sc_core::sc_time& end, std::string_view arguments);
  void instant(track where, std::string_view name, const sc_core::sc_time& at, std::string_view arguments);
  void counter(std::uint32_t process, std::string_view name, const sc_core::sc_time& at, std::string_view values);

private:
  struct held {
    track where;
    std::string text;
  };
  void event(track where, std::string text);
  void write_held();

  std::ostream& out_;
  bool first_ = true, finished_ = false;
  std::vector<held> held_; // of this instant
  sc_core::sc_time held_since_;
};

} // namespace acf::platform
