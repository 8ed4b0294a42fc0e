// What can be seen of the mesh from outside: debug access, counters, names.
#include <algorithm>
#include <cstdio>

#include "models/noc/carrier.hpp"

namespace acf::noc {

// Debuggers and loaders look at DRAM through any node; other nodes by number.
unsigned mesh::transport_dbg(int node, tlm::tlm_generic_payload& payload) {
  const checked_out out(pool_);
  auto& t = *out.item;
  const auto* extension = payload.get_extension<fabric_extension>();
  t.payload = &payload;
  t.command = payload.get_command();
  t.bytes = payload.get_data_length();
  t.source = static_cast<node_id>(node);
  t.to = extension != nullptr ? extension->to : destination::dram();
  const bool dram = t.to.where == destination::kind::dram;
  if (t.to.where == destination::kind::tiles || (dram && !config_.dram.contains(payload.get_address(), t.bytes)) ||
      (!dram && t.to.value >= where_.nodes()))
    return 0;
  std::uint32_t offset = 0;
  while (offset < t.bytes) {
    const auto bytes = piece(t, offset);
    const auto target = home(t, offset);
    if (to[target].size() == 0) break;
    t.packet.set_command(t.command);
    t.packet.set_address(payload.get_address() + offset);
    t.packet.set_data_ptr(payload.get_data_ptr() + offset);
    t.packet.set_data_length(bytes);
    t.packet.set_streaming_width(bytes);
    t.packet.set_byte_enable_ptr(nullptr);
    const auto moved = to[target]->transport_dbg(t.packet);
    offset += moved;
    if (moved != bytes) break;
  }
  return offset;
}

tlm::tlm_sync_enum mesh::from_initiator(int node, tlm::tlm_generic_payload& p, tlm::tlm_phase& phase,
                                        sc_core::sc_time&) {
  return carrier_->from_initiator(static_cast<node_id>(node), p, phase);
}

tlm::tlm_sync_enum mesh::from_target(int node, tlm::tlm_generic_payload& p, tlm::tlm_phase& phase, sc_core::sc_time&) {
  return carrier_->from_target(static_cast<node_id>(node), p, phase);
}

link_counters mesh::link(link_id link, cycles at) const {
  link_counters c;
  if (timing_) c += timing_->link(link, at);
  if (carrier_ && where_.exists(link)) c += carrier_->link(link);
  return c;
}
link_counters mesh::injection(node_id node, cycles at) const {
  link_counters c;
  if (timing_) c += timing_->injection(node, at);
  if (carrier_) c += carrier_->injection(node);
  return c;
}
link_counters mesh::ejection(node_id node, cycles at) const {
  link_counters c;
  if (timing_) c += timing_->ejection(node, at);
  if (carrier_) c += carrier_->ejection(node);
  return c;
}

void mesh::stall(link_id link, cycles duration) {
  if (timing_) timing_->stall(link, now(), now() + duration);
  if (!carrier_) return;
  carrier_->net.flits.stall(link, now() + duration);
  carrier_->net.wake();
}

cycles mesh::drained() const {
  const auto calendars = timing_ ? timing_->drained() : 0;
  return std::max(calendars, carrier_ && !carrier_->idle() ? now() + 1 : carrier_ ? now() : 0);
}

std::vector<link_id> mesh::waiting_ring() const {
  return carrier_ ? carrier_->net.flits.waiting_ring() : std::vector<link_id>{};
}

mesh_counters mesh::counters() const {
  auto c = counters_;
  for (link_id link = 0; link < where_.links(); ++link) c.flit_hops += this->link(link, 0).flits;
  return c;
}

mesh_snapshot mesh::snapshot() const {
  mesh_snapshot s{now(), {}};
  s.resources.reserve(resources());
  for (link_id link = 0; link < where_.links(); ++link) s.resources.push_back(this->link(link, s.at));
  for (std::uint32_t n = 0; n < where_.nodes(); ++n) s.resources.push_back(injection(static_cast<node_id>(n), s.at));
  for (std::uint32_t n = 0; n < where_.nodes(); ++n) s.resources.push_back(ejection(static_cast<node_id>(n), s.at));
  return s;
}

std::string mesh::resource_name(std::uint32_t resource) const {
  if (resource < where_.links()) return where_.exists(resource) ? where_.link_name(resource) : "";
  resource -= where_.links();
  const bool injection = resource < where_.nodes();
  return where_.node_name(static_cast<node_id>(resource % where_.nodes())) + (injection ? " injection" : " ejection");
}

std::string mesh::explain(const fabric_error& error) const {
  const auto node = where_.node_name(error.destination);
  const auto router = "router " + where_.router_name(error.router);
  char address[2 + 16 + 1];
  std::snprintf(address, sizeof address, "0x%llx", static_cast<unsigned long long>(error.address));
  switch (error.what) {
  case fabric_error::kind::none: return "no error";
  case fabric_error::kind::route_hole:
    return router + " has no way to " + node + ": its routing entry is not valid or leads nowhere";
  case fabric_error::kind::route_loop: return "packets to " + node + " go in circles through " + router;
  case fabric_error::kind::no_destination:
    if (error.destination == common::no_node) return "the set of tiles reaches beyond the mesh";
    return "nothing answers at " + node + " (address " + address + ")";
  case fabric_error::kind::refused: return node + " refused a packet for its address " + address;
  case fabric_error::kind::out_of_range: return std::string("address ") + address + " is outside the DRAM";
  case fabric_error::kind::memory: return std::string("uncorrectable memory error at ") + address;
  case fabric_error::kind::malformed:
    return "a transfer must be 1 to " + std::to_string(config_.max_transfer_bytes) +
           " contiguous bytes without byte enables";
  }
  return {};
}

std::vector<link_use> mesh::busier_than(double fraction, const mesh_snapshot& since, const mesh_snapshot& until) const {
  std::vector<link_use> found;
  if (until.at <= since.at) return found;
  for (std::uint32_t i = 0; i < resources(); ++i) {
    const auto& a = since.resources[i];
    const auto& b = until.resources[i];
    const link_counters window{b.flits - a.flits, b.busy - a.busy, b.waited - a.waited};
    const double use = static_cast<double>(window.busy) / static_cast<double>(until.at - since.at);
    if (use > fraction) found.push_back({resource_name(i), use, window});
  }
  return found;
}

} // namespace acf::noc
