#include "models/dram/pending_accesses.hpp"

#include <algorithm>

namespace acf::dram {

namespace {

bool must_follow(const pending_access& later, const pending_access& earlier) {
  return (later.write || earlier.write) && earlier.arrived_ps <= later.arrived_ps &&
         later.at < earlier.at + earlier.bytes && earlier.at < later.at + later.bytes;
}

void move(const pending_access& a, backing_store& store, std::uint64_t base) {
  auto& p = *a.parcel;
  if (const auto bad = store.poisoned(a.at, a.bytes, a.write)) {
    if (!p.error) p.error = {common::fabric_error::kind::memory, 0, a.node, base + *bad};
    return;
  }
  const auto bytes = std::span(p.bytes).subspan(a.parcel_offset, a.bytes);
  if (a.write) {
    store.write(a.at, bytes, origin::fabric);
    return;
  }
  store.read(a.at, bytes);
  for (const auto& fault : p.faults)
    if (fault.offset == a.parcel_offset) fault.what(bytes);
}

} // namespace

// The calendar may have put a short access into a gap before a longer one; a controller keeps those of one address in
// order all the same.
std::uint64_t pending_accesses::add(pending_access a, std::uint64_t when_ps) {
  auto when = when_ps;
  for (auto other = list_.rbegin(); other != list_.rend() && other->first > when_ps; ++other)
    if (must_follow(a, other->second)) when = std::max(when, other->first);
  list_.emplace(when, std::move(a));
  return when - when_ps;
}

void pending_accesses::perform(std::uint64_t now_ps, backing_store& store, std::uint64_t base) {
  while (!list_.empty() && list_.begin()->first <= now_ps) {
    const auto access = list_.extract(list_.begin()); // observers of the store may look at it meanwhile
    move(access.mapped(), store, base);
  }
}

} // namespace acf::dram
