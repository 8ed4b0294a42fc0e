// How long do accesses take? The part of the controller that differs between lt and at. lt: calendar_channels.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace acf::dram {

// An access inside one channel; times in picoseconds.
struct memory_access {
  std::uint32_t channel;
  std::uint64_t offset; // from the first byte of DRAM
  std::uint32_t bytes;
  bool write;
  std::uint64_t earliest_ps;
  std::uint64_t now_ps; // of the kernel: nothing will be asked for before it any more
};

struct completion {
  std::uint64_t done_ps;   // data read, or write acknowledged
  std::uint64_t waited_ps; // of it, for the channel
  std::uint64_t moved_ps;  // the last byte has passed the data bus: read as it was then, written from then on
};

// Of a channel whose commands and banks are modelled.
struct bank_counters {
  static constexpr std::size_t latencies = 12; // below 32, 64, ... ns, and longer
  std::uint64_t reads = 0, writes = 0;         // bursts
  std::uint64_t row_hits = 0, activates = 0, refreshes = 0;
  // Time in which bursts waited and no command could go: for a row to open or close, for a column command (bus,
  // turnaround, bank group), for a refresh. ps here, fabric cycles at the controller.
  std::uint64_t row_waits = 0, column_waits = 0, refresh_waits = 0;
  double activate_pj = 0, read_pj = 0, write_pj = 0, refresh_pj = 0, standby_pj = 0;
  std::array<std::uint64_t, latencies> read_latency{}, write_latency{}; // packets, from being offered to their answer
};

struct channel_counters {
  std::uint64_t bytes_read = 0, bytes_written = 0; // asked for
  std::uint64_t by_calendar = 0;                   // of these bytes, those of lt, and the host's in either timing
  std::uint64_t accesses = 0;
  std::uint64_t busy = 0;   // data bus, up to now; ps here, fabric cycles at the controller
  std::uint64_t waited = 0; // by accesses, for the channel; same units
  bank_counters banks;      // zeros in lt
};

class memory_timing {
public:
  virtual ~memory_timing() = default;
  virtual completion perform(const memory_access& a) = 0;
  virtual channel_counters counters(std::uint32_t channel, std::uint64_t now_ps) const = 0;
  virtual std::uint64_t drained_ps() const = 0; // from then on nothing is under way
};

} // namespace acf::dram
