#include "models/noc/flit_network.hpp"

#include <algorithm>
#include <utility>

namespace acf::noc {

flit_network::flit_network(const sc_core::sc_module_name& name, const topology& where, const router_config& config,
                           std::uint64_t cycle_ps, common::turns& order)
    : sc_module(name), flits(where, config), cycle_ps_(cycle_ps), order_(order) {
  SC_HAS_PROCESS(flit_network);
  SC_METHOD(tick);
  sensitive << beginning_;
  dont_initialize();
}

cycles flit_network::begun() const { return sc_core::sc_time_stamp().value() / cycle_ps_; }
cycles flit_network::next() const { return (sc_core::sc_time_stamp().value() + cycle_ps_ - 1) / cycle_ps_; }

void flit_network::notify_at(cycles when) {
  beginning_.notify(sc_core::sc_time::from_value(when * cycle_ps_ - sc_core::sc_time_stamp().value()));
}

void flit_network::wake() {
  if (requested_) return;
  const auto cycle = std::max(next(), undecided_);
  if (cycle * cycle_ps_ == sc_core::sc_time_stamp().value())
    request();
  else
    notify_at(cycle);
}

void flit_network::request() {
  requested_ = true;
  order_.call(common::rank::flits, [this] { advance(); });
}

void flit_network::at(cycles when, std::function<void()> what) {
  if (when * cycle_ps_ == sc_core::sc_time_stamp().value() && when >= undecided_) return what();
  later_.emplace(std::max(when, undecided_), std::move(what));
  notify_at(later_.begin()->first);
}

void flit_network::tick() {
  const auto cycle = begun();
  while (!later_.empty() && later_.begin()->first <= cycle) {
    const auto what = std::move(later_.begin()->second);
    later_.erase(later_.begin());
    what();
  }
  if (!later_.empty()) notify_at(later_.begin()->first);
  if (arrived_ != cycle) flits.arrive(arrived_ = cycle);
  if (!requested_ && !flits.at_rest()) request();
}

void flit_network::advance() {
  requested_ = false;
  const auto cycle = begun();
  if (arrived_ != cycle) flits.arrive(arrived_ = cycle);
  undecided_ =
      cycle + 1; // what is offered while this cycle is decided, by a node whose packet has left, comes after it
  flits.advance(cycle);
  if (!flits.at_rest()) notify_at(undecided_);
}

} // namespace acf::noc
