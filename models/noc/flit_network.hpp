// Drives a flit_mesh in simulated time: cycle by cycle while something moves, not at all otherwise.
//
// A cycle has two halves. At its beginning flits and credits arrive, and nodes hear of their packets. When all units
// have offered what they offer at that instant (see common::turns), sources and routers decide. So a node that answers
// at once is as fast as the closed form says, and the order in which processes run decides nothing.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include <systemc>

#include "models/common/turns.hpp"
#include "models/noc/flit_mesh.hpp"

namespace acf::noc {

class flit_network : public sc_core::sc_module {
public:
  flit_network(const sc_core::sc_module_name& name, const topology& where, const router_config& config,
               std::uint64_t cycle_ps, common::turns& order);

  flit_mesh flits;

  // Something was offered or released. It counts in the cycle that begins now, or else in the next one.
  void wake();
  // Calls `what` at the beginning of a cycle, now or later; at once if it has just begun.
  void at(cycles when, std::function<void()> what);

  cycles begun() const; // the cycle that has begun last
  cycles next() const;  // the first one that begins now or later

private:
  void tick();
  void advance();
  void request();
  void notify_at(cycles when);

  const std::uint64_t cycle_ps_;
  common::turns& order_;
  std::multimap<cycles, std::function<void()>> later_;
  sc_core::sc_event beginning_;
  cycles arrived_ = ~cycles{0}; // the last cycle whose flits have arrived,
  cycles undecided_ = 0;        // and the first whose second half has not been
  bool requested_ = false;
};

} // namespace acf::noc
