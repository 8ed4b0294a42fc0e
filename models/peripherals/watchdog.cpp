#include "models/peripherals/watchdog.hpp"

#include <algorithm>

namespace acf::peripherals {

using namespace hal::watchdog;
using common::access_result;

watchdog::watchdog(sc_core::sc_module_name name, sc_core::sc_time clock_period)
    : sc_module(name), period(clock_period) {
  regs.computed(hal::watchdog::count, [this] { return count(); });
  regs.on_write(control, [this](std::uint64_t value) { on_control(test(value, control["ENABLE"])); });
  regs.on_write(status, [this] { irq = regs.get(status) != 0; });
  regs.on_write(hal::watchdog::kick, [this](std::uint64_t key) { return on_kick(key); });
}

void watchdog::reset() {
  zero.cancel();
  regs.reset();
  irq = false;
  reset_request = false;
}

std::uint64_t watchdog::count() const {
  if (!zero.armed()) return regs.get(timeout);
  const auto now = bus.now();
  return zero_at > now ? (zero_at - now).value() / period.value() : 0;
}

void watchdog::start() {
  zero_at = bus.now() + period * static_cast<double>(std::max<std::uint64_t>(regs.get(timeout), 1));
  zero.set_at(zero_at);
}

void watchdog::on_control(bool enable) {
  if (!enable)
    zero.cancel();
  else if (!zero.armed())
    start();
}

access_result watchdog::on_kick(std::uint64_t key) {
  if (key != kick_key) return access_result::refused;
  if (zero.armed()) start();
  return access_result::ok;
}

void watchdog::on_zero() {
  if (regs.get(status, status["TIMED_OUT"]) != 0) {
    reset_request = true;
    return;
  }
  regs.set(status, status["TIMED_OUT"], 1);
  irq = true;
  start();
}

} // namespace acf::peripherals
