#include "platform/soc/timing_change.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace acf::platform {
namespace {

constexpr common::cycles patience = 1'000'000; // a mesh that has not drained by then is in a deadlock

} // namespace

timing_change::timing_change(const sc_core::sc_module_name& name, soc& chip) : sc_module(name), chip_(chip) {
  SC_HAS_PROCESS(timing_change);
  SC_METHOD(look);
  sensitive << again_;
  dont_initialize();
  const auto& keys = chip.configuration().timing_switch;
  for (const auto& [to_at, text] : {std::pair{true, keys.to_at}, std::pair{false, keys.to_lt}})
    if (const auto point = parse_switch_point(text)) planned_.push_back({to_at, text, *point});
  chip.bridge.observe(*this);
  if (!chip.mode.phases) chip.dram.count_energy(false);
}

void timing_change::marker(std::uint32_t value) {
  for (auto& p : planned_)
    if (p.point.what == switch_point::kind::marker && p.point.value == value) p.reached = true;
}

void timing_change::fence() {
  if (jobs_.fence() == hal::job::step) ++steps_;
  if (chip_.mode.closed) return; // one after the other
  const auto now_ns = sc_core::sc_time_stamp().value() / 1000;
  for (auto& p : planned_) {
    p.reached |= (p.point.what == switch_point::kind::step && steps_ >= p.point.value) ||
                 (p.point.what == switch_point::kind::time && now_ns >= p.point.value);
    if (!p.reached || p.to_at == chip_.mode.phases) continue;
    const auto now = chip_.fabric_clock().now();
    done_.push_back({p.to_at, p.text, now, now, false});
    planned_.erase(planned_.begin() + (&p - planned_.data()));
    chip_.mode.closed = true;
    again_.notify(sc_core::SC_ZERO_TIME);
    return;
  }
}

void timing_change::look() {
  auto& c = done_.back();
  const auto& clock = chip_.fabric_clock();
  const auto now = clock.now();
  const auto end = std::max(chip_.mesh.drained(), chip_.dram.drained());
  c.stuck = end > now && now >= c.fence + patience;
  if (end > now && !c.stuck) return again_.notify(clock.until(end));
  c.drained = now;
  if (!c.stuck) {
    chip_.mode.phases = c.to_at;
    chip_.mesh.set_flits(c.to_at);
    chip_.dram.count_energy(c.to_at);
  }
  chip_.mode.closed = false;
  chip_.mode.opened.notify(sc_core::SC_ZERO_TIME);
}

void timing_change::report(run_result& result) const {
  const auto name = [](bool at) { return at ? "at" : "lt"; };
  for (const auto& c : done_) {
    if (c.stuck) {
      result.notes.push_back(fmt::format("warning: the fabric did not drain within {} cycles of the fence at {}, so {} "
                                         "went on (switch.to_{}: {})",
                                         patience, c.fence, name(!c.to_at), name(c.to_at), c.after));
      continue;
    }
    result.notes.push_back(fmt::format("timing is {} from cycle {} on ({}): the fabric drained in {} cycles after the "
                                       "fence",
                                       name(c.to_at), c.drained, c.after, c.drained - c.fence));
    result.extra.emplace_back(fmt::format("switch_to_{}_drain_cycles", name(c.to_at)),
                              static_cast<double>(c.drained - c.fence));
  }
  for (const auto& p : planned_)
    result.notes.push_back(fmt::format("warning: switch.to_{}: {} was not reached: no fence came after it, or the "
                                       "timing was {} already",
                                       name(p.to_at), p.text, name(p.to_at)));
}

} // namespace acf::platform
