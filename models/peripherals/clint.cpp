#include "models/peripherals/clint.hpp"

#include <algorithm>
#include <stdexcept>

namespace acf::peripherals {

namespace map = hal::clint;

clint::clint(sc_core::sc_module_name name, unsigned harts) : sc_module(name) {
  if (harts < 1 || harts > map::max_harts) throw std::invalid_argument("clint: 1 to 8 harts");
  for (unsigned hart = 0; hart < harts; ++hart) {
    software.emplace_back("software" + std::to_string(hart));
    timer.emplace_back("timer" + std::to_string(hart));
  }
  regs.limit(map::msip, harts);
  regs.limit(map::mtimecmp, harts);
  regs.on_write(map::msip, [this](std::uint32_t hart, std::uint64_t value) { software[hart] = value != 0; });
  regs.on_write(map::mtimecmp, [this](std::uint64_t) { compare(); });
  regs.external(
      map::mtime, [this] { return mtime(); },
      [this](std::uint64_t value) {
        offset += value - mtime();
        compare();
        if (on_mtime_set) on_mtime_set();
      });
}

void clint::reset() {
  regs.reset();
  offset -= mtime();
  for (auto& line : software) line = false;
  compare();
  if (on_mtime_set) on_mtime_set();
}

sc_core::sc_time clint::time_of(std::uint64_t value) const {
  const auto now = mtime();
  if (value <= now) return bus.now();
  // Counted from now: since time zero it may be more than MTIME can hold, after a reset or a write has set it back.
  const auto latest = sc_core::sc_max_time().value() / tick.value(), passed = bus.now().value() / tick.value();
  return value - now > latest - passed ? sc_core::sc_max_time()
                                       : sc_core::sc_time::from_value((passed + (value - now)) * tick.value());
}

sc_core::sc_time clint::timer_due(unsigned hart) const {
  if (timer[hart].read()) return sc_core::SC_ZERO_TIME;
  const auto due_at = time_of(regs.get(map::mtimecmp, hart));
  return due_at == sc_core::sc_max_time() ? sc_core::SC_ZERO_TIME : due_at;
}

void clint::compare() {
  const auto now = mtime();
  for (unsigned hart = 0; hart < timer.size(); ++hart) timer[hart] = now >= regs.get(map::mtimecmp, hart);
  wait_for_next();
}

// Harts may have run ahead of the kernel and have raised timers for their own time: none falls here.
void clint::on_due() {
  const auto now = mtime();
  for (unsigned hart = 0; hart < timer.size(); ++hart)
    if (now >= regs.get(map::mtimecmp, hart)) timer[hart] = true;
  wait_for_next();
}

void clint::wait_for_next() {
  auto next = sc_core::SC_ZERO_TIME;
  for (unsigned hart = 0; hart < timer.size(); ++hart)
    if (const auto at = timer_due(hart); at != sc_core::SC_ZERO_TIME && (next == sc_core::SC_ZERO_TIME || at < next))
      next = at;
  if (next == sc_core::SC_ZERO_TIME)
    due.cancel();
  else
    due.set_at(next);
}

} // namespace acf::peripherals
