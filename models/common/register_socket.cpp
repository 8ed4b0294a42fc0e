#include "models/common/register_socket.hpp"

#include <cstring>

namespace acf::common {

tlm::tlm_response_status to_response(access_result result) {
  switch (result) {
  case access_result::ok: return tlm::TLM_OK_RESPONSE;
  case access_result::unmapped: return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  case access_result::wrong_size: return tlm::TLM_BURST_ERROR_RESPONSE;
  default: return tlm::TLM_COMMAND_ERROR_RESPONSE;
  }
}

register_socket::register_socket(const char* name, register_target& registers)
    : tlm::tlm_target_socket<>(name), target(registers) {
  bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this)); // a socket, too, can be bound
}

tlm::tlm_response_status register_socket::access(tlm::tlm_generic_payload& payload) {
  auto size = payload.get_data_length();
  auto* data = payload.get_data_ptr();
  auto offset = payload.get_address();
  if (payload.get_streaming_width() < size || size == 0 || size > 8) return tlm::TLM_BURST_ERROR_RESPONSE;

  // Lanes that are enabled must be neighbours: together they are the access.
  if (const auto* enables = payload.get_byte_enable_ptr()) {
    const auto on = [&](unsigned i) { return enables[i % payload.get_byte_enable_length()] != TLM_BYTE_DISABLED; };
    unsigned first = 0;
    while (first < size && !on(first)) ++first;
    unsigned behind = first;
    while (behind < size && on(behind)) ++behind;
    for (unsigned i = behind; i < size; ++i)
      if (on(i)) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
    if (first == behind) return tlm::TLM_OK_RESPONSE;
    data += first, offset += first, size = behind - first;
  }

  std::uint64_t value = 0;
  if (payload.is_write()) {
    std::memcpy(&value, data, size);
    return to_response(target.write(offset, size, value));
  }
  if (!payload.is_read()) return tlm::TLM_OK_RESPONSE;
  const auto result = target.read(offset, size, value);
  if (result == access_result::ok) std::memcpy(data, &value, size);
  return to_response(result);
}

void register_socket::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const auto outer = ahead; // a callback may reach this block again, through another one
  ahead = delay;
  payload.set_dmi_allowed(false);
  payload.set_response_status(access(payload));
  ahead = outer;
}

tlm::tlm_sync_enum register_socket::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                    sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_REQ) b_transport(payload, delay);
  return tlm::TLM_COMPLETED;
}

bool register_socket::get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
  dmi.init();
  dmi.set_end_address(~sc_dt::uint64{0});
  return false;
}

unsigned register_socket::transport_dbg(tlm::tlm_generic_payload& payload) {
  auto* data = payload.get_data_ptr();
  const auto length = payload.get_data_length();
  if (payload.is_read()) return static_cast<unsigned>(target.peek(payload.get_address(), {data, length}));
  if (payload.is_write()) return static_cast<unsigned>(target.poke(payload.get_address(), {data, length}));
  return 0;
}

} // namespace acf::common
