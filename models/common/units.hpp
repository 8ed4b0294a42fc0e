// Time inside the models is counted in integer cycles of a clock; sc_time appears only at the boundary.
#pragma once

#include "models/common/period.hpp"

#include <cstdint>
#include <systemc>

namespace acf::common {

using cycles = std::uint64_t;

// A clock that is never toggled: it converts between its cycles and simulated time. Cycle n starts at n * period.
class clock_domain {
public:
  explicit clock_domain(std::uint64_t period_ps)
      : period_(sc_core::sc_time::from_value(period_ps)), period_ps_(period_ps) {}

  // The first cycle that starts now or later.
  cycles now() const { return at(sc_core::sc_time_stamp()); }
  cycles at(const sc_core::sc_time& t) const { return (t.value() + period_ps_ - 1) / period_ps_; }
  sc_core::sc_time time(cycles n) const { return sc_core::sc_time::from_value(n * period_ps_); }
  // From now to the start of cycle n; zero if that has passed.
  sc_core::sc_time until(cycles n) const {
    const std::uint64_t target = n * period_ps_, present = sc_core::sc_time_stamp().value();
    return sc_core::sc_time::from_value(target > present ? target - present : 0);
  }
  const sc_core::sc_time& period() const { return period_; }

private:
  sc_core::sc_time period_;
  std::uint64_t period_ps_; // with the default time resolution of 1 ps
};

} // namespace acf::common
