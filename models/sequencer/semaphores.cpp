#include "models/sequencer/semaphores.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace acf::sequencer {

semaphores::semaphores(sc_core::sc_module_name name, const common::clock_domain& clock)
    : sc_module(name), clock_(clock) {
  SC_HAS_PROCESS(semaphores);
  SC_METHOD(deliver);
  sensitive << due_;
  dont_initialize();
  SC_METHOD(arbitrate);
  sensitive << changed_;
  dont_initialize();
}

void semaphores::signal(std::uint32_t semaphore, std::uint32_t count, common::cycles when, const signal_cause& cause) {
  if (count == 0) return;
  const bool earliest = arrivals_.empty() || when < arrivals_.top().when;
  arrivals_.push({when, semaphore, count, cause});
  if (!earliest) return;
  due_.cancel();
  due_.notify(clock_.until(when));
}

void semaphores::deliver() {
  const auto now = clock_.now();
  while (!arrivals_.empty() && arrivals_.top().when <= now) {
    const auto& a = arrivals_.top();
    auto& count = count_[a.semaphore];
    count += std::min(a.count, std::numeric_limits<std::uint32_t>::max() - count); // saturates
    latest_[a.semaphore] = {a.when, a.cause};
    arrivals_.pop();
  }
  if (!arrivals_.empty()) due_.notify(clock_.until(arrivals_.top().when));
  changed_.notify(sc_core::SC_ZERO_TIME);
}

void semaphores::request(unsigned unit, const std::array<std::uint16_t, 2>& waits, std::uint64_t serial) {
  units_[unit].waits = waits;
  units_[unit].serial = serial;
  changed_.notify(sc_core::SC_ZERO_TIME);
}

void semaphores::arbitrate() {
  std::array<unit_state*, units> order;
  std::transform(units_.begin(), units_.end(), order.begin(), [](unit_state& u) { return &u; });
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->serial < b->serial; });
  for (auto* next : order) {
    auto& unit = *next;
    if (!unit.waits) continue;
    const auto [first, second] = *unit.waits;
    // Two waits on one semaphore need the sum.
    const bool same = hal::semaphore_of(first) == hal::semaphore_of(second);
    const bool ready = same ? count_[hal::semaphore_of(first)] >= hal::count_of(first) + hal::count_of(second)
                            : available(first) && available(second);
    if (!ready) continue;
    take(first);
    take(second);
    // The later of the two signals is the one that was waited for.
    const auto &a = latest_[hal::semaphore_of(first)], &b = latest_[hal::semaphore_of(second)];
    const bool use_second =
        hal::count_of(first) == 0 ||
        (hal::count_of(second) != 0 && std::pair(b.arrived, b.cause.started) > std::pair(a.arrived, a.cause.started));
    unit.cause = use_second ? b.cause : a.cause;
    unit.waits.reset();
    unit.granted.notify(sc_core::SC_ZERO_TIME);
  }
}

void semaphores::explain(common::activity& waited, const signal_cause& cause, common::cycles now) const {
  const auto started = std::min(cause.started, now);
  const auto* other = cause.by < units ? units_[cause.by].activity : nullptr;
  if (other && other != &waited)
    waited.resolve_as(*other, cause.before, started);
  else
    waited.resolve(cause.before, started);
  waited.resolve(cause.after, now);
}

void semaphores::set(std::uint32_t semaphore, std::uint32_t count) {
  count_[semaphore] = count;
  changed_.notify(sc_core::SC_ZERO_TIME);
}

void semaphores::forget_requests() {
  for (auto& unit : units_) unit.waits.reset();
}

void semaphores::reset() {
  count_.fill(0);
  arrivals_ = {};
  due_.cancel();
  forget_requests();
}

} // namespace acf::sequencer
