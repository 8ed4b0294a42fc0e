// at timing of the mesh; private to it. Packets come as TLM base protocol, one payload each, and travel as flits.
//
//   initiator --BEGIN_REQ-->  source  --flits--> target's NI --BEGIN_REQ--> DRAM channel
//             <--END_REQ--- (tail has left)                  --b_transport--> tile, host bridge (at once)
//             <--BEGIN_RESP-- all answers here <--flits-- answer <--BEGIN_RESP--
//
// A read and a write to DRAM are answered packet by packet; of a send to tiles only the last packet is, by everybody it
// went to, and the payloads before it end when they have arrived. Packets of one stream reach a node in the order in
// which they left: one that overtook another in a second virtual channel waits for it at the network interface.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "models/noc/flit_network.hpp"
#include "models/noc/transfer.hpp"

namespace acf::noc {

struct mesh::carrier {
  static constexpr std::uint32_t dram_packets = 2; // that wait for a DRAM channel in its network interface

  carrier(mesh& m, common::turns* order);

  tlm::tlm_sync_enum from_initiator(node_id node, tlm::tlm_generic_payload& p, tlm::tlm_phase& phase);
  tlm::tlm_sync_enum from_target(node_id node, tlm::tlm_generic_payload& p, tlm::tlm_phase& phase);

  link_counters link(link_id l) const { return with_busy(net.flits.link(l)); }
  link_counters injection(node_id n) const { return with_busy(net.flits.injection(n)); }
  link_counters ejection(node_id n) const { return with_busy(net.flits.ejection(n)); }
  bool idle() const { return net.flits.empty() && free_.size() == trips_.size(); }

private:
  std::unique_ptr<common::turns> own_order_; // of a mesh that stands alone

public:
  flit_network net;

private:
  // One packet, from BEGIN_REQ to BEGIN_RESP at its initiator.
  struct trip : transfer {
    bool last = true;
    std::uint8_t* data = nullptr;         // the bytes that are carried
    std::uint32_t answers = 0;            // that are missing
    std::vector<std::uint64_t> positions; // in its stream, by branch
    cycles alone = 0;                     // of its time: what it would take in an empty fabric,
    cycles memory = 0;                    // and the wait for the DRAM
    cycles at_memory = 0;                 // when it came there, and when the DRAM was asked
    cycles asked = 0;
  };
  struct tag {
    std::uint32_t trip;
    bool answer;
    cycles offered;
  };
  struct interface {                                // of a node
    tlm::tlm_generic_payload* unaccepted = nullptr; // waits for END_REQ
    std::deque<std::uint32_t> finished;             // wait for the initiator's END_RESP
    bool responding = false;
    // of a DRAM channel
    std::deque<std::uint32_t> arrived;
    bool offering = false;                       // BEGIN_REQ without END_REQ
    std::uint32_t answers_queued = 0;            // that have not left
    tlm::tlm_generic_payload* unended = nullptr; // waits for END_RESP
    cycles busy_until = 0;                       // of the host's narrow interface
  };
  struct stream_order { // of the packets of one stream to one node
    std::uint64_t sent = 0, taken = 0;
    std::map<std::uint64_t, std::uint32_t> early; // trips by position
  };

  static link_counters with_busy(link_counters c) {
    c.busy = c.flits; // one a cycle
    return c;
  }
  std::uint32_t start(node_id node, tlm::tlm_generic_payload& p);
  common::fabric_error check(trip& t);
  std::shared_ptr<const journey> way(trip& t);
  stream_order& order_of(const trip& t, node_id to);
  cycles zero_load(node_id from, node_id to, std::uint32_t bank, std::uint32_t flits);

  void offer(node_id at, std::uint32_t index, bool answer, common::message_class c, std::uint32_t flits,
             std::shared_ptr<const journey> way);
  void injected(flit_mesh::packet_id id, node_id node);
  void delivered(flit_mesh::packet_id id, node_id node);
  void arrived(std::uint32_t index, node_id node);
  void take(std::uint32_t index, node_id node);
  void hand_over(std::uint32_t index, node_id node);
  void pump(node_id node);
  void memory_done(std::uint32_t index, node_id node);
  void answer(std::uint32_t index, node_id node);
  void answered(std::uint32_t index);
  void finish(std::uint32_t index);
  void respond(node_id node);
  void fill(trip& t, node_id here, tlm::tlm_generic_payload& p);
  bool is_dram(node_id node) const { return node >= mesh_.where_.tiles() && node != mesh_.where_.host_bridge(); }

  mesh& mesh_;
  std::vector<std::unique_ptr<trip>> trips_;
  std::vector<std::uint32_t> free_;
  std::vector<tag> tags_; // by packet number of the flits
  std::vector<interface> interfaces_;
  std::unordered_map<const tlm::tlm_generic_payload*, std::uint32_t> at_dram_;
  std::unordered_map<std::uint64_t, stream_order> streams_; // by source, stream, destination
  struct known_way {
    std::uint64_t generation = 0;
    std::shared_ptr<const journey> way;
  };
  std::unordered_map<std::uint64_t, known_way> ways_; // unicast, by bank, source, destination
};

} // namespace acf::noc
