#include "models/noc/carrier.hpp"

#include <algorithm>
#include <utility>

namespace acf::noc {

using common::message_class;

namespace {

router_config router_of(const mesh_config& c) {
  router_config r;
  r.classes = 2;
  r.virtual_channels = c.virtual_channels;
  r.multicast_channels = 2; // one fills while the other empties
  r.buffer_flits = c.buffer_flits;
  r.max_packet_flits = c.max_packet_flits;
  r.router_cycles = c.router_cycles;
  r.link_cycles = c.link_cycles;
  return r;
}

} // namespace

mesh::carrier::carrier(mesh& m, common::turns* order)
    : own_order_(order == nullptr ? std::make_unique<common::turns>("order") : nullptr),
      net("flits", m.where_, router_of(m.config_), m.config_.cycle_ps, order == nullptr ? *own_order_ : *order),
      mesh_(m),
      interfaces_(m.where_.nodes()) {
  net.flits.record(m.use_);
  net.flits.on_injected = [this](flit_mesh::packet_id id, node_id node) { injected(id, node); };
  net.flits.on_delivered = [this](flit_mesh::packet_id id, node_id node) { delivered(id, node); };
}

cycles mesh::carrier::zero_load(node_id from, node_id to, std::uint32_t bank, std::uint32_t flits) {
  const auto& c = mesh_.config_;
  const auto& way = mesh_.routes_.find(bank, mesh_.where_.attached(from).router, to);
  return (c.router_cycles + c.link_cycles) * (way.links.size() + 1) + c.link_cycles + flits;
}

tlm::tlm_sync_enum mesh::carrier::from_initiator(node_id node, tlm::tlm_generic_payload& p, tlm::tlm_phase& phase) {
  auto& i = interfaces_[node];
  if (phase == tlm::END_RESP) {
    i.responding = false;
    respond(node);
    return tlm::TLM_COMPLETED;
  }
  const auto index = start(node, p);
  auto& t = *trips_[index];
  if (t.error) {
    p.set_response_status(t.error.what == fabric_error::kind::malformed ? tlm::TLM_BURST_ERROR_RESPONSE
                                                                        : tlm::TLM_ADDRESS_ERROR_RESPONSE);
    ++mesh_.counters_.failed;
    if (auto* e = p.get_extension<fabric_extension>()) e->error = t.error;
    if (mesh_.on_error) mesh_.on_error(t.error);
    free_.push_back(index);
    return tlm::TLM_COMPLETED;
  }
  const bool read = t.command == tlm::TLM_READ_COMMAND, dram = t.to.where == destination::kind::dram;
  const auto kind = read          ? packet_kind::read_request
                    : dram        ? packet_kind::write_data
                    : t.bytes > 0 ? packet_kind::send_data
                                  : packet_kind::signal;
  auto* sent = mesh_.outgoing(t, kind, t.branches.front().destination, 0, read ? 0 : t.bytes);
  t.data = read ? p.get_data_ptr() : sent;
  const auto flits = read ? 1 : mesh_.flits(t.bytes);
  t.answers = static_cast<std::uint32_t>(t.branches.size());
  for (const auto& b : t.branches) {
    t.alone = std::max(t.alone, zero_load(node, b.destination, t.bank, flits));
    t.positions.push_back(t.stream != 0 ? order_of(t, b.destination).sent++ : 0);
  }
  offer(node, index, false, message_class::request, flits, way(t));
  i.unaccepted = &p;
  return tlm::TLM_ACCEPTED;
}

std::uint32_t mesh::carrier::start(node_id node, tlm::tlm_generic_payload& p) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(trips_.size()));
    trips_.push_back(std::make_unique<trip>());
  }
  const auto index = free_.back();
  free_.pop_back();
  auto& t = *trips_[index];
  const auto* e = p.get_extension<fabric_extension>();
  t.payload = &p;
  t.command = p.get_command();
  t.bytes = t.command == tlm::TLM_IGNORE_COMMAND ? 0 : p.get_data_length();
  t.source = node;
  t.to = e != nullptr ? e->to : destination::dram();
  t.signal = e != nullptr ? e->signal : common::semaphore_signal{};
  t.packed = e != nullptr ? e->packed : common::packing{};
  t.stream = e != nullptr ? e->stream : 0;
  t.parcel = nullptr; // bytes move with their packets
  t.last = e == nullptr || e->last;
  t.bank = mesh_.routes_.selected();
  t.now = net.next();
  t.start = t.injected = {t.now, t.now};
  t.status = tlm::TLM_OK_RESPONSE;
  t.alone = t.memory = 0;
  t.positions.clear();
  t.error = check(t);
  if (t.last) ++mesh_.counters_.transfers;
  return index;
}

