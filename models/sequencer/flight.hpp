// A transfer under way in at timing, where its times are known when they have come.
#pragma once

#include "models/common/activity.hpp"
#include "models/common/units.hpp"
#include "models/sequencer/dispatched.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace acf::sequencer {

struct flight {
  std::uint32_t unsent = 0, unanswered = 0; // packets
  common::cycles sent = 0;                  // from this cycle on the network interface is free again, once unsent is 0
  common::cycles done = 0;                  // all answers are here, once unanswered is 0
  common::activity_kind held_by = common::activity_kind::latency;
  std::optional<command_failure> failure;
  std::function<void(const flight&)> on_done; // at that instant

  bool over() const { return unanswered == 0; }
};

} // namespace acf::sequencer
