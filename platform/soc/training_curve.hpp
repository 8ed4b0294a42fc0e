// Follows a training from outside: at the fence of every step it looks at the totals that the step has left in DRAM and
// at what the engines have counted. Engines may have begun with the next step by then, so single steps are blurred at
// their ends; nothing is counted twice or lost.
#pragma once

#include "platform/report/curves.hpp"
#include "platform/soc/ended_jobs.hpp"
#include "platform/soc/soc.hpp"
#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/job_image.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace acf::platform {

class training_curve : private host_bridge::observer {
public:
  // `job`: the image, or nothing for a program that has none: then there is no curve.
  training_curve(soc& chip, std::span<const std::uint8_t> job);

  // ", step 120 of 3750, loss 0.412", of the last step that has ended; empty before there is one.
  std::string progress() const;

  // `dense_products`: of a step.
  training_curves curves(std::uint64_t dense_products) const;

private:
  struct state { // totals
    common::cycles at = 0;
    std::uint64_t executed = 0, of_regrowth = 0; // products; of_regrowth: asked for by changes of masks
    hal::loss_record loss{};
    std::map<std::uint32_t, zbcc::zero_count> weights, gradients; // by layer, from 1
  };

  void rung(std::uint32_t tile, std::uint32_t ring) override;
  void fence() override;
  state look();

  soc& chip_;
  std::uint64_t stats_ = 0, steps_before_ = 0, steps_ = 0; // steps: of this run
  ended_jobs jobs_;
  std::optional<state> last_;
  std::vector<hal::job::layer_record> layers_;
  std::map<std::uint32_t, std::vector<std::array<double, 2>>> zeros_; // by layer: shares of weights, gradients
  std::vector<training_curves::point> points_;
};

} // namespace acf::platform
