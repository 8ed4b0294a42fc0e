// When do packets arrive? The part of the mesh that differs between lt and at. lt: calendar_network.
#pragma once

#include <span>

#include "models/common/use_over_time.hpp"
#include "models/noc/packet.hpp"
#include "models/noc/routing.hpp"

namespace acf::noc {

// `at`: when it happens. `alone`: when it would happen if nothing but this transfer were in the fabric; the difference
// is what others cost it.
struct moment {
  cycles at = 0;
  cycles alone = 0;
};

struct packet {
  std::uint64_t transfer; // packets of one transfer share it
  node_id source;
  common::message_class travels_as;
  std::uint32_t flits;
  std::uint8_t stream = 0; // of the source: its requests reach each destination in order; 0: in any order
};

// A destination of a packet: where it goes, and (out) when its last flit has arrived.
struct branch {
  node_id destination;
  const route* way;
  moment delivered{};
};

struct link_counters {
  std::uint64_t flits = 0;
  cycles busy = 0;   // of them up to now
  cycles waited = 0; // by packets, in front of the link

  link_counters& operator+=(const link_counters& other) {
    flits += other.flits, busy += other.busy, waited += other.waited;
    return *this;
  }
};

class network_timing {
public:
  virtual ~network_timing() = default;

  // A packet enters the mesh at `earliest` or later and goes to all branches, over a link that several of them share
  // only once. `now` is the kernel's time: nothing will be asked for before it any more. Returns the end of its
  // injection.
  virtual moment send(const packet& what, moment earliest, std::span<branch> to, cycles now) = 0;

  // A fault: nothing new passes this link before cycle `until`.
  virtual void stall(link_id link, cycles now, cycles until) = 0;

  virtual link_counters link(link_id link, cycles now) const = 0;
  virtual link_counters injection(node_id node, cycles now) const = 0;
  virtual link_counters ejection(node_id node, cycles now) const = 0;
  virtual cycles drained() const = 0; // the cycle from which on nothing is under way
};

} // namespace acf::noc
