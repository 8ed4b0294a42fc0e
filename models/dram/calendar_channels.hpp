// lt timing of DRAM: a reservation calendar per channel, in picoseconds. An access takes the data bus for its bursts
// and a fixed latency comes on top, behind the burst; there are no banks, rows, refresh or turnaround.
#pragma once

#include <vector>

#include "models/common/calendar.hpp"
#include "models/dram/dram_config.hpp"
#include "models/dram/memory_timing.hpp"

namespace acf::dram {

class calendar_channels final : public memory_timing {
public:
  calendar_channels(const channel_timing& timing, std::uint32_t channels) : timing_(timing), channels_(channels) {}

  completion perform(const memory_access& a) override;
  channel_counters counters(std::uint32_t channel, std::uint64_t now_ps) const override;
  std::uint64_t drained_ps() const override;

private:
  struct state {
    common::calendar bus;
    channel_counters counters;
  };

  channel_timing timing_;
  std::vector<state> channels_;
};

} // namespace acf::dram
