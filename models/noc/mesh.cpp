#include "models/noc/mesh.hpp"

#include <algorithm>
#include <stdexcept>

#include "models/noc/calendar_network.hpp"
#include "models/noc/carrier.hpp"
#include "models/noc/transfer.hpp"

namespace acf::noc {

using common::message_class;

mesh::mesh(const sc_core::sc_module_name& name, const mesh_config& config, common::turns* order)
    : sc_module(name),
      from("from"),
      to("to"),
      config_(config),
      where_(config_),
      routes_(where_),
      registers_(routes_, where_),
      use_(resources()),
      flits_(config.flits) {
  if (sc_core::sc_get_time_resolution() != sc_core::sc_time(1, sc_core::SC_PS))
    throw std::invalid_argument("mesh.cycle_ps: the kernel's time resolution must be 1 ps");
  from.init(where_.nodes());
  to.init(where_.nodes());
  for (std::uint32_t node = 0; node < where_.nodes(); ++node) {
    from[node].register_b_transport(this, &mesh::b_transport, static_cast<int>(node));
    from[node].register_transport_dbg(this, &mesh::transport_dbg, static_cast<int>(node));
    if (!config_.flits && !config_.switchable) continue;
    from[node].register_nb_transport_fw(this, &mesh::from_initiator, static_cast<int>(node));
    to[node].register_nb_transport_bw(this, &mesh::from_target, static_cast<int>(node));
  }
  if (config_.flits || config_.switchable) carrier_ = std::make_unique<carrier>(*this, order);
  if (!config_.flits || config_.switchable) timing_ = std::make_unique<calendar_network>(where_, config_, use_);
}

mesh::~mesh() = default;

cycles mesh::to_cycles(const sc_core::sc_time& t) const {
  return (t.value() + config_.cycle_ps - 1) / config_.cycle_ps;
}
sc_core::sc_time mesh::from_now(cycles c) const {
  const std::uint64_t then = c * config_.cycle_ps, current = sc_core::sc_time_stamp().value();
  return sc_core::sc_time::from_value(then > current ? then - current : 0); // a target that waited may have passed it
}
cycles mesh::now() const { return sc_core::sc_time_stamp().value() / config_.cycle_ps; }

std::uint32_t mesh::flits(std::uint32_t bytes) const {
  return std::max(1u, (bytes + config_.link_bytes - 1) / config_.link_bytes);
}

std::uint32_t mesh::piece(const transfer& t, std::uint32_t offset) const {
  auto bytes = std::min(t.bytes - offset, config_.link_bytes * config_.max_packet_flits);
  if (t.to.where == destination::kind::dram)
    bytes =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, config_.dram.run(t.payload->get_address() + offset)));
  return bytes;
}

node_id mesh::home(const transfer& t, std::uint32_t offset) const {
  if (t.to.where == destination::kind::node) return static_cast<node_id>(t.to.value);
  return where_.channel(config_.dram.channel_of(t.payload->get_address() + offset));
}

// Lengths, nodes and routes, both ways, are checked before anything is reserved.
common::fabric_error mesh::plan(transfer& t) const {
  const auto refuse = [&](fabric_error::kind what) {
    const auto node = t.to.where == destination::kind::node ? static_cast<node_id>(t.to.value) : common::no_node;
    return fabric_error{what, 0, node, t.payload->get_address()};
  };
  const auto& p = *t.payload;
  const bool signal_only = t.command == tlm::TLM_IGNORE_COMMAND;
  if (!signal_only && (t.bytes == 0 || t.bytes > config_.max_transfer_bytes || p.get_byte_enable_ptr() != nullptr ||
                       p.get_streaming_width() < t.bytes || p.get_data_ptr() == nullptr))
    return refuse(fabric_error::kind::malformed);

  switch (t.to.where) {
  case destination::kind::dram:
    if (signal_only) return refuse(fabric_error::kind::malformed);
    if (!config_.dram.contains(p.get_address(), t.bytes)) return refuse(fabric_error::kind::out_of_range);
    break;
  case destination::kind::node:
    if (t.to.value >= where_.nodes()) return refuse(fabric_error::kind::no_destination);
    break;
  case destination::kind::tiles: {
    const auto set = t.to.value;
    const auto x0 = set & 0xFF, y0 = set >> 8 & 0xFF, x1 = set >> 16 & 0xFF, y1 = set >> 24;
    if (x0 > x1 || y0 > y1 || x1 >= where_.width() || y1 >= where_.height())
      return refuse(fabric_error::kind::no_destination);
    if (t.command == tlm::TLM_READ_COMMAND) return refuse(fabric_error::kind::malformed);
    break;
  }
  }
  return {};
}

