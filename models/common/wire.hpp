// A level between blocks, such as an interrupt line. Receivers hear of a change at once, inside the call that made it:
// a hart that quiets a device must see its interrupt fall before the next instruction, not a delta cycle later.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace acf::common {

class wire_out {
public:
  using receiver = std::function<void(bool level)>;

  explicit wire_out(std::string wire_name) : label(std::move(wire_name)) {}
  wire_out(const wire_out&) = delete;
  wire_out& operator=(const wire_out&) = delete;

  // The receiver is told the present level now and every change from now on.
  void connect(receiver to) {
    to(high);
    receivers.push_back(std::move(to));
  }
  void write(bool level) {
    if (level == high) return;
    high = level;
    if (level && lost) return std::exchange(lost, nullptr)();
    for (const auto& to : receivers) to(level);
  }
  // A fault: receivers will not hear of the next rise. `then` is called when that has happened.
  void lose_next_rise(std::function<void()> then) { lost = std::move(then); }
  wire_out& operator=(bool level) { return write(level), *this; }
  const bool& read() const { return high; } // by reference: sc_trace keeps it
  const std::string& name() const { return label; }

private:
  std::string label;
  bool high = false;
  std::function<void()> lost; // empty: nothing is to be lost
  std::vector<receiver> receivers;
};

} // namespace acf::common
