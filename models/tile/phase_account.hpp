// To which part of the program each cycle of a tile belongs, by the tags of commands, and what the matrix engine did in
// it. A cycle belongs to the product that executes; else to the vector command that executes; else to the oldest
// command that the matrix engine or the vector unit wait to execute; else to the oldest one of the DMA channels; else,
// while the tile has a job, to what the cycle before belonged to.
#pragma once

#include "models/common/activity.hpp"
#include "models/same/dma_channel.hpp"
#include "models/sequencer/sequencer.hpp"
#include "models/tile/compute_unit.hpp"

#include <deque>
#include <map>

namespace acf::tile {

struct phase_cycles {
  common::activity_totals matrix{}; // of the matrix engine; the sum over all tags is the time since the start
  lane_account lanes;               // of both compute units
  std::uint64_t moved_bytes = 0;    // by the DMA channels: loaded, stored, sent
};
using phases = std::map<std::uint16_t, phase_cycles>; // by tag; 0: between jobs, or not tagged

class phase_account {
public:
  struct units {
    compute_unit &matrix, &vector;
    same::dma_channel &dma0, &dma1;
  };
  phase_account(const common::clock_domain& clock, const sequencer::sequencer& control, const units& of);

  phases totals() const;                            // up to now
  const phases& counted() const { return phases_; } // what has ended: cheap, and exact for the lanes

private:
  struct moved { // what a channel has moved for its current command
    const same::dma_channel* channel;
    std::uint16_t tag = 0;
    std::uint64_t before = 0;
  };
  struct owned {
    common::cycles since;
    std::uint16_t tag;
  };
  void look();
  std::uint16_t owner() const;
  // Adds a stretch of time to the tags that owned it.
  void add(phases& to, common::activity_kind kind, common::cycles begin, common::cycles end) const;

  const common::clock_domain& clock_;
  const sequencer::sequencer& control_;
  units units_;
  phases phases_;
  std::array<moved, 2> moved_;
  std::deque<owned> owned_{{0, 0}}; // from the end of the last known stretch on
};

} // namespace acf::tile
