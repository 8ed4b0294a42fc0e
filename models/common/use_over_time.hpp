// How much of resources was used when: counts in at most `windows` equal stretches of time from an origin on. When a
// run outgrows them, neighbours are added up and a stretch is twice as long, so any run has 32 to 64 of them. Counting
// changes nothing, and resources that nobody uses cost nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "models/common/calendar.hpp"

namespace acf::common {

class use_over_time {
public:
  static constexpr std::size_t windows = 64;
  using counts = std::vector<std::uint64_t>; // by window, from the origin; empty: never used

  explicit use_over_time(std::size_t resources) : use_(resources) {}

  // Forgets everything; the first window begins at `origin`, and what was before it does not count.
  void restart(cycles origin) {
    origin_ = origin;
    shift_ = 0;
    for (auto& u : use_) u.clear();
  }

  // A resource is taken in [from, from + duration).
  void add(std::size_t resource, cycles from, cycles duration) {
    const auto end = from + duration;
    from = std::max(from, origin_);
    while (from < end) {
      auto& u = room(resource, from);
      const auto index = (from - origin_) >> shift_;
      const auto part = std::min(end, origin_ + ((index + 1) << shift_)) - from;
      u[index] += part;
      from += part;
    }
  }
  // The same for one cycle, which is all that flits ask for.
  void count(std::size_t resource, cycles at) {
    auto& u = use_[resource];
    const auto index = (at - origin_) >> shift_; // large before the origin, too
    if (index < u.size())
      ++u[index];
    else
      add(resource, at, 1);
  }
  // So much passed at that moment.
  void add_amount(std::size_t resource, cycles at, std::uint64_t amount) {
    if (at >= origin_) room(resource, at)[(at - origin_) >> shift_] += amount;
  }

  cycles origin() const { return origin_; }
  cycles window() const { return cycles{1} << shift_; }
  const counts& of(std::size_t resource) const { return use_[resource]; }

private:
  counts& room(std::size_t resource, cycles at) {
    while ((at - origin_) >> shift_ >= windows) {
      ++shift_;
      for (auto& u : use_) {
        for (std::size_t i = 0; 2 * i < u.size(); ++i) u[i] = u[2 * i] + u[2 * i + 1];
        if (!u.empty()) std::fill(u.begin() + windows / 2, u.end(), 0);
      }
    }
    auto& u = use_[resource];
    if (u.empty()) u.resize(windows);
    return u;
  }

  std::vector<counts> use_;
  cycles origin_ = 0;
  unsigned shift_ = 0;
};

// Durations by powers of two: below 8, 16, ... cycles, and longer.
struct latency_histogram {
  static constexpr std::size_t classes = 16;
  std::vector<std::uint64_t> packets = std::vector<std::uint64_t>(classes);

  static constexpr std::uint64_t below(std::size_t i) { return std::uint64_t{8} << i; }
  void add(cycles latency) {
    std::size_t i = 0;
    while (i + 1 < classes && latency >= below(i)) ++i;
    ++packets[i];
  }
};

} // namespace acf::common