fabric_error mesh::carrier::check(trip& t) {
  if (auto error = mesh_.plan(t)) return error;
  if (t.bytes > 0 && mesh_.piece(t, 0) != t.bytes) // a payload is a packet
    return {fabric_error::kind::malformed, 0, common::no_node, t.payload->get_address()};
  if (auto error = mesh_.plan_nodes(t)) return error;
  if (t.branches.empty()) return {fabric_error::kind::no_destination, 0, common::no_node, t.payload->get_address()};
  return mesh_.plan_routes(t);
}

std::shared_ptr<const journey> mesh::carrier::way(trip& t) {
  if (t.branches.size() > 1) return std::make_shared<const journey>(mesh_.where_, t.branches);
  const auto& b = t.branches.front();
  auto& known = ways_[(std::uint64_t{t.bank} << 32) | (std::uint64_t{t.source} << 16) | b.destination];
  if (known.generation != mesh_.routes_.generation()) {
    known.way = std::make_shared<const journey>(mesh_.where_, std::span(&b, 1));
    known.generation = mesh_.routes_.generation();
  }
  return known.way;
}

mesh::carrier::stream_order& mesh::carrier::order_of(const trip& t, node_id to) {
  return streams_[(std::uint64_t{t.source} << 32) | (std::uint64_t{t.stream} << 16) | to];
}

void mesh::carrier::offer(node_id at, std::uint32_t index, bool answer, message_class c, std::uint32_t flits,
                          std::shared_ptr<const journey> way) {
  const auto id = net.flits.offer(at, c, flits, std::move(way));
  if (id >= tags_.size()) tags_.resize(id + 1);
  tags_[id] = {index, answer, net.next()};
  net.wake();
}

// The tail has left its source: the network interface is free for the next request.
void mesh::carrier::injected(flit_mesh::packet_id id, node_id node) {
  auto& i = interfaces_[node];
  auto delay = sc_core::SC_ZERO_TIME;
  if (!tags_[id].answer) {
    if (auto* p = std::exchange(i.unaccepted, nullptr)) {
      tlm::tlm_phase phase = tlm::END_REQ;
      mesh_.from[node]->nb_transport_bw(*p, phase, delay);
    }
    return;
  }
  if (!is_dram(node)) return;
  --i.answers_queued;
  if (auto* p = std::exchange(i.unended, nullptr)) {
    tlm::tlm_phase phase = tlm::END_RESP;
    at_dram_.erase(p);
    mesh_.to[node]->nb_transport_fw(*p, phase, delay);
  }
}

void mesh::carrier::delivered(flit_mesh::packet_id id, node_id node) {
  const auto t = tags_[id];
  mesh_.counters_.latency[t.answer ? 1 : 0].add(net.begun() - t.offered);
  t.answer ? answered(t.trip) : arrived(t.trip, node);
}

void mesh::carrier::arrived(std::uint32_t index, node_id node) {
  auto& t = *trips_[index];
  if (t.stream == 0) return take(index, node);
  const auto branch =
      static_cast<std::size_t>(std::ranges::find(t.branches, node, &branch::destination) - t.branches.begin());
  auto& order = order_of(t, node);
  if (t.positions[branch] != order.taken) {
    order.early.emplace(t.positions[branch], index);
    return;
  }
  ++order.taken;
  take(index, node);
  for (auto next = order.early.find(order.taken); next != order.early.end(); next = order.early.find(order.taken)) {
    const auto waiting = next->second;
    order.early.erase(next);
    ++order.taken;
    take(waiting, node);
  }
}

