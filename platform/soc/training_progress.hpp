// How far a training job is, for the progress line: looked up in the guest's memory, where the fabric stores the totals
// of every step.
#pragma once

#include "platform/soc/soc.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace acf::platform {

class training_progress {
public:
  // `job`: the image, or nothing for a program that has none; then text() is empty.
  explicit training_progress(std::span<const std::uint8_t> job);

  // ", step 120 of 3750, loss 0.412": steps that have ended, and the mean over the samples since the last text.
  std::string text(soc& chip);

private:
  std::uint64_t stats_ = 0, steps_ = 0, batch_ = 0, tiles_ = 0; // none: there is no job
  std::uint64_t samples_ = 0, loss_q16_ = 0;                    // of the last text
  double loss_ = 0;
};

} // namespace acf::platform
