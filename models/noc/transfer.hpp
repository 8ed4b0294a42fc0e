// One b_transport under way in the mesh; private to it.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "models/noc/mesh.hpp"

namespace acf::noc {

using common::destination;
using common::fabric_error;
using common::fabric_extension;

struct mesh::transfer {
  transfer() { packet.set_extension(&extension); }
  ~transfer() { packet.clear_extension(&extension); }

  // What the initiator asked for.
  std::uint64_t id = 0;
  tlm::tlm_generic_payload* payload = nullptr;
  tlm::tlm_command command = tlm::TLM_IGNORE_COMMAND;
  std::uint32_t bytes = 0;
  node_id source = 0;
  destination to{};
  common::semaphore_signal signal{};
  common::packing packed;
  std::uint8_t stream = 0;
  common::parcel* parcel = nullptr; // of the initiator
  std::uint32_t bank = 0;
  cycles now = 0;
  moment start{};

  // Of a send: per destination the branch, when its last packet arrived and when the target had taken it.
  std::vector<branch> branches;
  std::vector<moment> arrived, taken;

  // Results so far.
  moment injected{}; // end of the last injection
  moment complete{}; // latest answer; `alone`: latest answer in an empty fabric
  cycles delivered = 0;
  cycles dram = 0;        // waiting for DRAM of the packet that completes last,
  cycles packet_dram = 0; // and of the one being delivered
  tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
  fabric_error error{};

  // The packet as targets see it.
  tlm::tlm_generic_payload packet;
  fabric_extension extension;
  std::vector<std::uint8_t> scratch; // its bytes when a filter may change them

  void completes(moment m) {
    if (m.at >= complete.at) dram = packet_dram;
    complete.at = std::max(complete.at, m.at);
    complete.alone = std::max(complete.alone, m.alone);
  }
  bool ok() const { return status == tlm::TLM_OK_RESPONSE; }
};

// A transfer from the pool, which goes back at the end of the scope.
struct mesh::checked_out {
  explicit checked_out(std::vector<std::unique_ptr<transfer>>& pool) : pool_(pool) {
    if (pool_.empty()) pool_.push_back(std::make_unique<transfer>());
    item = std::move(pool_.back());
    pool_.pop_back();
  }
  ~checked_out() { pool_.push_back(std::move(item)); }
  checked_out(const checked_out&) = delete;
  checked_out& operator=(const checked_out&) = delete;

  std::unique_ptr<transfer> item;

private:
  std::vector<std::unique_ptr<transfer>>& pool_;
};

} // namespace acf::noc
