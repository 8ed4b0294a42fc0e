#include "sw_stack/driver/queue.hpp"

#include <algorithm>

namespace acf::driver {

problem queue::attach() {
  if (tile_number >= owner.description().tiles)
    return {trouble::bad_argument, "tile", tile_number, owner.description().tiles};
  if (ring_number >= hal::tile::rings) return {trouble::bad_argument, "ring", ring_number, hal::tile::rings};
  const auto block = owner.tile(tile_number);
  block.write(hal::tile::ring_base, bus_address, ring_number);
  block.write(hal::tile::ring_length, records.size(), ring_number); // also moves the position to 0
  next = pending = occupied = 0;
  return {};
}

problem queue::submit(std::span<const record> job) {
  if (const auto p = accept(job.size())) return p;
  const auto first = std::min(job.size(), records.size() - next);
  std::copy_n(job.begin(), first, records.begin() + next);
  std::copy_n(job.begin() + first, job.size() - first, records.begin());
  ring_doorbell(job.size());
  return {};
}

problem queue::replay(std::uint32_t count) {
  if (const auto p = accept(count)) return p;
  ring_doorbell(count);
  return {};
}

problem queue::accept(std::size_t count) {
  if (count == 0 || count > records.size())
    return {trouble::bad_argument, "records of a job", count, records.size() + 1};
  forget_finished_jobs();
  if (pending == lengths.size()) return {trouble::queue_full, "jobs", pending, lengths.size()};
  if (occupied + count > records.size()) return {trouble::queue_full, "records", occupied, records.size()};
  return {};
}

// Jobs of a tile end in order. Those of other rings count, too, so this may be late, but never early.
void queue::forget_finished_jobs() {
  const auto unfinished = owner.tile(tile_number).read(hal::tile::jobs);
  const auto finished = pending - std::min<std::uint64_t>(pending, unfinished);
  for (std::uint32_t n = 0; n < finished; ++n) occupied -= lengths[n];
  std::copy(lengths.begin() + finished, lengths.begin() + pending, lengths.begin());
  pending -= static_cast<std::uint32_t>(finished);
}

void queue::ring_doorbell(std::size_t count) {
  lengths[pending++] = static_cast<std::uint32_t>(count);
  occupied += static_cast<std::uint32_t>(count);
  next = static_cast<std::uint32_t>((next + count) % records.size());
  owner.world().barrier();
  owner.tile(tile_number)
      .write(hal::tile::doorbell,
             hal::put(hal::put(0, hal::tile::doorbell_count, count), hal::tile::doorbell_ring, ring_number));
}

} // namespace acf::driver
