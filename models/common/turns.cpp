#include "models/common/turns.hpp"

#include <algorithm>
#include <utility>

namespace acf::common {

turns::turns(const sc_core::sc_module_name& name) : sc_module(name) {
  SC_HAS_PROCESS(turns);
  SC_METHOD(serve_next);
  sensitive << next_;
  dont_initialize();
}

void turns::take(std::uint32_t rank) {
  if (holder_ == rank && held_in_delta_ == sc_core::sc_delta_count()) return; // it has not waited since
  auto& bell = bells_[rank];
  ask(rank, [&bell] { bell.notify(); });
  wait(bell);
  holder_ = rank;
  held_in_delta_ = sc_core::sc_delta_count();
}

void turns::call(std::uint32_t rank, std::function<void()> what) { ask(rank, std::move(what)); }

void turns::ask(std::uint32_t rank, std::function<void()> serve) {
  waiting_.push_back({rank, asked_++, std::move(serve)});
  next_.notify(sc_core::SC_ZERO_TIME);
}

void turns::serve_next() {
  if (waiting_.empty()) return;
  if (!sc_core::sc_pending_activity_at_current_time()) {
    const auto first = std::min_element(waiting_.begin(), waiting_.end(), [](const request& a, const request& b) {
      return std::pair(a.rank, a.order) < std::pair(b.rank, b.order);
    });
    const auto serve = std::move(first->serve);
    waiting_.erase(first);
    serve();
  }
  if (!waiting_.empty()) next_.notify(sc_core::SC_ZERO_TIME);
}

} // namespace acf::common
