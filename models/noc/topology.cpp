#include "models/noc/topology.hpp"

#include <stdexcept>

#include "sw_stack/hal/global_registers.hpp"

namespace acf::noc {
namespace {

using hal::router::port;

[[noreturn]] void refuse(const std::string& key, std::uint64_t value, const std::string& rule) {
  throw std::invalid_argument(key + ": " + std::to_string(value) + "; " + rule);
}

void expect(const std::string& key, std::uint64_t value, std::uint64_t least, std::uint64_t most) {
  if (value < least || value > most)
    refuse(key, value, "expected " + std::to_string(least) + " to " + std::to_string(most));
}

void validate(const mesh_config& c) {
  expect("mesh.width", c.width, 1, 64);
  expect("mesh.height", c.height, 1, 64);
  expect("mesh.virtual_channels", c.virtual_channels, 1, 255);
  expect("mesh.buffer_flits", c.buffer_flits, 1, 255);
  expect("mesh.link_bytes", c.link_bytes, 8, 1024);
  expect("mesh.host_bytes", c.host_bytes, 1, 1024);
  expect("mesh.router_cycles", c.router_cycles, 1, 100);
  expect("mesh.link_cycles", c.link_cycles, 1, 100);
  expect("mesh.max_packet_flits", c.max_packet_flits, 1, 256);
  if (std::uint64_t{c.link_bytes} * c.max_packet_flits < 64)
    refuse("mesh.max_packet_flits", c.max_packet_flits, "a packet must hold 64 bytes, a command");
  expect("mesh.max_transfer_bytes", c.max_transfer_bytes, 64, 65536);
  expect("mesh.cycle_ps", c.cycle_ps, 1, 1'000'000);
  c.dram.validate();
  const auto nodes = std::uint64_t{c.width} * c.height + c.dram.channels + 1;
  if (nodes > hal::router::max_nodes)
    refuse("mesh.width * mesh.height", std::uint64_t{c.width} * c.height,
           "tiles, DRAM channels and host bridge together may be at most " + std::to_string(hal::router::max_nodes) +
               " nodes");
}

} // namespace

topology::topology(const mesh_config& config)
    : width_((validate(config), config.width)), height_(config.height), channels_(config.dram.channels) {
  for (std::uint32_t router = 0; router < routers(); ++router)
    attached_.push_back({static_cast<router_id>(router), port::local});

  // Even channels at the west edge, odd ones at the east edge, going down the rows; the host bridge at router 0.
  std::vector<std::uint8_t> next_port(routers(), port::local + 1);
  const auto attach = [&](std::uint32_t router) {
    if (next_port[router] > hal::router::port_field.mask() >> hal::router::port_field.lsb)
      refuse("dram.channels", channels_, "a mesh of this size has no router port for so many");
    attached_.push_back({static_cast<router_id>(router), next_port[router]++});
  };
  for (std::uint32_t i = 0; i < channels_; ++i) attach(tile(i % 2 == 0 ? 0 : width_ - 1, i / 2 % height_));
  attach(0);
}

std::optional<link_id> topology::link(router_id from, router_id to) const {
  for (link_id l = from * 4u; l < from * 4u + 4; ++l)
    if (neighbour(l) == to) return l;
  return std::nullopt;
}

router_id topology::neighbour(link_id link) const {
  const auto router = link / 4;
  const auto x = router % width_, y = router / width_;
  switch (link % 4) {
  case port::north: return y > 0 ? static_cast<router_id>(router - width_) : no_router;
  case port::east: return x + 1 < width_ ? static_cast<router_id>(router + 1) : no_router;
  case port::south: return y + 1 < height_ ? static_cast<router_id>(router + width_) : no_router;
  default: return x > 0 ? static_cast<router_id>(router - 1) : no_router;
  }
}

std::string topology::router_name(router_id router) const {
  return "(" + std::to_string(router % width_) + "," + std::to_string(router / width_) + ")";
}

std::string topology::node_name(node_id node) const {
  if (node < tiles()) return "tile " + router_name(node);
  if (node == host_bridge()) return "host bridge";
  if (node < nodes()) return "dram " + std::to_string(node - tiles());
  return "node " + std::to_string(node);
}

std::string topology::link_name(link_id link) const {
  return "link " + router_name(static_cast<router_id>(link / 4)) + "->" + router_name(neighbour(link));
}

} // namespace acf::noc
