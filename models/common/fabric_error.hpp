// Why a transfer over the mesh was refused, and where.
#pragma once

#include <cstdint>

namespace acf::common {

using node_id = std::uint16_t; // tiles y * width + x, then DRAM channels, then the host bridge
inline constexpr node_id no_node = 0xFFFF;
inline constexpr std::uint32_t streams = 4; // of a node, numbered from 0

struct fabric_error {
  enum class kind : std::uint8_t {
    none,
    route_hole,     // an entry on the way is not valid or leads nowhere: `router`, `destination`
    route_loop,     // the way is longer than there are routers: `router`, `destination`
    no_destination, // no such node, or nothing attached: `destination`, no_node for a set of tiles
    out_of_range,   // not in DRAM: `address`
    refused,        // the target answered with an error: `destination`, `address` there
    memory,         // uncorrectable error: `address` of the bad line
    malformed       // length, streaming width or byte enables that the fabric does not carry
  };
  kind what = kind::none;
  std::uint16_t router = 0;
  node_id destination = 0;
  std::uint64_t address = 0;

  explicit operator bool() const { return what != kind::none; }
};

} // namespace acf::common
