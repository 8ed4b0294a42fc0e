// Which job of a training a fence ends: each ends with one fence of tile (0,0), in the order of the doorbells.
#pragma once

#include "sw_stack/hal/job_image.hpp"

#include <cstdint>
#include <deque>
#include <optional>

namespace acf::platform {

class ended_jobs {
public:
  void rung(std::uint32_t tile, std::uint32_t ring) {
    if (tile == 0) open_.push_back(ring);
  }
  // Ring of the job that has ended; nothing if nobody rang.
  std::optional<std::uint32_t> fence() {
    if (open_.empty()) return std::nullopt;
    const auto ring = open_.front();
    open_.pop_front();
    return ring;
  }

private:
  std::deque<std::uint32_t> open_; // rings
};

} // namespace acf::platform
