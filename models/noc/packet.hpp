// One packet as the mesh's timing sees it, and the hook through which faults are injected.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "models/common/fabric_extension.hpp"

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
  cycles injected; // earliest cycle at which it enters the mesh
};

// Sees every packet before it leaves and may change its payload bytes (none in requests, acknowledges and signals).
using packet_filter = std::function<void(const packet_info&, std::span<std::uint8_t> payload)>;

} // namespace acf::noc
