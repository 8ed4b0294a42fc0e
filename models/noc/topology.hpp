// What is where in the mesh: routers, the nodes attached to them, the links between them.
//
//              north (y-1)
//                  |
//    west (x-1) -- router y * width + x -- east (x+1)       ports 0..3; port 4 is the tile,
//                  |                                        5.. DRAM channels and the host bridge
//              south (y+1)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/common/channel_map.hpp"
#include "models/common/fabric_extension.hpp"

namespace acf::noc {

using common::cycles;
using common::node_id;
using router_id = std::uint16_t;
using link_id = std::uint32_t; // router * 4 + output port

struct mesh_config {
  std::uint32_t width = 4, height = 4;     // tiles
  std::uint32_t virtual_channels = 2;      // per message class; matters in at mode
  std::uint32_t buffer_flits = 8;          // per virtual channel; matters in at mode
  std::uint32_t link_bytes = 64;           // one flit a cycle and direction; bisection equals DRAM bandwidth
  std::uint32_t host_bytes = 16;           // a cycle and direction, of the host bridge's network interface
  std::uint32_t router_cycles = 3;         // VC allocation, switch allocation, switch traversal
  std::uint32_t link_cycles = 1;           // from router to router, and between a node and its router
  std::uint32_t max_packet_flits = 16;     // 1 KiB, the interleave of the DRAM channels
  std::uint32_t max_transfer_bytes = 4096; // longest payload of one b_transport
  std::uint64_t cycle_ps = 1000;           // fabric clock period
  bool flits = false;                      // at timing: flits, credits and virtual channels instead of calendars
  bool switchable = false;                 // both, one at a time, beginning with `flits`
  common::channel_map dram{};              // size and channels as in dram_config
};

class topology {
public:
  explicit topology(const mesh_config& config); // throws std::invalid_argument: "mesh.width: ..."

  std::uint32_t width() const { return width_; }
  std::uint32_t height() const { return height_; }
  std::uint32_t routers() const { return width_ * height_; }
  std::uint32_t tiles() const { return routers(); }
  std::uint32_t channels() const { return channels_; }
  std::uint32_t nodes() const { return static_cast<std::uint32_t>(attached_.size()); }
  std::uint32_t links() const { return routers() * 4; } // numbers, of which those at the edges do not exist

  node_id tile(std::uint32_t x, std::uint32_t y) const { return static_cast<node_id>(y * width_ + x); }
  node_id channel(std::uint32_t i) const { return static_cast<node_id>(tiles() + i); }
  node_id host_bridge() const { return static_cast<node_id>(nodes() - 1); }

  struct attachment {
    router_id router;
    std::uint8_t port;
  };
  attachment attached(node_id node) const { return attached_[node]; }

  // The link from a router to a neighbour, if they are neighbours.
  std::optional<link_id> link(router_id from, router_id to) const;
  bool exists(link_id link) const { return neighbour(link) != no_router; }
  static constexpr router_id no_router = 0xFFFF;
  router_id neighbour(link_id link) const; // the router behind it, or no_router

  std::string router_name(router_id router) const; // "(2,1)"
  std::string node_name(node_id node) const;       // "tile (2,1)", "dram 3", "host bridge"
  std::string link_name(link_id link) const;       // "link (2,1)->(3,1)"

private:
  std::uint32_t width_, height_, channels_;
  std::vector<attachment> attached_; // by node
};

} // namespace acf::noc
