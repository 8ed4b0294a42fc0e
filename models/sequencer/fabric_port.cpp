#include "models/sequencer/fabric_port.hpp"

#include <algorithm>

namespace acf::sequencer {

namespace {

// The part of a transfer that took longest beyond its zero-load time names its cause.
common::activity_kind held_by(const common::transfer_cause& c) {
  if (c.dram == 0 && c.link == 0) return common::activity_kind::latency;
  if (c.dram >= c.link) return c.dram >= c.zero_load / 4 ? common::activity_kind::dram : common::activity_kind::latency;
  return c.link >= c.zero_load / 4 ? common::activity_kind::mesh : common::activity_kind::latency;
}

[[noreturn]] void raise(const common::fabric_error& error, tlm::tlm_response_status status, std::uint64_t address) {
  using kind = common::fabric_error::kind;
  // A tile that refuses a packet because the range is held by one of its commands says so.
  if (status == tlm::TLM_GENERIC_ERROR_RESPONSE && error.what != kind::memory)
    throw command_failure{hal::tile::error::overlap, address};
  switch (error.what) {
  case kind::route_hole:
  case kind::route_loop:
  case kind::no_destination: throw command_failure{hal::tile::error::route, error.destination};
  case kind::memory: throw command_failure{hal::tile::error::memory, error.address};
  default: break;
  }
  throw command_failure{hal::tile::error::bus, address};
}

} // namespace

fabric_port::fabric_port(sc_core::sc_module_name name, const place& where, const common::clock_domain& clock,
                         const isolation& windows)
    : sc_module(name), where_(where), clock_(clock), windows_(windows) {
  payload_.set_extension(&extension_);
}

fabric_port::~fabric_port() { payload_.clear_extension(&extension_); }

bool fabric_port::valid(std::uint32_t set) const {
  const std::uint32_t x0 = set & 0xFF, y0 = set >> 8 & 0xFF, x1 = set >> 16 & 0xFF, y1 = set >> 24;
  return x0 <= x1 && y0 <= y1 && x1 < where_.mesh_width && y1 < where_.mesh_height;
}

bool fabric_port::includes_self(std::uint32_t set) const {
  const std::uint32_t x = where_.tile % where_.mesh_width, y = where_.tile / where_.mesh_width;
  return x >= (set & 0xFF) && x <= (set >> 16 & 0xFF) && y >= (set >> 8 & 0xFF) && y <= set >> 24;
}

bool fabric_port::includes_others(std::uint32_t set) const {
  return !includes_self(set) || (set & 0xFFFF) != set >> 16;
}

transfer fabric_port::carry(tlm::tlm_command command, std::uint64_t address, void* data, std::uint32_t bytes,
                            common::cycles at) {
  payload_.set_command(command);
  payload_.set_address(address);
  payload_.set_data_ptr(static_cast<unsigned char*>(data));
  payload_.set_data_length(bytes);
  payload_.set_streaming_width(bytes);
  payload_.set_byte_enable_ptr(nullptr);
  payload_.set_dmi_allowed(false);
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  extension_.error = {};
  extension_.cause = {};
  sc_core::sc_time delay = clock_.until(at);
  socket->b_transport(payload_, delay);
  if (payload_.get_response_status() != tlm::TLM_OK_RESPONSE)
    raise(extension_.error, payload_.get_response_status(), address);
  const auto done = clock_.at(sc_core::sc_time_stamp() + delay);
  return {std::max(extension_.injected, at), done, held_by(extension_.cause)};
}

transfer fabric_port::read(std::uint64_t address, void* data, std::uint32_t bytes, common::cycles at) {
  if (!windows_.allows(address, bytes, false)) throw command_failure{hal::tile::error::window, address};
  extension_.to = common::destination::dram();
  extension_.signal = {};
  return carry(tlm::TLM_READ_COMMAND, address, data, bytes, at);
}

transfer fabric_port::write(std::uint64_t address, const void* data, std::uint32_t bytes, common::cycles at) {
  if (!windows_.allows(address, bytes, true)) throw command_failure{hal::tile::error::window, address};
  extension_.to = common::destination::dram();
  extension_.signal = {};
  return carry(tlm::TLM_WRITE_COMMAND, address, const_cast<void*>(data), bytes, at);
}

transfer fabric_port::send(std::uint32_t tile_set, std::uint64_t offset, const void* data, std::uint32_t bytes,
                           common::cycles at, std::optional<remote_signal> signal, common::packing packed) {
  if (!includes_others(tile_set)) return {at, at};
  extension_.to = common::destination::tiles(tile_set);
  extension_.signal = {};
  if (signal) extension_.signal = {signal->semaphore, signal->count};
  extension_.packed = packed;
  const auto t = carry(tlm::TLM_WRITE_COMMAND, offset, const_cast<void*>(data), bytes, at);
  extension_.packed = {};
  return t;
}

transfer fabric_port::signal(std::uint32_t tile_set, remote_signal signal, common::cycles at) {
  if (!includes_others(tile_set)) return {at, at};
  extension_.to = common::destination::tiles(tile_set);
  extension_.signal = {signal.semaphore, signal.count};
  return carry(tlm::TLM_IGNORE_COMMAND, 0, nullptr, 0, at);
}

transfer fabric_port::report_fence(bool interrupt, common::cycles at) {
  extension_.to = common::destination::node(static_cast<common::node_id>(where_.host_node));
  extension_.signal = {static_cast<std::uint16_t>(interrupt), 1};
  return carry(tlm::TLM_IGNORE_COMMAND, 0, nullptr, 0, at);
}

} // namespace acf::sequencer
