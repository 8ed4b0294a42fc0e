// lt timing of the mesh: every injection port, link and ejection port keeps a reservation calendar; a packet of F flits
// takes F cycles of each on its way, the next one 4 cycles after the one before. With nobody in the way a packet over
// d links arrives 4 d + F + 5 cycles after it was offered (BookSim2's router as in reference/timing: 3 router cycles
// and 1 link cycle a hop).
//
// What this leaves out: a packet that waits for a link does not block the links behind it, because buffers and virtual
// channels are not modelled. Hence the warning about links used for more than 70 % of the time.
#pragma once

#include <vector>

#include "models/common/calendar.hpp"
#include "models/noc/network_timing.hpp"

namespace acf::noc {

class calendar_network final : public network_timing {
public:
  static constexpr cycles hop = 4; // from one link's first flit to that of the next: 3 in the router, 1 on the link
  static constexpr cycles ejection_delay = 1; // from the last flit on the ejection port to the node

  explicit calendar_network(const topology& where);

  moment send(const packet& what, moment earliest, std::span<branch> to, cycles now) override;

  link_counters link(link_id link, cycles now) const override { return counters(links_[link], now); }
  link_counters injection(node_id node, cycles now) const override { return counters(injection_[node], now); }
  link_counters ejection(node_id node, cycles now) const override { return counters(ejection_[node], now); }
  cycles drained() const override;

private:
  struct resource {
    common::calendar taken;
    std::uint64_t flits = 0;
    cycles waited = 0;
    std::uint64_t transfer = 0; // the last one that passed, and
    cycles transfer_end = 0;    // when it would have left the resource to its next packet, alone in the fabric
    std::uint64_t packet = 0;   // the last one that passed, and when: branches of a multicast share it
    moment packet_start{};
  };

  moment take(resource& r, const packet& what, moment earliest, cycles now) const;
  static link_counters counters(const resource& r, cycles now);

  std::vector<resource> injection_, ejection_; // by node
  std::vector<resource> links_;                // by link_id
  std::uint64_t packets_ = 0;
};

} // namespace acf::noc
