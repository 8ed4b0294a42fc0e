// Where a packet goes, laid out for routers: at every stop the output ports it leaves by, and the stop behind each. The
// ways of a multicast share their links, so its journey is a tree; that of any other packet is a chain.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "models/noc/network_timing.hpp"
#include "models/noc/routing.hpp"

namespace acf::noc {

class journey {
public:
  struct exit {
    std::uint16_t port;
    std::uint16_t stop; // behind a port to a neighbour
    node_id node;       // behind a port to a node, else no_node
  };

  // From the source along the ways of all branches. A link that several of them use is travelled once; where two ways
  // part and meet again, the later copy ends at the meeting.
  journey(const topology& where, std::span<const branch> to);

  std::span<const exit> exits(std::uint32_t stop) const {
    return {exits_.data() + first_[stop], exits_.data() + first_[stop + 1]};
  }
  bool multicast() const { return ends_ > 1; }
  std::uint32_t ends() const { return ends_; } // nodes that it goes to

private:
  std::vector<std::uint32_t> first_; // of a stop's exits; one more than stops
  std::vector<exit> exits_;
  std::uint32_t ends_;
};

} // namespace acf::noc
