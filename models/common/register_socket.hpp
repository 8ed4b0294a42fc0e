// A TLM target socket with registers behind it. Accesses take no time of their own (the bus has the latency); no DMI.
//
//   common::register_bank regs{hal::watchdog::block};
//   common::register_socket bus{"bus", regs};
#pragma once

#include <systemc>
#include <tlm>

#include "models/common/register_bank.hpp"

namespace acf::common {

class register_socket : public tlm::tlm_target_socket<>, private tlm::tlm_fw_transport_if<> {
public:
  register_socket(const char* name, register_target& registers);

  // During an access: the initiator's local time. Otherwise: the kernel's.
  sc_core::sc_time now() const { return sc_core::sc_time_stamp() + ahead; }

private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override;
  unsigned transport_dbg(tlm::tlm_generic_payload& payload) override;
  tlm::tlm_response_status access(tlm::tlm_generic_payload& payload);

  register_target& target;
  sc_core::sc_time ahead = sc_core::SC_ZERO_TIME; // register accesses never wait, so one at a time
};

tlm::tlm_response_status to_response(access_result result);

} // namespace acf::common
