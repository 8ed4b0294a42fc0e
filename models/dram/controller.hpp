// Memory controller: one port per channel from the mesh, and the host's own port, which works before the mesh does.
//
//   mesh to[channel node] -> channel[i] --+
//                                         +-- calendars, backing store
//   CPU bus ------------------> host -----+        host: any address, DMI
//
// What a channel reads and writes moves when it passes the data bus, not when it is asked for: pending_accesses.hpp.
// Accesses to the same bytes take effect in the order in which they reached their channel.
//
// Addresses are the system's; channels take turns every `interleave` bytes. DMI is for the host only. Its latency is
// zero, as of cache hits, and what goes through it is neither counted nor in anybody's way.
// Errors: beyond the memory or on the wrong channel: TLM_ADDRESS_ERROR_RESPONSE; uncorrectable error:
// TLM_GENERIC_ERROR_RESPONSE; fabric_extension::error says more if the payload carries one.
#pragma once

#include <memory>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

#include "models/common/fabric_extension.hpp"
#include "models/common/use_over_time.hpp"
#include "models/dram/backing_store.hpp"
#include "models/dram/channel_port.hpp"
#include "models/dram/dram_config.hpp"
#include "models/dram/memory_timing.hpp"
#include "models/dram/pending_accesses.hpp"

namespace acf::dram {

class dram_controller : public sc_core::sc_module, public channel_port::owner {
public:
  using channel_socket = tlm_utils::simple_target_socket_tagged_optional<dram_controller>;
  using host_socket = tlm_utils::simple_target_socket_optional<dram_controller>;

  sc_core::sc_vector<channel_socket> channel;
  host_socket host{"host"};

  dram_controller(const sc_core::sc_module_name& name, const dram_config& config); // throws std::invalid_argument

  const common::channel_map& map() const { return map_; }
  // As it is now.
  backing_store& store() {
    settle();
    return store_;
  }

  // The line that holds this system address cannot be read any longer, until it is written whole. Throws
  // std::invalid_argument for an address outside the memory.
  void inject_error(std::uint64_t address);

  channel_counters counters(std::uint32_t channel_number) const; // busy and waited in fabric cycles
  std::uint64_t drained() const;                                 // fabric cycle from which on nothing is under way
  bool banks() const { return !ports_.empty(); }
  void count_energy(bool on); // of commands, where there are banks (channel_port)
  // Bytes that channels moved over time, in fabric cycles.
  common::use_over_time bytes_over_time;
  const channel_port& port(std::uint32_t channel_number) const { return *ports_[channel_number]; } // with banks

private:
  void channel_transport(int id, tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
  tlm::tlm_sync_enum channel_nb(int id, tlm::tlm_generic_payload& p, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void move_bytes(tlm::tlm_generic_payload& p) override { move(p, origin::fabric); }
  tlm::tlm_sync_enum to_initiator(std::uint32_t number, tlm::tlm_generic_payload& p, tlm::tlm_phase phase) override;
  std::uint64_t local_address(const tlm::tlm_generic_payload& p) const override;
  void host_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
  unsigned channel_debug(int, tlm::tlm_generic_payload& p) { return debug(p); }
  unsigned debug(tlm::tlm_generic_payload& p);
  bool direct(tlm::tlm_generic_payload& p, tlm::tlm_dmi& dmi);
  void revoke(range where);

  void settle(); // moves what is due
  void defer(tlm::tlm_generic_payload& p, const common::fabric_extension& e, std::uint64_t arrived_ps, completion& c);

  bool acceptable(tlm::tlm_generic_payload& p) const;
  completion timed(const tlm::tlm_generic_payload& p, std::uint64_t earliest_ps);
  void move(tlm::tlm_generic_payload& p, origin who);

  dram_config config_;
  common::channel_map map_;
  backing_store store_;
  std::unique_ptr<memory_timing> timing_;
  std::vector<std::unique_ptr<channel_port>> ports_; // at timing
  pending_accesses pending_;
  sc_core::sc_event due_;
};

} // namespace acf::dram
