#include "models/common/calendar.hpp"

#include <algorithm>

namespace acf::common {

std::uint64_t calendar::reserve(std::uint64_t earliest, std::uint64_t duration) {
  earliest = std::max(earliest, horizon_);
  if (duration == 0) return earliest;
  total_ += duration;

  // Most requests come in the order of time: behind the last interval, or touching it.
  if (first_ == busy_.size() || busy_.back().end < earliest) {
    busy_.push_back({earliest, earliest + duration});
    return earliest;
  }
  if (busy_.back().begin <= earliest) {
    const auto start = busy_.back().end;
    busy_.back().end = start + duration;
    return start;
  }

  const auto live = busy_.begin() + static_cast<std::ptrdiff_t>(first_);
  auto next = std::partition_point(live, busy_.end(), [&](const interval& i) { return i.end <= earliest; });
  auto start = earliest;
  for (; next != busy_.end() && next->begin < start + duration; ++next) start = std::max(start, next->end);
  insert(static_cast<std::size_t>(next - busy_.begin()), start, start + duration);
  return start;
}

void calendar::take_all(std::uint64_t begin, std::uint64_t end) {
  begin = std::max(begin, horizon_);
  for (auto at = begin; at < end;) {
    const auto live = busy_.begin() + static_cast<std::ptrdiff_t>(first_);
    const auto next = std::partition_point(live, busy_.end(), [&](const interval& i) { return i.end <= at; });
    if (next != busy_.end() && next->begin <= at) {
      at = next->end;
      continue;
    }
    const auto gap_end = next == busy_.end() ? end : std::min(end, next->begin);
    total_ += gap_end - at;
    insert(static_cast<std::size_t>(next - busy_.begin()), at, gap_end);
    at = gap_end;
  }
}

void calendar::insert(std::size_t position, std::uint64_t begin, std::uint64_t end) {
  const bool joins_previous = position > first_ && busy_[position - 1].end == begin;
  const bool joins_next = position < busy_.size() && busy_[position].begin == end;
  if (joins_previous && joins_next) {
    busy_[position - 1].end = busy_[position].end;
    busy_.erase(busy_.begin() + static_cast<std::ptrdiff_t>(position));
  } else if (joins_previous) {
    busy_[position - 1].end = end;
  } else if (joins_next) {
    busy_[position].begin = begin;
  } else if (position == first_ && first_ > 0) {
    busy_[--first_] = {begin, end};
  } else {
    busy_.insert(busy_.begin() + static_cast<std::ptrdiff_t>(position), {begin, end});
  }
}

void calendar::drop() {
  while (first_ < busy_.size() && busy_[first_].end <= horizon_) ++first_;
  if (first_ < 64 || first_ * 2 < busy_.size()) return; // moving the rest costs less than what was dropped
  busy_.erase(busy_.begin(), busy_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
}

std::uint64_t calendar::busy_until(std::uint64_t when) const {
  auto busy = total_;
  for (auto i = busy_.size(); i > first_ && busy_[i - 1].end > when; --i)
    busy -= busy_[i - 1].end - std::max(busy_[i - 1].begin, when);
  return busy;
}

} // namespace acf::common
