#include "models/noc/flit_mesh.hpp"

#include <algorithm>
#include <bit>

#include "sw_stack/hal/global_registers.hpp"

namespace acf::noc {

namespace {

using hal::router::port;

std::uint32_t opposite(std::uint32_t side) { return (side + 2) % 4; }

} // namespace

flit_mesh::flit_mesh(const topology& where, const router_config& config)
    : where_(where),
      config_(config),
      unicast_channels_(config.classes * config.virtual_channels),
      width_(unicast_channels_ + config.multicast_channels),
      hop_(config.router_cycles + config.link_cycles - (config.router_cycles > 1 ? 1 : 0)) {
  ports_.assign(where.routers(), port::local);
  for (std::uint32_t n = 0; n < where.nodes(); ++n) {
    const auto at = where.attached(static_cast<node_id>(n));
    ports_[at.router] = std::max<std::uint32_t>(ports_[at.router], at.port + 1u);
  }
  std::uint32_t ports = 0;
  for (const auto n : ports_) port_base_.push_back(ports), ports += n;
  peer_.assign(ports, no_port);
  node_of_.assign(ports, common::no_node);
  port_of_node_.resize(where.nodes());
  for (std::uint32_t r = 0; r < where.routers(); ++r) {
    router_of_.insert(router_of_.end(), ports_[r], r);
    for (link_id l = r * 4; l < r * 4 + 4; ++l)
      if (where.exists(l)) peer_[port_of(l)] = port_base_[where.neighbour(l)] + opposite(l % 4);
  }
  for (std::uint32_t n = 0; n < where.nodes(); ++n) {
    const auto at = where.attached(static_cast<node_id>(n));
    port_of_node_[n] = port_base_[at.router] + at.port;
    node_of_[port_of_node_[n]] = static_cast<node_id>(n);
    peer_[port_of_node_[n]] = ports + n;
  }
  stalled_until_.resize(ports);
  counters_.resize(ports);
  buffers_.resize(std::size_t{ports} * width_);
  channels_.resize((std::size_t{ports} + where.nodes()) * width_);
  std::uint32_t slots = 0;
  for (std::uint32_t b = 0; b < buffers_.size(); ++b) {
    slot_base_.push_back(slots);
    copy_base_.push_back(static_cast<std::uint32_t>(copy_buffer_.size()));
    slots += depth(b % width_);
    const auto exits = b % width_ < unicast_channels_ ? 1 : ports_[router_of_[b / width_]];
    copy_buffer_.insert(copy_buffer_.end(), exits, b);
  }
  copy_base_.push_back(static_cast<std::uint32_t>(copy_buffer_.size()));
  slots_.resize(slots);
  copies_.resize(copy_buffer_.size());
  for (std::uint32_t r = 0; r < where.routers(); ++r) {
    const auto p = ports_[r], first = port_base_[r] * width_;
    const auto copies = copy_base_[first + p * width_] - copy_base_[first];
    routers_.push_back({round_robin_matching{copies, p * width_, config.iterations},
                        round_robin_matching{p, p, config.iterations}, std::vector<std::uint16_t>(p),
                        std::vector<std::uint32_t>(std::size_t{p} * p, no_copy),
                        std::vector<std::uint64_t>((p * width_ + 63) / 64), false});
  }
  sources_.resize(where.nodes());
  for (auto& s : sources_) {
    s.lanes.resize(config.classes + (config.multicast_channels > 0 ? 1 : 0));
    s.held.resize(config.classes);
  }
  const auto slowest = std::bit_ceil(config.router_cycles + config.link_cycles + config.credit_cycles + 4u);
  arrivals_.slots.resize(slowest);
  ejections_.slots.resize(slowest);
  credits_.slots.resize(slowest);
}

flit_mesh::packet_id flit_mesh::offer(node_id node, common::message_class travels_as, std::uint32_t flits,
                                      std::shared_ptr<const journey> way) {
  packet_id id;
  if (free_packets_.empty()) {
    id = static_cast<packet_id>(packets_.size());
    packets_.emplace_back();
  } else {
    id = free_packets_.back();
    free_packets_.pop_back();
  }
  auto& p = packets_[id];
  p.flits = static_cast<std::uint16_t>(flits);
  p.ends = static_cast<std::uint16_t>(way->ends());
  p.group = static_cast<std::uint8_t>(way->multicast() ? config_.classes : static_cast<std::uint32_t>(travels_as));
  p.travels_as = travels_as;
  p.way = std::move(way);
  auto& s = sources_[node];
  s.lanes[p.group].queue.push_back(id);
  ++s.queued;
  if (!s.active) {
    s.active = true;
    active_sources_.push_back(node);
  }
  ++live_;
  at_rest_ = false;
  return id;
}

void flit_mesh::finish(packet_id id) {
  packets_[id].way.reset();
  free_packets_.push_back(id);
  --live_;
}

void flit_mesh::stall(link_id link, cycles until) {
  auto& end = stalled_until_[port_of(link)];
  end = std::max(end, until);
  stalls_end_ = std::max(stalls_end_, until);
}

void flit_mesh::arrive(cycles now) {
  now_ = now;
  moved_ = arrivals_.pending + ejections_.pending + credits_.pending > 0;
  take_credits(now);
  take_flits(now);
}

void flit_mesh::advance(cycles now) {
  now_ = now;
  bool moved = moved_;
  for (std::size_t i = 0; i < active_sources_.size();) {
    const auto node = active_sources_[i];
    moved |= inject(node);
    if (sources_[node].queued > 0) {
      ++i;
      continue;
    }
    sources_[node].active = false;
    active_sources_[i] = active_sources_.back();
    active_sources_.pop_back();
  }
  for (std::size_t i = 0; i < active_routers_.size();) {
    const auto r = active_routers_[i];
    auto& state = routers_[r];
    moved |= allocate_channels(r);
    moved |= allocate_switch(r);
    if (std::ranges::any_of(state.occupied, [](auto word) { return word != 0; })) {
      ++i;
      continue;
    }
    state.active = false;
    active_routers_[i] = active_routers_.back();
    active_routers_.pop_back();
  }
  at_rest_ = !moved && now >= stalls_end_;
}

void flit_mesh::take_credits(cycles now) {
  auto& due = credits_.at(now);
  for (const auto i : due) {
    auto& c = channels_[i];
    --c.occupied;
    if (config_.wait_for_tail_credit && c.occupied == 0 && c.tail_sent) c.taken = false;
  }
  credits_.pending -= due.size();
  due.clear();
}

void flit_mesh::take_flits(cycles now) {
  auto& due = arrivals_.at(now);
  for (const auto& a : due) {
    auto& s = buffers_[a.buffer];
    at(a.buffer, s.count) = a.what;
    if (s.count++ > 0) continue;
    const auto r = router_of_[a.buffer / width_];
    const auto local = a.buffer - port_base_[r] * width_;
    routers_[r].occupied[local / 64] |= std::uint64_t{1} << local % 64;
    activate(r);
  }
  arrivals_.pending -= due.size();
  due.clear();
  auto& out = ejections_.at(now);
  for (const auto& e : out) {
    auto& s = sources_[e.node];
    if (s.held[static_cast<std::size_t>(packets_[e.what.packet].travels_as)])
      s.withheld.push_back(e);
    else
      eject(e);
  }
  ejections_.pending -= out.size();
  out.clear();
}

// The node takes a flit: its place in the last buffer is free again.
void flit_mesh::eject(const ejection_arrival& e) {
  credits_.put(now_ + config_.link_cycles + 1 + config_.credit_cycles,
               port_of_node_[e.node] * width_ + e.virtual_channel);
  auto& p = packets_[e.what.packet];
  if (e.what.number + 1 != p.flits) return;
  const bool last = --p.ends == 0;
  if (on_delivered) on_delivered(e.what.packet, e.node);
  if (last) finish(e.what.packet);
}

void flit_mesh::hold(node_id node, common::message_class travels_as) {
  sources_[node].held[static_cast<std::size_t>(travels_as)] = true;
}

void flit_mesh::release(node_id node, common::message_class travels_as, cycles now) {
  now_ = now;
  auto& s = sources_[node];
  const auto c = static_cast<std::size_t>(travels_as);
  s.held[c] = false;
  at_rest_ = false;
  for (std::size_t i = 0; i < s.withheld.size() && !s.held[c];) { // what is delivered may hold the node again
    const auto e = s.withheld[i];
    if (packets_[e.what.packet].travels_as != travels_as) {
      ++i;
      continue;
    }
    s.withheld.erase(s.withheld.begin() + static_cast<std::ptrdiff_t>(i));
    eject(e);
  }
}

void flit_mesh::activate(std::uint32_t router) {
  if (routers_[router].active) return;
  routers_[router].active = true;
  active_routers_.push_back(router);
}

// One flit a cycle from a node, of the first class after the last one that can send.
void flit_mesh::record(common::use_over_time& use) {
  use_ = &use;
  resource_of_.resize(node_of_.size());
  for (link_id l = 0; l < where_.links(); ++l)
    if (where_.exists(l)) resource_of_[port_of(l)] = l;
  for (node_id n = 0; n < where_.nodes(); ++n) resource_of_[port_of_node_[n]] = where_.links() + where_.nodes() + n;
}

bool flit_mesh::inject(node_id node) {
  auto& s = sources_[node];
  const auto base = peer_[port_of_node_[node]] * width_;
  const auto lanes = static_cast<std::uint32_t>(s.lanes.size());
  for (std::uint32_t i = 1; i <= lanes; ++i) {
    const auto group = (s.last_lane + i) % lanes;
    auto& lane = s.lanes[group];
    if (lane.queue.empty()) continue;
    if (lane.channel == none) {
      const auto first = group_first(group), size = group_size(group);
      for (std::uint32_t k = 1; k <= size; ++k) {
        const auto c = lane.last == none ? first : first + (lane.last - first + k) % size;
        if (!available(base + c, group) || channels_[base + c].occupied >= depth(c)) continue;
        lane.channel = lane.last = static_cast<std::uint16_t>(c);
        channels_[base + c].taken = true;
        channels_[base + c].tail_sent = false;
        break;
      }
      if (lane.channel == none) continue;
    }
    auto& channel = channels_[base + lane.channel];
    if (channel.occupied >= depth(lane.channel)) continue;
    const auto id = lane.queue.front();
    ++channel.occupied;
    arrivals_.put(now_ + config_.link_cycles + 1, {port_of_node_[node] * width_ + lane.channel, {id, lane.sent, 0}});
    s.last_lane = static_cast<std::uint16_t>(group);
    ++s.counters.flits;
    if (use_ != nullptr) use_->count(where_.links() + node, now_);
    if (++lane.sent == packets_[id].flits) {
      channel.tail_sent = true;
      if (!config_.wait_for_tail_credit) channel.taken = false;
      lane.sent = 0;
      lane.channel = none;
      lane.queue.pop_front();
      --s.queued;
      if (on_injected) on_injected(id, node);
    }
    return true;
  }
  ++s.counters.waited;
  return false;
}

} // namespace acf::noc
