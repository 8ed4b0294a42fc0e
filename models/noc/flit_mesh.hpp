// The mesh flit by flit, cycle by cycle: wormhole routers with credits and virtual channels as plain state, without
// SystemC. Only routers that hold flits are looked at.
//
//   node -> source queue -> input buffers -> VC allocation -> switch allocation -> traversal -> link -> ...  -> node
//                            (per virtual channel)   1 cycle           1 cycle     router_cycles - 2   link_cycles + 1
//
// The router is BookSim2's input-queued one without speculation (Jiang et al., ISPASS 2013): a head flit asks for a
// free virtual channel of its class at its output, then every flit for the switch; both allocators are iSLIP. A credit
// goes back when a flit leaves its buffer. A channel is free for the next packet when its tail has been sent, or with
// wait_for_tail_credit when the buffer behind it has run empty.
//
// Multicast packets have virtual channels of their own whose buffers hold a whole packet, and enter one only when it is
// empty. A copy for each exit leaves at its own pace (in the same cycle where the switch allows it); the flit goes when
// all copies have. So a packet never holds a channel while it waits for more than the buffers behind it, each copy by
// itself, and no deadlock arises where unicast packets on the same routes have none.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "models/noc/journey.hpp"
#include "models/noc/round_robin.hpp"

namespace acf::noc {

struct router_config {
  std::uint32_t classes = 2;
  std::uint32_t virtual_channels = 2;   // per class
  std::uint32_t multicast_channels = 0; // of the request class, besides
  std::uint32_t buffer_flits = 8;       // per virtual channel
  std::uint32_t max_packet_flits = 16;  // buffer of a multicast channel
  std::uint32_t iterations = 1;         // of either allocator
  std::uint32_t router_cycles = 3;      // VC allocation, switch allocation, traversal; 1: all in one cycle
  std::uint32_t link_cycles = 1;
  std::uint32_t credit_cycles = 2; // in the router that takes a credit
  bool wait_for_tail_credit = false;
};

class flit_mesh {
public:
  using packet_id = std::uint32_t;

  // Called within advance(): the tail has left the source. Within arrive(), or release(): the tail is at a node.
  std::function<void(packet_id, node_id)> on_injected, on_delivered;

  flit_mesh(const topology& where, const router_config& config);

  // Puts a packet behind those of its class that wait at `source`; it may leave with the next step(). The number is
  // free again when the packet has been delivered everywhere.
  packet_id offer(node_id source, common::message_class travels_as, std::uint32_t flits,
                  std::shared_ptr<const journey> way);
  bool waiting(node_id node) const { return sources_[node].queued != 0; } // packets that have not left completely

  // One cycle: what is on its way arrives, then sources and routers decide. What is offered in between counts.
  void step(cycles now) {
    arrive(now);
    advance(now);
  }
  void arrive(cycles now);
  void advance(cycles now);
  bool empty() const { return live_ == 0; }
  // Nothing can happen any more before the next offer, release or `next_event`.
  bool at_rest() const { return at_rest_; }

  // A node that cannot take packets of a class: arriving flits keep their buffers in the last router until release().
  void hold(node_id node, common::message_class travels_as);
  void release(node_id node, common::message_class travels_as, cycles now);

  // A fault: nothing passes this link before cycle `until`.
  void stall(link_id link, cycles until);

  link_counters link(link_id link) const { return counters_[port_of(link)]; }
  link_counters injection(node_id node) const { return sources_[node].counters; }
  link_counters ejection(node_id node) const { return counters_[port_of_node_[node]]; }
  std::uint64_t flit_hops() const { return flit_hops_; }
  // From now on flits are counted there, too, numbered as mesh::resource_name.
  void record(common::use_over_time& use);

  // Links whose packets wait for each other in a ring, in order; empty when nothing is stuck that way.
  std::vector<link_id> waiting_ring() const;

private:
  static constexpr std::uint16_t none = 0xFFFF;
  static constexpr std::uint32_t no_port = 0xFFFFFFFF, no_copy = 0xFFFFFFFF;