void mesh::carrier::take(std::uint32_t index, node_id node) {
  auto& i = interfaces_[node];
  if (is_dram(node)) {
    trips_[index]->at_memory = net.begun();
    i.arrived.push_back(index);
    if (i.arrived.size() == dram_packets) net.flits.hold(node, message_class::request);
    pump(node);
  } else if (node == mesh_.where_.host_bridge()) { // its interface is narrower than a link
    const auto& c = mesh_.config_;
    const auto flits = mesh_.flits(trips_[index]->bytes);
    const auto width = std::min(c.host_bytes, c.link_bytes);
    const auto takes = (cycles{flits} * c.link_bytes + width - 1) / width;
    i.busy_until = std::max(net.begun(), i.busy_until) + takes - flits;
    trips_[index]->alone += 2 * (takes - flits); // the answer as well
    net.at(i.busy_until, [this, index, node, late = takes - flits] {
      hand_over(index, node);
      net.at(net.begun() + late, [this, index, node] { answer(index, node); });
    });
  } else {
    hand_over(index, node);
    if (trips_[index]->last)
      answer(index, node);
    else
      answered(index);
  }
}

// The packet as a target sees it.
void mesh::carrier::fill(trip& t, node_id here, tlm::tlm_generic_payload& p) {
  p.set_command(t.command);
  p.set_address(t.payload->get_address());
  p.set_data_ptr(t.data);
  p.set_data_length(t.bytes);
  p.set_streaming_width(t.bytes);
  p.set_byte_enable_ptr(nullptr);
  p.set_dmi_allowed(false);
  p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  auto& e = t.extension;
  e.to = t.to;
  e.signal = t.last ? t.signal : common::semaphore_signal{};
  e.packed = t.packed;
  e.stream = t.stream;
  e.source = t.source;
  e.here = here;
  e.travels_as = message_class::request;
  e.last = t.last;
  e.cause = {};
  e.error = {};
}

void mesh::carrier::hand_over(std::uint32_t index, node_id node) {
  auto& t = *trips_[index];
  fill(t, node, t.packet);
  auto delay = sc_core::SC_ZERO_TIME;
  mesh_.to[node]->b_transport(t.packet, delay);
  if (!t.ok() || t.packet.get_response_status() == tlm::TLM_OK_RESPONSE) return;
  t.status = t.packet.get_response_status();
  t.error = t.extension.error;
  if (!t.error) t.error = {fabric_error::kind::refused, 0, node, t.packet.get_address()};
}

void mesh::carrier::pump(node_id node) {
  auto& i = interfaces_[node];
  while (!i.offering && !i.arrived.empty()) {
    const auto index = i.arrived.front();
    i.arrived.pop_front();
    i.offering = true;
    auto& t = *trips_[index];
    fill(t, node, t.packet);
    at_dram_[&t.packet] = index;
    t.asked = net.next();
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    auto delay = sc_core::SC_ZERO_TIME;
    const auto state = mesh_.to[node]->nb_transport_fw(t.packet, phase, delay);
    if (state == tlm::TLM_UPDATED && phase == tlm::END_REQ) i.offering = false;
    if (state == tlm::TLM_COMPLETED) { // refused
      i.offering = false;
      at_dram_.erase(&t.packet);
      memory_done(index, node);
    }
    if (i.arrived.size() + 1 == dram_packets)
      net.at(net.next(), [this, node] {
        net.flits.release(node, message_class::request, net.begun());
        net.wake();
      });
  }
}

