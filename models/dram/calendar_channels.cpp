#include "models/dram/calendar_channels.hpp"

#include <algorithm>

namespace acf::dram {

completion calendar_channels::perform(const memory_access& a) {
  auto& c = channels_[a.channel];
  const auto burst = timing_.access_bytes;
  const auto bursts = (a.offset + a.bytes - 1) / burst - a.offset / burst + 1;
  const auto occupied = (bursts * burst * timing_.fs_per_byte + 999) / 1000;

  c.bus.forget_before(a.now_ps);
  const auto start = c.bus.reserve(a.earliest_ps, occupied);
  const auto waited = start - a.earliest_ps;
  ++c.counters.accesses;
  (a.write ? c.counters.bytes_written : c.counters.bytes_read) += a.bytes;
  c.counters.by_calendar += a.bytes;
  c.counters.waited += waited;
  const auto moved = start + occupied;
  return {moved + (a.write ? timing_.write_latency_ps : timing_.read_latency_ps), waited, moved};
}

channel_counters calendar_channels::counters(std::uint32_t channel, std::uint64_t now_ps) const {
  auto c = channels_[channel].counters;
  c.busy = channels_[channel].bus.busy_until(now_ps);
  return c;
}

std::uint64_t calendar_channels::drained_ps() const {
  std::uint64_t end = 0;
  for (const auto& c : channels_) end = std::max(end, c.bus.free_from());
  return end;
}

} // namespace acf::dram
