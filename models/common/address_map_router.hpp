// Interconnect of the host: forwards a transaction to the target whose address range it falls into.
//
//   in (any number of initiators) --> address map --> one target per range, sees its own addresses
//
// A target with a latency takes one access at a time: accesses that meet wait for each other, in the order of their
// times. A target without (memory, which has its own timing) takes as many as come.
// The address map is data: one attach() per peripheral. Loosely timed (b_transport, DMI, debug).
#pragma once

#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>

#include "models/common/calendar.hpp"

namespace acf::common {

struct address_range {
  std::string name;
  std::uint64_t base, size;
  sc_core::sc_time latency;      // of an access, both ways together
  std::uint64_t target_base = 0; // address of the first byte as the target knows it
};

// What the accesses to a range have come to so far; times in picoseconds.
struct bus_usage {
  std::string name;
  std::uint64_t accesses = 0, busy = 0, waited = 0; // busy up to now; waited: for other accesses
};

class address_map_router : public sc_core::sc_module {
public:
  tlm_utils::multi_passthrough_target_socket<address_map_router> in{"in"};

  explicit address_map_router(sc_core::sc_module_name name);

  // std::logic_error if the range is empty, wraps around or overlaps another.
  void attach(address_range range, tlm::tlm_base_target_socket_b<>& target);

  std::vector<bus_usage> usage() const; // of targets with a latency, by address

  // The range that holds an address, or null.
  const address_range* find(std::uint64_t address) const;

private:
  struct port {
    address_range range;
    int socket; // of `out`
    calendar taken{};
    std::uint64_t accesses = 0, waited = 0;
  };

  void b_transport(int from, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(int from, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  unsigned transport_dbg(int from, tlm::tlm_generic_payload& payload);
  void invalidate_direct_mem_ptr(int socket, sc_dt::uint64 first, sc_dt::uint64 last);
  // From when the access can start until the target has answered.
  static void occupy(port& p, sc_core::sc_time& delay);
  std::size_t index_of(std::uint64_t address) const; // ports.size() if unmapped

  std::vector<port> ports; // by base
  tlm_utils::multi_passthrough_initiator_socket<address_map_router> out{"out"};
};

} // namespace acf::common