common::fabric_error mesh::plan_nodes(transfer& t) {
  t.branches.clear();
  const auto add = [&](node_id node) { t.branches.push_back({node, nullptr, {}}); };
  if (t.to.where == destination::kind::tiles) {
    const auto set = t.to.value;
    for (auto y = set >> 8 & 0xFF; y <= set >> 24; ++y)
      for (auto x = set & 0xFF; x <= (set >> 16 & 0xFF); ++x)
        if (where_.tile(x, y) != t.source) add(where_.tile(x, y));
  } else if (t.to.where == destination::kind::node) {
    add(static_cast<node_id>(t.to.value));
  } else {
    for (std::uint32_t offset = 0; offset < t.bytes; offset += piece(t, offset)) add(home(t, offset));
  }
  for (const auto& b : t.branches)
    if (to[b.destination].size() == 0)
      return {fabric_error::kind::no_destination, 0, b.destination, t.payload->get_address()};
  return {};
}

common::fabric_error mesh::plan_routes(transfer& t) {
  const auto entry = where_.attached(t.source).router;
  for (auto& b : t.branches) {
    b.way = &routes_.find(t.bank, entry, b.destination);
    const auto& back = routes_.find(t.bank, where_.attached(b.destination).router, t.source);
    for (const auto* way : {b.way, &back})
      if (way->error) {
        auto error = way->error;
        error.address = t.payload->get_address();
        return error;
      }
  }
  return {};
}

void mesh::b_transport(int node, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const checked_out out(pool_);
  auto& t = *out.item;
  auto* extension = payload.get_extension<fabric_extension>();
  t.id = ++counters_.transfers;
  t.payload = &payload;
  t.command = payload.get_command();
  t.bytes = t.command == tlm::TLM_IGNORE_COMMAND ? 0 : payload.get_data_length();
  t.source = static_cast<node_id>(node);
  t.to = extension != nullptr ? extension->to : destination::dram();
  t.signal = extension != nullptr ? extension->signal : common::semaphore_signal{};
  t.packed = extension != nullptr ? extension->packed : common::packing{};
  t.stream = extension != nullptr ? extension->stream : 0;
  t.parcel = extension != nullptr ? extension->parcel.get() : nullptr;
  t.bank = routes_.selected();
  t.now = now();
  const auto start = to_cycles(sc_core::sc_time_stamp() + delay);
  t.start = t.injected = t.complete = {start, start};
  t.delivered = start;
  t.dram = t.packet_dram = 0;
  t.status = tlm::TLM_OK_RESPONSE;

  t.error = plan(t);
  if (flits_) t.error.what = fabric_error::kind::malformed; // at timing has phases, and no other way in
  if (!t.error) t.error = plan_nodes(t);
  if (!t.error) t.error = plan_routes(t);
  if (t.error) {
    t.status =
        t.error.what == fabric_error::kind::malformed ? tlm::TLM_BURST_ERROR_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE;
  } else if (t.command == tlm::TLM_READ_COMMAND) {
    read(t);
    counters_.bytes_read += t.bytes;
  } else {
    t.to.where == destination::kind::dram ? write(t) : send(t);
    counters_.bytes_written += t.bytes;
  }
  conclude(t, delay);
}

