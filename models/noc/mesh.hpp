// The mesh: network interfaces, routers and links between the tiles, the DRAM channels and the host bridge.
//
//   node's initiator -> from[node]  network interface: cuts into packets, looks up routes
//                                       | routers and links
//   node's target    <- to[node]    one b_transport per packet and destination, at its own arrival time
//
// A transfer is one b_transport of at most max_transfer_bytes, contiguous; fabric_extension says where it goes.
//   read             request packet (1 flit), the target's time, data packets back
//   write to DRAM    data packets, the controller's time, one acknowledge (1 flit) per packet
//   send to tiles    data packets along the union of the routes (each link once), delivered in order; one acknowledge
//                    per destination. A signal reaches each destination with its last packet.
// On return `delay` covers data read or all acknowledges received. Targets move the bytes at the times that they were
// told; those of DRAM as common/parcel.hpp says. A bad route is found before anything moves. A target that refuses a
// packet ends the transfer there: earlier packets, and other destinations of this one, have got theirs.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "models/common/turns.hpp"
#include "models/noc/network_timing.hpp"
#include "models/noc/router_registers.hpp"

namespace acf::noc {

struct mesh_counters {
  std::uint64_t transfers = 0;
  std::uint64_t packets = 0;
  std::uint64_t flit_hops = 0;                        // flits times links between routers
  std::uint64_t bytes_read = 0, bytes_written = 0;    // payload at the sources, a multicast counted once
  std::uint64_t failed = 0;                           // transfers that ended with an error
  std::array<common::latency_histogram, 2> latency{}; // of packets, from being offered to delivery; by message class
};

// Counters of every link and port at one instant; the difference of two is a measurement window.
struct mesh_snapshot {
  cycles at = 0;
  std::vector<link_counters> resources; // numbered as mesh::resource_name
};

struct link_use {
  std::string name;
  double utilisation;
  link_counters window;
};

class mesh : public sc_core::sc_module {
public:
  using from_node = tlm_utils::simple_target_socket_tagged_optional<mesh>;
  using to_node = tlm_utils::simple_initiator_socket_tagged_optional<mesh>;

  sc_core::sc_vector<from_node> from; // by node; those that nobody uses may stay unbound
  sc_core::sc_vector<to_node> to;

  // `order`: of the units around it; at timing needs it when there are any. Throws std::invalid_argument.
  mesh(const sc_core::sc_module_name& name, const mesh_config& config, common::turns* order = nullptr);
  ~mesh() override;

  const mesh_config& config() const { return config_; }
  const topology& where() const { return where_; }
  routing_tables& routes() { return routes_; }
  const routing_tables& routes() const { return routes_; }
  router_registers& registers() { return registers_; }

  packet_filter filter;                                      // empty: packets travel unchanged
  std::function<void(const common::fabric_error&)> on_error; // a transfer was refused: for ROUTE_STATUS

  // How busy links and network interfaces were over time, numbered as resource_name; and its beginning.
  const common::use_over_time& use() const { return use_; }
  void restart_use() { use_.restart(now()); }

  // Of a switchable mesh: what enters from now on. Nothing is under way.
  void set_flits(bool flits) { flits_ = flits; }

  // A fault: from now on the link lets nothing new pass for so many cycles. The link exists.
  void stall(link_id link, cycles duration);

  cycles now() const; // completed fabric cycles
  mesh_counters counters() const;
  mesh_snapshot snapshot() const;
  std::uint32_t resources() const { return where_.links() + 2 * where_.nodes(); }
  std::string resource_name(std::uint32_t resource) const;      // "link (2,1)->(3,1)", "dram 3 injection", "" if none
  std::string explain(const common::fabric_error& error) const; // one line for people
  // Links and ports that were busy for more than `fraction` of the window: lt is optimistic there.
  std::vector<link_use> busier_than(double fraction, const mesh_snapshot& since, const mesh_snapshot& until) const;
  cycles drained() const;
  // at timing: links whose packets wait for each other in a ring, in order; empty when nothing is stuck that way.
  std::vector<link_id> waiting_ring() const;

private:
  struct carrier;     // at timing
  struct transfer;    // state of one b_transport; pooled, because targets may call back into the mesh
  struct checked_out; // returns it to the pool

  void b_transport(int node, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum from_initiator(int node, tlm::tlm_generic_payload& p, tlm::tlm_phase& phase, sc_core::sc_time&);
  tlm::tlm_sync_enum from_target(int node, tlm::tlm_generic_payload& p, tlm::tlm_phase& phase, sc_core::sc_time&);
  link_counters link(link_id link, cycles at) const;
  link_counters injection(node_id node, cycles at) const;
  link_counters ejection(node_id node, cycles at) const;
  unsigned transport_dbg(int node, tlm::tlm_generic_payload& payload);

  common::fabric_error plan(transfer& t) const;
  common::fabric_error plan_nodes(transfer& t);
  common::fabric_error plan_routes(transfer& t);
  std::uint32_t piece(const transfer& t, std::uint32_t offset) const; // bytes of the packet that starts at `offset`
  node_id home(const transfer& t, std::uint32_t offset) const;        // node of that packet, if there is only one
  std::uint32_t flits(std::uint32_t bytes) const;

  void read(transfer& t);
  void write(transfer& t);
  void send(transfer& t);
  std::uint8_t* outgoing(transfer& t, packet_kind kind, node_id destination, std::uint32_t offset, std::uint32_t bytes);
  void returning(transfer& t, packet_kind kind, node_id from_target, cycles injected, std::uint32_t offset = 0,
                 std::uint32_t bytes = 0);
  moment pass(transfer& t, node_id source, common::message_class c, std::uint32_t flits, moment earliest,
              std::span<branch> branches);
  moment answer(transfer& t, node_id source, std::uint32_t flits, moment earliest);
  moment deliver(transfer& t, node_id destination, std::uint32_t offset, std::uint32_t bytes, std::uint8_t* data,
                 moment arrival, common::message_class c, bool last);
  void conclude(transfer& t, sc_core::sc_time& delay);

  cycles to_cycles(const sc_core::sc_time& t) const; // rounded up
  sc_core::sc_time from_now(cycles c) const;

  mesh_config config_;
  topology where_;
  routing_tables routes_;
  router_registers registers_;
  std::unique_ptr<network_timing> timing_; // lt,
  std::unique_ptr<carrier> carrier_;       // or at
  std::vector<std::unique_ptr<transfer>> pool_;
  mesh_counters counters_;
  common::use_over_time use_;
  bool flits_;
};

} // namespace acf::noc
