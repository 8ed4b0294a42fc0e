// lt timing of the mesh: every injection port, link and ejection port keeps a reservation calendar; a packet of F flits
// takes F cycles of each on its way, every one router_cycles + link_cycles after the one before. With nobody in the way
// it arrives over d links (router + link) (d + 1) + link + F cycles after it was offered: 4 d + F + 5 by default, as
// BookSim2's router does (reference/timing). The host bridge's network interface is narrower than a link: a packet
// takes link/interface times as long there, and enters the mesh once it is complete.
//
// Packets of one stream of a node reach a destination in the order in which they were sent, as on one route with
// buffers: a short one that finds a gap in front of a longer one waits for it at the ejection port.
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
  // Counts in `use`, numbered as mesh::resource_name.
  calendar_network(const topology& where, const mesh_config& config, common::use_over_time& use);

  moment send(const packet& what, moment earliest, std::span<branch> to, cycles now) override;

  void stall(link_id link, cycles now, cycles until) override { links_[link].taken.take_all(now, until); }

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

  cycles& last_arrival(const packet& what, node_id destination);
  moment take(std::size_t number, resource& r, const packet& what, cycles duration, moment earliest, cycles now) const;
  cycles at_interface(node_id node, const packet& what) const { // of the node, to inject or eject it
    return node == host_ ? (cycles{what.flits} * link_bytes_ + host_bytes_ - 1) / host_bytes_ : what.flits;
  }
  static link_counters counters(const resource& r, cycles now);

  cycles hop_;                                 // from the first flit on a link to the same on the next
  node_id host_;                               // whose network interface passes
  std::uint32_t host_bytes_, link_bytes_;      // so much a cycle; all others as much as a link
  cycles ejection_delay_;                      // from the last flit on the ejection port to the node
  std::vector<resource> injection_, ejection_; // by node
  std::vector<resource> links_;                // by link_id
  std::vector<std::vector<cycles>> arrivals_;  // by stream of a source, then destination: end of the last ejection
  std::uint64_t packets_ = 0;
  common::use_over_time& use_;
};

} // namespace acf::noc