void mesh::read(transfer& t) {
  std::size_t i = 0;
  for (std::uint32_t offset = 0, bytes; offset < t.bytes && t.ok(); offset += bytes) {
    bytes = piece(t, offset);
    auto& b = t.branches[t.to.where == destination::kind::dram ? i++ : 0];
    auto* data = t.payload->get_data_ptr() + offset;
    outgoing(t, packet_kind::read_request, b.destination, 0, 0);
    t.injected = pass(t, t.source, message_class::request, 1, t.injected, {&b, 1});
    const auto ready =
        deliver(t, b.destination, offset, bytes, data, b.delivered, message_class::request, offset + bytes == t.bytes);
    returning(t, packet_kind::read_data, b.destination, ready.at, offset, bytes);
    t.completes(answer(t, b.destination, flits(bytes), ready));
  }
  t.delivered = t.complete.at;
}

void mesh::write(transfer& t) {
  std::size_t i = 0;
  for (std::uint32_t offset = 0, bytes; offset < t.bytes && t.ok(); offset += bytes) {
    bytes = piece(t, offset);
    auto& b = t.branches[i++];
    auto* data = outgoing(t, packet_kind::write_data, b.destination, offset, bytes);
    t.injected = pass(t, t.source, message_class::request, flits(bytes), t.injected, {&b, 1});
    t.delivered = std::max(t.delivered, b.delivered.at);
    const auto stored =
        deliver(t, b.destination, offset, bytes, data, b.delivered, message_class::request, offset + bytes == t.bytes);
    returning(t, packet_kind::write_acknowledge, b.destination, stored.at);
    t.completes(answer(t, b.destination, 1, stored));
  }
}

void mesh::send(transfer& t) {
  if (t.branches.empty()) return;
  t.arrived.assign(t.branches.size(), t.start);
  t.taken.assign(t.branches.size(), t.start);
  const auto kind = t.bytes == 0 ? packet_kind::signal : packet_kind::send_data;
  std::uint32_t offset = 0;
  do {
    const auto bytes = t.bytes == 0 ? 0 : piece(t, offset);
    auto* data = outgoing(t, kind, t.branches.front().destination, offset, bytes);
    t.injected = pass(t, t.source, message_class::request, flits(bytes), t.injected, t.branches);
    for (std::size_t i = 0; i < t.branches.size(); ++i) {
      // Packets of one transfer arrive in order, whatever gaps their reservations found.
      const auto& b = t.branches[i];
      t.arrived[i] = {std::max(t.arrived[i].at, b.delivered.at), std::max(t.arrived[i].alone, b.delivered.alone)};
      t.delivered = std::max(t.delivered, t.arrived[i].at);
      const auto taken = deliver(t, b.destination, offset, bytes, data, t.arrived[i], message_class::request,
                                 offset + bytes == t.bytes);
      t.taken[i] = {std::max(t.taken[i].at, taken.at), std::max(t.taken[i].alone, taken.alone)};
    }
    offset += bytes;
  } while (offset < t.bytes && t.ok());
  for (std::size_t i = 0; i < t.branches.size(); ++i) {
    returning(t, packet_kind::send_acknowledge, t.branches[i].destination, t.taken[i].at);
    t.completes(answer(t, t.branches[i].destination, 1, t.taken[i]));
  }
}

// The bytes that leave the source: the initiator's own, or a copy with a fault in it.
std::uint8_t* mesh::outgoing(transfer& t, packet_kind kind, node_id destination, std::uint32_t offset,
                             std::uint32_t bytes) {
  const auto serial = counters_.packets++;
  auto* data = bytes == 0 ? nullptr : t.payload->get_data_ptr() + offset;
  if (!filter) return data;
  const auto change = filter({serial, t.source, destination, kind, t.injected.at, bytes});
  if (!change || bytes == 0) return data;
  if (t.parcel != nullptr) { // a copy already, and what memory will take
    change(std::span(t.parcel->bytes).subspan(offset, bytes));
    return data;
  }
  t.scratch.assign(data, data + bytes);
  change(t.scratch);
  return t.scratch.data();
}

