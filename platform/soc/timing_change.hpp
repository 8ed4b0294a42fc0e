// Changes a run from lt to at, or back, at a fence: from then on nobody asks mesh or memory for anything new until what
// is under way has ended; then all go on in the other timing.
//
//   fence after the point --> closed --> mesh and DRAM drained --> open, in the other timing
#pragma once

#include "platform/config/switch_point.hpp"
#include "platform/report/run_result.hpp"
#include "platform/soc/ended_jobs.hpp"
#include "platform/soc/soc.hpp"

#include <string>
#include <vector>

namespace acf::platform {

class timing_change : public sc_core::sc_module, private host_bridge::observer {
public:
  timing_change(const sc_core::sc_module_name& name, soc& chip);

  // What was changed when, and how long the drain took; and what never came to be.
  void report(run_result& result) const;

private:
  struct change {
    bool to_at = false;
    std::string after; // "step:20"
    common::cycles fence = 0, drained = 0;
    bool stuck = false; // it did not drain, and nothing was changed
  };
  struct planned {
    bool to_at;
    std::string text;
    switch_point point;
    bool reached = false;
  };

  void fence() override;
  void marker(std::uint32_t value) override;
  void rung(std::uint32_t tile, std::uint32_t ring) override { jobs_.rung(tile, ring); }
  void look();

  soc& chip_;
  std::vector<planned> planned_;
  ended_jobs jobs_;
  std::uint64_t steps_ = 0;
  std::vector<change> done_;
  sc_core::sc_event again_;
};

} // namespace acf::platform
