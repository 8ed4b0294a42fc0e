// Reservation calendar of one shared resource (a link, a port, a DRAM channel): which stretches of time are taken.
//
//   time  0        10        20        30
//         |....####|#####....|..####...|      reserve(6, 5) = 15: the gap before 4 is over, the one at 15 is long
//         enough
//
// The unit is the owner's: fabric cycles in the mesh, picoseconds in DRAM. Initiators run ahead of the kernel by
// different amounts, so requests do not arrive in the order of their times; a reservation far in the future must never
// delay an earlier one that fits into a gap in front of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace acf::common {

using cycles = std::uint64_t; // of the fabric clock

class calendar {
public:
  // Takes `duration` units and returns their start: the beginning of the first gap at or after `earliest` that is long
  // enough. A duration of 0 takes nothing. Nothing is reserved before the last forget_before().
  std::uint64_t reserve(std::uint64_t earliest, std::uint64_t duration);

  // Takes everything that is still free in [begin, end): the resource stands still but for what was promised already.
  void take_all(std::uint64_t begin, std::uint64_t end);

  // Nobody will ask for a time before `now` again: drops what ends there. Amortised constant.
  void forget_before(std::uint64_t now) {
    if (now <= horizon_) return;
    horizon_ = now;
    if (first_ < busy_.size() && busy_[first_].end <= now) drop();
  }

  std::uint64_t busy_total() const { return total_; } // units ever reserved, in the future too

  // Units reserved before `when`; exact for `when` at or after the last forget_before(). The busy time in a measurement
  // window is the difference of two such snapshots.
  std::uint64_t busy_until(std::uint64_t when) const;

  std::uint64_t free_from() const { return busy_.size() > first_ ? busy_.back().end : horizon_; } // end of the last one
  std::size_t intervals() const { return busy_.size() - first_; }

private:
  struct interval {
    std::uint64_t begin, end;
  };

  void insert(std::size_t position, std::uint64_t begin, std::uint64_t end);
  void drop();

  std::vector<interval> busy_; // ascending, neither overlapping nor touching; those before first_ are forgotten
  std::size_t first_ = 0;
  std::uint64_t horizon_ = 0;
  std::uint64_t total_ = 0;
};

} // namespace acf::common