void mesh::returning(transfer& t, packet_kind kind, node_id from_target, cycles injected, std::uint32_t offset,
                     std::uint32_t bytes) {
  const auto serial = counters_.packets++;
  if (!filter) return;
  const auto change = filter({serial, from_target, t.source, kind, injected, bytes});
  if (!change || bytes == 0) return;
  if (t.parcel != nullptr)
    t.parcel->faults.push_back({offset, bytes, change});
  else
    change({t.payload->get_data_ptr() + offset, bytes});
}

moment mesh::pass(transfer& t, node_id source, message_class c, std::uint32_t flits, moment earliest,
                  std::span<branch> branches) {
  const auto stream = source == t.source ? t.stream : std::uint8_t{0};
  const auto injected = timing_->send({t.id, source, c, flits, stream}, earliest, branches, t.now);
  for (const auto& b : branches) counters_.latency[static_cast<std::size_t>(c)].add(b.delivered.at - earliest.at);
  return injected;
}

// A response back to the source of the transfer.
moment mesh::answer(transfer& t, node_id source, std::uint32_t flits, moment earliest) {
  branch back{t.source, &routes_.find(t.bank, where_.attached(source).router, t.source), {}};
  pass(t, source, message_class::response, flits, earliest, {&back, 1});
  return back.delivered;
}

// Hands a packet to the target at `destination`; returns when the target is done with it.
moment mesh::deliver(transfer& t, node_id destination, std::uint32_t offset, std::uint32_t bytes, std::uint8_t* data,
                     moment arrival, message_class c, bool last) {
  auto& p = t.packet;
  p.set_command(t.command);
  p.set_address(t.payload->get_address() + offset);
  p.set_data_ptr(data);
  p.set_data_length(bytes);
  p.set_streaming_width(bytes);
  p.set_byte_enable_ptr(nullptr);
  p.set_dmi_allowed(false);
  p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  auto& e = t.extension;
  e.to = t.to;
  e.signal = last ? t.signal : common::semaphore_signal{};
  e.packed = t.packed;
  e.stream = t.stream;
  if (t.parcel != nullptr) e.parcel = t.payload->get_extension<fabric_extension>()->parcel;
  e.parcel_offset = offset;
  e.source = t.source;
  e.here = destination;
  e.travels_as = c;
  e.last = last;
  e.cause = {};
  e.error = {};

  auto delay = from_now(arrival.at);
  to[destination]->b_transport(p, delay);
  e.parcel.reset();
  const auto done = std::max(arrival.at, to_cycles(sc_core::sc_time_stamp() + delay));
  const auto service = done - arrival.at;
  t.packet_dram = std::min(e.cause.dram, service);

  if (t.ok() && p.get_response_status() != tlm::TLM_OK_RESPONSE) {
    t.status = p.get_response_status();
    t.error = e.error;
    if (!t.error) t.error = {fabric_error::kind::refused, 0, destination, p.get_address()};
  }
  return {done, arrival.alone + service - t.packet_dram};
}

void mesh::conclude(transfer& t, sc_core::sc_time& delay) {
  delay = from_now(t.complete.at);
  t.payload->set_dmi_allowed(false);
  t.payload->set_response_status(t.status);
  if (t.error) {
    ++counters_.failed;
    if (on_error) on_error(t.error);
  }
  auto* e = t.payload->get_extension<fabric_extension>();
  if (e == nullptr) return;
  const auto total = t.complete.at - t.start.at;
  e->source = t.source;
  e->cause.zero_load = std::min(total, t.complete.alone - t.start.alone);
  e->cause.dram = std::min(t.dram, total - e->cause.zero_load);
  e->cause.link = total - e->cause.zero_load - e->cause.dram;
  e->injected = t.injected.at;
  e->delivered = t.delivered;
  e->error = t.error;
}

} // namespace acf::noc
