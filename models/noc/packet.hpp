// One packet as the mesh's timing sees it, and the hook through which faults are injected.
#pragma once

#include <cstdint>
#include <functional>

#include "models/common/fabric_extension.hpp"
#include "models/common/parcel.hpp"

namespace acf::noc {

using common::cycles;
using common::node_id;

enum class packet_kind : std::uint8_t {
  read_request,
  read_data,
  write_data,        // to DRAM
  write_acknowledge, // from DRAM
  send_data,         // to tiles or the host bridge
  send_acknowledge,
  signal // a semaphore addition without data
};

struct packet_info {
  std::uint64_t serial; // counts all packets of the mesh from 0
  node_id source;
  node_id destination; // the lowest one of a multicast
  packet_kind kind;
  cycles injected;     // earliest cycle at which it enters the mesh
  std::uint32_t bytes; // of its payload: none in requests, acknowledges and signals
};

// Sees every packet before it leaves. What it returns, if anything, changes the payload, when that is known: bytes that
// come from memory are not when the mesh plans their way.
using packet_filter = std::function<common::payload_change(const packet_info&)>;

} // namespace acf::noc
