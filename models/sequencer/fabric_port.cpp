#include "models/sequencer/fabric_port.hpp"

#include "models/sequencer/transfer_result.hpp"

#include <algorithm>

namespace acf::sequencer {

// The part of a transfer that took longest beyond its zero-load time names its cause.
common::activity_kind held_by(const common::transfer_cause& c) {
  if (c.dram == 0 && c.link == 0) return common::activity_kind::latency;
  if (c.dram >= c.link) return c.dram >= c.zero_load / 4 ? common::activity_kind::dram : common::activity_kind::latency;
  return c.link >= c.zero_load / 4 ? common::activity_kind::mesh : common::activity_kind::latency;
}

command_failure failure_of(const common::fabric_error& error, std::uint64_t address) {
  using kind = common::fabric_error::kind;
  switch (error.what) {
  case kind::route_hole:
  case kind::route_loop:
  case kind::no_destination: return {hal::tile::error::route, error.destination};
  case kind::refused: return {hal::tile::error::bus, error.address};
  case kind::memory: return {hal::tile::error::memory, error.address};
  default: break;
  }
  return {hal::tile::error::bus, address};
}

void check(const common::parcel& p) {
  if (p.error) throw command_failure{hal::tile::error::memory, p.error.address};
  if (p.not_packed) throw command_failure{hal::tile::error::index, *p.not_packed};
}

void check(const transfer& t) {
  if (t.under_way && t.under_way->failure) throw command_failure{*t.under_way->failure};
  if (t.parcel) check(*t.parcel);
}

fabric_port::fabric_port(sc_core::sc_module_name name, const place& where, const common::clock_domain& clock,
                         const isolation& windows)
    : sc_module(name), where_(where), clock_(clock), windows_(windows) {
  if (where.phases || where.mode != nullptr) socket.register_nb_transport_bw(this, &fabric_port::from_mesh);
}

bool fabric_port::valid(std::uint32_t set) const {
  const std::uint32_t x0 = set & 0xFF, y0 = set >> 8 & 0xFF, x1 = set >> 16 & 0xFF, y1 = set >> 24;
  return x0 <= x1 && y0 <= y1 && x1 < where_.mesh_width && y1 < where_.mesh_height;
}

bool fabric_port::includes_self(std::uint32_t set) const {
  return x() >= (set & 0xFF) && x() <= (set >> 16 & 0xFF) && y() >= (set >> 8 & 0xFF) && y() <= set >> 24;
}

bool fabric_port::includes_others(std::uint32_t set) const {
  return !includes_self(set) || (set & 0xFFFF) != set >> 16;
}

fabric_stream::fabric_stream(fabric_port& port, unsigned number) : port_(port) {
  payload_.set_extension(&extension_);
  extension_.stream = static_cast<std::uint8_t>(number);
}

fabric_stream::~fabric_stream() { payload_.clear_extension(&extension_); }

void fabric_stream::address_to(common::destination to, common::semaphore_signal signal) {
  extension_.to = to;
  extension_.signal = signal;
  extension_.packed = {};
  extension_.parcel = nullptr;
}

transfer fabric_stream::carry(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data, std::uint32_t bytes,
                              common::cycles at) {
  if (const auto* mode = port_.where_.mode)
    while (mode->closed) sc_core::wait(mode->opened);
  if (port_.phases()) return start(command, address, data, bytes);
  at = std::max(at, port_.clock_.now());
  payload_.set_command(command);
  payload_.set_address(address);
  payload_.set_data_ptr(data);
  payload_.set_data_length(bytes);
  payload_.set_streaming_width(bytes);
  payload_.set_byte_enable_ptr(nullptr);
  payload_.set_dmi_allowed(false);
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  extension_.error = {};
  extension_.cause = {};
  sc_core::sc_time delay = port_.clock_.until(at);
  port_.socket->b_transport(payload_, delay);
  if (payload_.get_response_status() != tlm::TLM_OK_RESPONSE) throw failure_of(extension_.error, address);
  const auto done = port_.clock_.at(sc_core::sc_time_stamp() + delay);
  return {std::max(extension_.injected, at), done, held_by(extension_.cause)};
}

transfer fabric_stream::access(tlm::tlm_command command, std::uint64_t address, std::shared_ptr<common::parcel> parcel,
                               common::cycles at) {
  const auto bytes = static_cast<std::uint32_t>(parcel->bytes.size());
  if (!port_.windows_.allows(address, bytes, command == tlm::TLM_WRITE_COMMAND))
    throw command_failure{hal::tile::error::window, address};
  address_to(common::destination::dram());
  extension_.parcel = parcel;
  auto t = carry(command, address, parcel->bytes.data(), bytes, at);
  t.parcel = std::move(parcel);
  return t;
}

transfer fabric_stream::read(std::uint64_t address, std::uint32_t bytes, common::cycles at) {
  auto parcel = std::make_shared<common::parcel>();
  parcel->bytes.resize(bytes);
  return access(tlm::TLM_READ_COMMAND, address, std::move(parcel), at);
}

transfer fabric_stream::write(std::uint64_t address, std::span<const std::uint8_t> data, common::cycles at) {
  auto parcel = std::make_shared<common::parcel>();
  parcel->bytes.assign(data.begin(), data.end());
  return access(tlm::TLM_WRITE_COMMAND, address, std::move(parcel), at);
}

transfer fabric_stream::send(std::uint32_t tile_set, std::uint64_t offset, std::span<const std::uint8_t> data,
                             common::cycles at, std::optional<remote_signal> signal, common::packing packed) {
  if (!port_.includes_others(tile_set)) return {at, at};
  address_to(common::destination::tiles(tile_set));
  if (signal) extension_.signal = {signal->semaphore, signal->count};
  extension_.packed = packed;
  // A payload wants mutable data; nobody changes them.
  return carry(tlm::TLM_WRITE_COMMAND, offset, const_cast<std::uint8_t*>(data.data()),
               static_cast<std::uint32_t>(data.size()), at);
}

transfer fabric_stream::signal(std::uint32_t tile_set, remote_signal signal, common::cycles at) {
  if (!port_.includes_others(tile_set)) return {at, at};
  address_to(common::destination::tiles(tile_set), {signal.semaphore, signal.count});
  return carry(tlm::TLM_IGNORE_COMMAND, 0, nullptr, 0, at);
}

transfer fabric_stream::report_fence(bool interrupt, common::cycles at) {
  address_to(common::destination::node(static_cast<common::node_id>(port_.where_.host_node)),
             {static_cast<std::uint16_t>(interrupt), 1});
  return carry(tlm::TLM_IGNORE_COMMAND, 0, nullptr, 0, at);
}

} // namespace acf::sequencer
