// What a router does in a cycle: a way for the head flit, a channel for each of its copies, the switch, the link.
#include "models/noc/flit_mesh.hpp"

#include <algorithm>
#include <bit>

namespace acf::noc {

template <typename F>
void flit_mesh::each_occupied(std::uint32_t router, F f) {
  const auto base = port_base_[router] * width_;
  const auto& words = routers_[router].occupied;
  for (std::uint32_t w = 0; w < words.size(); ++w)
    for (auto bits = words[w]; bits != 0; bits &= bits - 1)
      f(base + w * 64 + static_cast<std::uint32_t>(std::countr_zero(bits)));
}

// A head flit has come to the front: one copy for each exit.
void flit_mesh::route(std::uint32_t b) {
  auto& s = buffers_[b];
  const auto& head = at(b, 0);
  const auto exits = packets_[head.packet].way->exits(head.stop);
  s.routed = true;
  s.gone = 0;
  s.copies = static_cast<std::uint16_t>(exits.size());
  for (std::size_t i = 0; i < exits.size(); ++i)
    copies_[copy_base_[b] + i] = {exits[i].port, none, 0, exits[i].stop, 0};
}

bool flit_mesh::allocate_channels(std::uint32_t router) {
  auto& r = routers_[router];
  const auto base = port_base_[router] * width_, first_copy = copy_base_[base];
  bool discarded = false;
  each_occupied(router, [&](std::uint32_t b) {
    auto& s = buffers_[b];
    if (!s.routed) route(b);
    if (s.copies == 0) { // the other copies of this multicast go on without it
      pop(b);
      discarded = true;
      return;
    }
    const auto group = packets_[at(b, 0).packet].group;
    for (auto i = copy_base_[b]; i < copy_base_[b] + s.copies; ++i) {
      const auto& c = copies_[i];
      if (c.channel != none) continue;
      const auto out = (port_base_[router] + c.port) * width_ + group_first(group);
      for (std::uint32_t k = 0; k < group_size(group); ++k)
        if (available(out + k, group))
          r.channels.request(static_cast<std::uint16_t>(i - first_copy), static_cast<std::uint16_t>(out + k - base));
    }
  });
  if (r.channels.empty()) return discarded;
  for (const auto& [i, o] : r.channels.match()) {
    auto& c = copies_[first_copy + i];
    c.channel = static_cast<std::uint16_t>(o % width_);
    c.since = now_;
    channels_[base + o].taken = true;
    channels_[base + o].tail_sent = false;
  }
  return true;
}

bool flit_mesh::allocate_switch(std::uint32_t router) {
  auto& r = routers_[router];
  const auto ports = ports_[router];
  const cycles pipeline = config_.router_cycles > 1 ? 1 : 0;
  const auto closer = [&](std::uint32_t port, std::uint32_t b, std::uint32_t than) {
    const auto first = r.first_channel[port];
    return (b % width_ + width_ - first) % width_ < (than % width_ + width_ - first) % width_;
  };
  each_occupied(router, [&](std::uint32_t b) {
    const auto& s = buffers_[b];
    const auto in = b / width_ - port_base_[router];
    for (auto i = copy_base_[b]; i < copy_base_[b] + s.copies; ++i) {
      const auto& c = copies_[i];
      if (c.sent - s.gone >= s.count || c.sent == packets_[at(b, 0).packet].flits) continue;
      if (c.channel != none && c.since + pipeline > now_) continue;
      const auto p = port_base_[router] + c.port;
      ++counters_[p].waited; // taken back if it may leave
      if (c.channel == none || channels_[p * width_ + c.channel].occupied >= depth(c.channel) ||
          now_ < stalled_until_[p])
        continue;
      auto& wanted = r.wanted[in * ports + c.port];
      if (wanted == no_copy)
        r.ports.request(static_cast<std::uint16_t>(in), c.port);
      else if (!closer(in, b, copy_buffer_[wanted]))
        continue;
      wanted = i;
    }
  });
  if (r.ports.empty()) return false;
  const auto& matches = r.ports.match();
  std::uint32_t used = 0; // output ports, one bit each
  for (const auto& [in, out] : matches) used |= 1u << out;
  for (const auto& [in, out] : matches) {
    const auto granted = r.wanted[in * ports + out];
    const auto b = copy_buffer_[granted];
    r.first_channel[in] = static_cast<std::uint16_t>((b % width_ + 1) % width_);
    // The crossbar hands the same flit to every output that is free for it.
    const auto number = copies_[granted].sent;
    if (buffers_[b].copies > 1)
      for (std::uint32_t o = 0; o < ports; ++o) {
        const auto other = r.wanted[in * ports + o];
        if (used >> o & 1 || other == no_copy || copy_buffer_[other] != b || copies_[other].sent != number) continue;
        used |= 1u << o;
        send(other);
      }
    send(granted);
  }
  std::ranges::fill(r.wanted, no_copy);
  return true;
}

void flit_mesh::send(std::uint32_t copy_index) {
  auto& c = copies_[copy_index];
  const auto b = copy_buffer_[copy_index];
  auto& s = buffers_[b];
  const auto f = at(b, c.sent - s.gone);
  const auto port = port_base_[router_of_[b / width_]] + c.port;
  auto& channel = channels_[port * width_ + c.channel];
  ++channel.occupied;
  if (f.number + 1 == packets_[f.packet].flits) {
    channel.tail_sent = true;
    if (!config_.wait_for_tail_credit) channel.taken = false;
  }
  ++counters_[port].flits;
  if (use_ != nullptr) use_->count(resource_of_[port], now_);
  --counters_[port].waited;
  const flit onward{f.packet, f.number, c.stop};
  if (node_of_[port] == common::no_node) {
    ++flit_hops_;
    arrivals_.put(now_ + hop_, {peer_[port] * width_ + c.channel, onward});
  } else {
    ejections_.put(now_ + hop_, {node_of_[port], c.channel, onward});
  }
  ++c.sent;
  for (auto i = copy_base_[b]; i < copy_base_[b] + s.copies; ++i)
    if (copies_[i].sent <= s.gone) return;
  pop(b);
}

// The front flit leaves its buffer; the credit goes to whoever filled it.
void flit_mesh::pop(std::uint32_t b) {
  auto& s = buffers_[b];
  const auto& f = at(b, 0);
  const bool tail = f.number + 1 == packets_[f.packet].flits;
  if (++s.head == depth(b % width_)) s.head = 0;
  ++s.gone;
  if (tail) s.routed = false;
  if (--s.count == 0) {
    const auto r = router_of_[b / width_];
    const auto local = b - port_base_[r] * width_;
    routers_[r].occupied[local / 64] &= ~(std::uint64_t{1} << local % 64);
  }
  const auto port = b / width_;
  const auto home = node_of_[port] == common::no_node ? config_.credit_cycles : 0;
  credits_.put(now_ + config_.link_cycles + 1 + home, peer_[port] * width_ + b % width_);
}

} // namespace acf::noc