  struct flit {
    packet_id packet;
    std::uint16_t number;
    std::uint16_t stop; // of the journey
  };
  struct packet_state {
    std::shared_ptr<const journey> way;
    std::uint16_t flits = 0;
    std::uint16_t ends = 0; // deliveries that are missing
    std::uint8_t group = 0; // of virtual channels: classes, then multicast
    common::message_class travels_as{};
  };
  struct copy { // what leaves an input buffer by one exit
    std::uint16_t port = 0, channel = none, sent = 0, stop = 0;
    cycles since = 0; // when it got its channel
  };
  struct buffer { // of an input virtual channel
    std::uint16_t head = 0, count = 0;
    std::uint16_t gone = 0; // flits of the packet in front that have left
    std::uint16_t copies = 0;
    bool routed = false;
  };
  struct downstream { // what an output knows of the buffer behind it
    std::uint16_t occupied = 0;
    bool taken = false, tail_sent = false;
  };
  struct router_state {
    round_robin_matching channels, ports;
    std::vector<std::uint16_t> first_channel; // rotating priority of virtual channels, by input port
    std::vector<std::uint32_t> wanted;        // by input and output port: the copy that asks, or no_copy
    std::vector<std::uint64_t> occupied;      // one bit per input virtual channel that holds flits
    bool active = false;
  };
  struct arrival {
    std::uint32_t buffer;
    flit what;
  };
  struct ejection_arrival {
    node_id node;
    std::uint16_t virtual_channel;
    flit what;
  };
  struct source {
    struct lane { // of a group of virtual channels
      std::deque<packet_id> queue;
      std::uint16_t sent = 0;       // flits of the packet in front
      std::uint16_t channel = none; // that it travels in
      std::uint16_t last = none;    // of the packet before
    };
    std::vector<lane> lanes;
    std::uint16_t last_lane = 0;
    std::uint32_t queued = 0;
    bool active = false;
    std::vector<bool> held; // by class
    std::deque<ejection_arrival> withheld;
    link_counters counters;
  };
  template <typename T>
  struct wheel {
    std::vector<std::vector<T>> slots;
    std::size_t pending = 0;
    std::vector<T>& at(cycles when) { return slots[when & (slots.size() - 1)]; }
    void put(cycles when, const T& item) { at(when).push_back(item), ++pending; }
  };

  std::uint32_t port_of(link_id link) const { return port_base_[link / 4] + link % 4; }
  std::uint32_t depth(std::uint32_t virtual_channel) const {
    return virtual_channel < unicast_channels_ ? config_.buffer_flits : config_.max_packet_flits;
  }
  std::uint32_t group_first(std::uint32_t group) const { return group * config_.virtual_channels; }
  std::uint32_t group_size(std::uint32_t group) const {
    return group < config_.classes ? config_.virtual_channels : config_.multicast_channels;
  }
  bool available(std::uint32_t channel, std::uint32_t group) const {
    const auto& c = channels_[channel];
    return !c.taken && (group < config_.classes || c.occupied == 0);
  }
  flit& at(std::uint32_t b, std::uint32_t offset) { // in buffer b, from its head
    const auto d = depth(b % width_);
    const auto position = buffers_[b].head + offset;
    return slots_[slot_base_[b] + (position >= d ? position - d : position)];
  }

  void take_credits(cycles now);
  void take_flits(cycles now);
  void eject(const ejection_arrival& e);
  bool inject(node_id node);
  void route(std::uint32_t b);
  bool allocate_channels(std::uint32_t router);
  bool allocate_switch(std::uint32_t router);
  void send(std::uint32_t copy_index);
  void pop(std::uint32_t b);
  void activate(std::uint32_t router);
  void finish(packet_id id);
  template <typename F>
  void each_occupied(std::uint32_t router, F f);

  const topology& where_;
  const router_config config_;
  const std::uint32_t unicast_channels_; // of a port
  const std::uint32_t width_;            // virtual channels of a port
  const cycles hop_;                     // from switch allocation to the buffer behind the link

  // Ports of all routers are numbered through; input and output port of a side share a number, and so do the two ends
  // of a link with exchanged roles. Behind them come the nodes' sources.
  std::vector<std::uint32_t> port_base_, ports_; // by router
  std::vector<std::uint32_t> router_of_, peer_;  // by port; peer no_port: no link
  std::vector<node_id> node_of_;                 // by port; no_node for links
  std::vector<std::uint32_t> port_of_node_;
  std::vector<cycles> stalled_until_; // by port
  cycles stalls_end_ = 0;

  std::vector<buffer> buffers_; // port * width_ + virtual channel
  std::vector<std::uint32_t> slot_base_, copy_base_;
  std::vector<flit> slots_;
  std::vector<copy> copies_;
  std::vector<std::uint32_t> copy_buffer_; // that a copy leaves
  std::vector<downstream> channels_;       // port * width_ + virtual channel, sources' too
  std::vector<router_state> routers_;
  std::vector<source> sources_;
  std::vector<std::uint32_t> active_routers_;
  std::vector<node_id> active_sources_;

  wheel<arrival> arrivals_;
  wheel<ejection_arrival> ejections_;
  wheel<std::uint32_t> credits_; // channels

  std::vector<packet_state> packets_;
  std::vector<packet_id> free_packets_;
  std::uint32_t live_ = 0;
  bool at_rest_ = true, moved_ = false;
  cycles now_ = 0;

  std::vector<link_counters> counters_; // by port
  std::uint64_t flit_hops_ = 0;
  common::use_over_time* use_ = nullptr;
  std::vector<std::uint32_t> resource_of_; // by port
};

} // namespace acf::noc
