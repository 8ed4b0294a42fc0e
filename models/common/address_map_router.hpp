// Interconnect of the host: forwards a transaction to the target whose address range it falls into.
//
//   in (any number of initiators) --> address map --> one target per range, sees its own addresses
//
// The address map is data: one attach() per peripheral. Loosely timed (b_transport, DMI, debug).
#pragma once

#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>

namespace acf::common {

struct address_range {
  std::string name;
  std::uint64_t base, size;
  sc_core::sc_time latency;      // of an access, both ways together
  std::uint64_t target_base = 0; // address of the first byte as the target knows it
};

class address_map_router : public sc_core::sc_module {
public:
  tlm_utils::multi_passthrough_target_socket<address_map_router> in{"in"};

  explicit address_map_router(sc_core::sc_module_name name);

  // std::logic_error if the range is empty, wraps around or overlaps another.
  void attach(address_range range, tlm::tlm_base_target_socket_b<>& target);

  // The range that holds an address, or null.
  const address_range* find(std::uint64_t address) const;

private:
  struct port {
    address_range range;
    int socket; // of `out`
  };

  void b_transport(int from, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(int from, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  unsigned transport_dbg(int from, tlm::tlm_generic_payload& payload);
  void invalidate_direct_mem_ptr(int socket, sc_dt::uint64 first, sc_dt::uint64 last);
  std::size_t index_of(std::uint64_t address) const; // ports.size() if unmapped

  std::vector<port> ports; // by base
  tlm_utils::multi_passthrough_initiator_socket<address_map_router> out{"out"};
};

} // namespace acf::common
