// Accesses of the fabric whose bytes have not passed the data bus yet, in the order in which they will.
#pragma once

#include "models/common/parcel.hpp"
#include "models/dram/backing_store.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <memory>

namespace acf::dram {

struct pending_access {
  std::uint64_t at; // from the first byte of DRAM
  std::uint32_t bytes;
  bool write;
  std::uint64_t arrived_ps; // at its channel
  std::shared_ptr<common::parcel> parcel;
  std::uint32_t parcel_offset;
  common::node_id node; // of the channel, for errors
};

class pending_accesses {
public:
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  // To be performed at `when_ps`, or when an access to the same bytes that arrived before it is; returns by how much
  // later.
  std::uint64_t add(pending_access a, std::uint64_t when_ps);
  // Performs what is due at `now_ps` or before. `base`: address of the first byte of DRAM, for errors.
  void perform(std::uint64_t now_ps, backing_store& store, std::uint64_t base);

  bool empty() const { return list_.empty(); }
  std::uint64_t next() const { return list_.empty() ? never : list_.begin()->first; }

private:
  std::multimap<std::uint64_t, pending_access> list_; // by time; those of equal times in the order of add()
};

} // namespace acf::dram
