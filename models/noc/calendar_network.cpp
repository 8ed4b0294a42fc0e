#include "models/noc/calendar_network.hpp"

#include <algorithm>

namespace acf::noc {
namespace {

moment later(moment m, cycles by) { return {m.at + by, m.alone + by}; }

} // namespace

calendar_network::calendar_network(const topology& where, const mesh_config& config, common::use_over_time& use)
    : hop_(config.router_cycles + config.link_cycles),
      host_(where.host_bridge()),
      host_bytes_(std::min(config.host_bytes, config.link_bytes)),
      link_bytes_(config.link_bytes),
      ejection_delay_(config.link_cycles),
      injection_(where.nodes()),
      ejection_(where.nodes()),
      links_(where.links()),
      arrivals_(std::size_t{where.nodes()} * common::streams),
      use_(use) {}

cycles& calendar_network::last_arrival(const packet& what, node_id destination) {
  auto& of_stream = arrivals_[std::size_t{what.source} * common::streams + what.stream];
  if (of_stream.empty()) of_stream.resize(ejection_.size());
  return of_stream[destination];
}

moment calendar_network::take(std::size_t number, resource& r, const packet& what, cycles duration, moment earliest,
                              cycles now) const {
  r.taken.forget_before(now);
  moment start{r.taken.reserve(earliest.at, duration), earliest.alone};
  use_.add(number, start.at, duration);
  r.flits += what.flits;
  r.waited += start.at - earliest.at;
  if (r.transfer == what.transfer)
    start.alone = std::max(start.alone, r.transfer_end);
  else
    r.transfer = what.transfer;
  r.transfer_end = start.alone + duration;
  r.packet = packets_;
  r.packet_start = start;
  return start;
}

moment calendar_network::send(const packet& what, moment earliest, std::span<branch> to, cycles now) {
  ++packets_;
  const auto in = at_interface(what.source, what);
  const auto injected = take(links_.size() + what.source, injection_[what.source], what, in, earliest, now);
  for (auto& b : to) {
    auto start = later(injected, in - what.flits);
    for (const auto l : b.way->links) {
      auto& r = links_[l];
      start = r.packet == packets_ ? r.packet_start : take(l, r, what, what.flits, later(start, hop_), now);
    }
    const auto out = at_interface(b.destination, what);
    start = later(start, hop_);
    const bool ordered = what.stream != 0 && what.travels_as == common::message_class::request;
    if (ordered) start.at = std::max(start.at, last_arrival(what, b.destination));
    start = take(links_.size() + injection_.size() + b.destination, ejection_[b.destination], what, out, start, now);
    if (ordered) last_arrival(what, b.destination) = start.at + out;
    b.delivered = later(start, out + ejection_delay_);
  }
  return later(injected, in);
}

link_counters calendar_network::counters(const resource& r, cycles now) {
  return {r.flits, r.taken.busy_until(now), r.waited};
}

cycles calendar_network::drained() const {
  cycles end = 0;
  for (const auto* all : {&injection_, &links_, &ejection_})
    for (const auto& r : *all) end = std::max(end, r.taken.free_from());
  return end;
}

} // namespace acf::noc