tlm::tlm_sync_enum mesh::carrier::from_target(node_id node, tlm::tlm_generic_payload& p, tlm::tlm_phase& phase) {
  auto& i = interfaces_[node];
  const auto index = at_dram_.at(&p);
  if (phase == tlm::END_REQ) {
    i.offering = false;
    pump(node);
    return tlm::TLM_ACCEPTED;
  }
  memory_done(index, node);
  if (i.answers_queued <= 2) {
    at_dram_.erase(&p);
    return tlm::TLM_COMPLETED;
  }
  i.unended = &p;
  return tlm::TLM_ACCEPTED;
}

void mesh::carrier::memory_done(std::uint32_t index, node_id node) {
  auto& t = *trips_[index];
  const auto& p = t.packet;
  const auto served = net.next() - t.asked, waited = std::min(served, t.extension.cause.dram);
  t.memory = t.asked - t.at_memory + waited;
  t.alone += served - waited;
  if (p.get_response_status() != tlm::TLM_OK_RESPONSE) {
    t.status = p.get_response_status();
    t.error = t.extension.error;
    if (!t.error) t.error = {fabric_error::kind::refused, 0, node, p.get_address()};
  }
  ++interfaces_[node].answers_queued;
  net.at(net.next(), [this, index, node] { answer(index, node); });
}

// From a target back to the source of the packet.
void mesh::carrier::answer(std::uint32_t index, node_id node) {
  auto& t = *trips_[index];
  const bool read = t.command == tlm::TLM_READ_COMMAND;
  const bool dram = t.to.where == destination::kind::dram;
  const auto flits = read && t.ok() ? mesh_.flits(t.bytes) : 1;
  mesh_.returning(t,
                  read   ? packet_kind::read_data
                  : dram ? packet_kind::write_acknowledge
                         : packet_kind::send_acknowledge,
                  node, net.begun(), 0, read ? t.bytes : 0);
  const branch back{t.source, &mesh_.routes_.find(t.bank, mesh_.where_.attached(node).router, t.source), {}};
  auto& known = ways_[(std::uint64_t{t.bank} << 32) | (std::uint64_t{node} << 16) | t.source];
  if (known.generation != mesh_.routes_.generation()) {
    known.way = std::make_shared<const journey>(mesh_.where_, std::span(&back, 1));
    known.generation = mesh_.routes_.generation();
  }
  if (t.answers == 1) t.alone += zero_load(node, t.source, t.bank, flits);
  offer(node, index, true, message_class::response, flits, known.way);
}

void mesh::carrier::answered(std::uint32_t index) {
  if (--trips_[index]->answers == 0) finish(index);
}

void mesh::carrier::finish(std::uint32_t index) {
  auto& i = interfaces_[trips_[index]->source];
  i.finished.push_back(index);
  respond(trips_[index]->source);
}

void mesh::carrier::respond(node_id node) {
  auto& i = interfaces_[node];
  while (!i.responding && !i.finished.empty()) {
    const auto index = i.finished.front();
    i.finished.pop_front();
    auto& t = *trips_[index];
    auto& p = *t.payload;
    (t.command == tlm::TLM_READ_COMMAND ? mesh_.counters_.bytes_read : mesh_.counters_.bytes_written) += t.bytes;
    p.set_dmi_allowed(false);
    p.set_response_status(t.status);
    if (t.error) {
      ++mesh_.counters_.failed;
      if (mesh_.on_error) mesh_.on_error(t.error);
    }
    if (auto* e = p.get_extension<fabric_extension>()) {
      const auto total = net.begun() - t.start.at;
      e->source = node;
      e->cause.dram = std::min(t.memory, total);
      e->cause.zero_load = std::min(total - e->cause.dram, t.alone);
      e->cause.link = total - e->cause.dram - e->cause.zero_load;
      e->injected = e->delivered = net.begun();
      e->error = t.error;
    }
    free_.push_back(index);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    auto delay = sc_core::SC_ZERO_TIME;
    i.responding = true;
    const auto state = mesh_.from[node]->nb_transport_bw(p, phase, delay);
    if (state == tlm::TLM_COMPLETED || (state == tlm::TLM_UPDATED && phase == tlm::END_RESP)) i.responding = false;
  }
}

} // namespace acf::noc
