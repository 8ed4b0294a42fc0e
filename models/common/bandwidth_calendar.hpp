// Reservation of a shared bandwidth (the SRAM ports of a tile) by users who need it spread over a time: a matrix
// product reads its operands all along, so it takes a share of every bucket instead of one solid piece.
#pragma once

#include "models/common/units.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace acf::common {

class bandwidth_calendar {
public:
  explicit bandwidth_calendar(std::uint32_t bytes_per_cycle)
      : capacity_(static_cast<std::uint64_t>(bytes_per_cycle) * bucket_cycles), width_(bytes_per_cycle) {}

  // Moves `bytes` evenly within [start, start + duration) where there is room, else later.
  // Returns the cycle after the last byte, at least start + duration.
  cycles reserve(cycles start, cycles duration, std::uint64_t bytes) {
    const cycles end = start + std::max<cycles>(duration, 1);
    if (bytes == 0) return start + duration;
    std::uint64_t left = bytes, moved_target = 0;
    cycles bucket = start / bucket_cycles;
    cycles finish = start + duration;
    while (left > 0) {
      const cycles from = std::max(start, bucket * bucket_cycles), to = (bucket + 1) * bucket_cycles;
      // What should have moved by the end of this bucket if nothing is in the way.
      moved_target = to >= end ? bytes : bytes * (to - start) / (end - start);
      const std::uint64_t wanted = moved_target - (bytes - left);
      auto& used = slot(bucket);
      const std::uint64_t room = std::min(capacity_ - std::min(capacity_, used), (to - from) * width_);
      const std::uint64_t take = std::min(wanted, room);
      used += take;
      left -= take;
      if (left == 0 && to > end) finish = std::max(finish, std::min(to, from + (take + width_ - 1) / width_));
      if (left == 0 && to <= end) finish = std::max(finish, end);
      if (left > 0 && to >= end) finish = to;
      ++bucket;
    }
    busy_bytes_ += bytes;
    return finish;
  }

  // Nobody will reserve before `now` again.
  void forget_before(cycles now) {
    const cycles bucket = now / bucket_cycles;
    if (bucket < first_ + forget_step) return;
    const auto gone = std::min<cycles>(bucket - first_, used_.size());
    used_.erase(used_.begin(), used_.begin() + static_cast<std::ptrdiff_t>(gone));
    first_ = bucket;
  }
  std::uint64_t bytes() const { return busy_bytes_; }

private:
  static constexpr cycles bucket_cycles = 64;
  static constexpr cycles forget_step = 1024; // buckets: moving the rest is worth it

  std::uint64_t& slot(cycles bucket) {
    if (bucket < first_) bucket = first_;
    if (bucket - first_ >= used_.size()) used_.resize(bucket - first_ + 1, 0);
    return used_[bucket - first_];
  }

  std::vector<std::uint64_t> used_; // bytes per bucket, from first_ on
  cycles first_ = 0;
  std::uint64_t capacity_;
  std::uint64_t width_;
  std::uint64_t busy_bytes_ = 0;
};

} // namespace acf::common
