#include "models/common/address_map_router.hpp"

#include <algorithm>
#include <stdexcept>

namespace acf::common {

namespace {

// From the target's address to the bus's, cut to the range.
std::uint64_t host_address(const address_range& range, std::uint64_t at) {
  const std::uint64_t offset = at < range.target_base ? 0 : at - range.target_base;
  return range.base + std::min(offset, range.size - 1);
}

} // namespace

address_map_router::address_map_router(sc_core::sc_module_name name) : sc_module(name) {
  in.register_b_transport(this, &address_map_router::b_transport);
  in.register_get_direct_mem_ptr(this, &address_map_router::get_direct_mem_ptr);
  in.register_transport_dbg(this, &address_map_router::transport_dbg);
  out.register_invalidate_direct_mem_ptr(this, &address_map_router::invalidate_direct_mem_ptr);
}

void address_map_router::attach(address_range range, tlm::tlm_base_target_socket_b<>& target) {
  if (range.size == 0 || range.base + (range.size - 1) < range.base)
    throw std::logic_error("address map: " + range.name + " is empty or wraps around");
  const auto next = std::ranges::upper_bound(ports, range.base, {}, [](const port& p) { return p.range.base; });
  const auto overlap = [&](const address_range& other) {
    throw std::logic_error("address map: " + range.name + " overlaps " + other.name);
  };
  if (next != ports.end() && range.size > next->range.base - range.base) overlap(next->range);
  if (next != ports.begin())
    if (const auto& before = std::prev(next)->range; range.base - before.base < before.size) overlap(before);

  out.bind(target);
  const auto socket = static_cast<int>(ports.size());
  ports.insert(next, {std::move(range), socket, {}, 0, 0});
}

std::size_t address_map_router::index_of(std::uint64_t address) const {
  const auto next = std::ranges::upper_bound(ports, address, {}, [](const port& p) { return p.range.base; });
  if (next == ports.begin()) return ports.size();
  const auto& range = std::prev(next)->range;
  return address - range.base < range.size ? static_cast<std::size_t>(std::prev(next) - ports.begin()) : ports.size();
}

const address_range* address_map_router::find(std::uint64_t address) const {
  const auto i = index_of(address);
  return i < ports.size() ? &ports[i].range : nullptr;
}

void address_map_router::occupy(port& p, sc_core::sc_time& delay) {
  ++p.accesses;
  if (p.range.latency == sc_core::SC_ZERO_TIME) return;
  const auto now = sc_core::sc_time_stamp().value(), earliest = now + delay.value(), takes = p.range.latency.value();
  p.taken.forget_before(now);
  const auto start = p.taken.reserve(earliest, takes);
  p.waited += start - earliest;
  delay = sc_core::sc_time::from_value(start + takes - now);
}

std::vector<bus_usage> address_map_router::usage() const {
  std::vector<bus_usage> all;
  const auto now = sc_core::sc_time_stamp().value();
  for (const auto& p : ports)
    if (p.range.latency != sc_core::SC_ZERO_TIME)
      all.push_back({p.range.name, p.accesses, p.taken.busy_until(now), p.waited});
  return all;
}

void address_map_router::b_transport(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const auto address = payload.get_address();
  const auto i = index_of(address);
  if (i == ports.size() || payload.get_data_length() > ports[i].range.size - (address - ports[i].range.base)) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  occupy(ports[i], delay);
  payload.set_address(address - ports[i].range.base + ports[i].range.target_base);
  out[ports[i].socket]->b_transport(payload, delay);
  payload.set_address(address);
}

bool address_map_router::get_direct_mem_ptr(int, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  const auto address = payload.get_address();
  const auto i = index_of(address);
  if (i == ports.size()) { // denied for the whole gap
    const auto next = std::ranges::upper_bound(ports, address, {}, [](const port& p) { return p.range.base; });
    dmi.init();
    dmi.set_start_address(next == ports.begin() ? 0 : std::prev(next)->range.base + std::prev(next)->range.size);
    dmi.set_end_address(next == ports.end() ? ~sc_dt::uint64{0} : next->range.base - 1);
    return false;
  }
  const auto& range = ports[i].range;
  payload.set_address(address - range.base + range.target_base);
  const bool granted = out[ports[i].socket]->get_direct_mem_ptr(payload, dmi);
  payload.set_address(address);
  if (granted && dmi.get_start_address() < range.target_base) // more than the range shows: the pointer moves, too
    dmi.set_dmi_ptr(dmi.get_dmi_ptr() + (range.target_base - dmi.get_start_address()));
  dmi.set_start_address(host_address(range, dmi.get_start_address()));
  dmi.set_end_address(host_address(range, dmi.get_end_address()));
  dmi.set_read_latency(dmi.get_read_latency() + range.latency);
  dmi.set_write_latency(dmi.get_write_latency() + range.latency);
  return granted;
}

unsigned address_map_router::transport_dbg(int, tlm::tlm_generic_payload& payload) {
  const auto address = payload.get_address();
  const auto i = index_of(address);
  if (i == ports.size()) return 0;
  const auto& range = ports[i].range;
  const auto length = payload.get_data_length();
  const auto room = range.size - (address - range.base);
  payload.set_address(address - range.base + range.target_base);
  payload.set_data_length(static_cast<unsigned>(std::min<std::uint64_t>(length, room)));
  const auto done = out[ports[i].socket]->transport_dbg(payload);
  payload.set_address(address);
  payload.set_data_length(length);
  return done;
}

void address_map_router::invalidate_direct_mem_ptr(int socket, sc_dt::uint64 first, sc_dt::uint64 last) {
  const auto& range = std::ranges::find(ports, socket, &port::socket)->range;
  first = host_address(range, first);
  last = host_address(range, last);
  for (unsigned initiator = 0; initiator < in.size(); ++initiator)
    in[static_cast<int>(initiator)]->invalidate_direct_mem_ptr(first, last);
}

} // namespace acf::common
