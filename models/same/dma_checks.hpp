// What DMA commands check of their operands, and who they are for the SRAM; private to the DMA channel.
#pragma once

#include "models/same/sram.hpp"
#include "models/sequencer/dispatched.hpp"
#include "models/sequencer/fabric_port.hpp"

#include <algorithm>
#include <cstdint>

namespace acf::same {

inline constexpr std::uint64_t link_bytes = 64; // a flit

inline void require(bool ok, hal::tile::error cause, std::uint64_t address) {
  if (!ok) throw sequencer::command_failure{cause, address};
}

// A command of this tile, for what the SRAM expects.
inline std::uint64_t loading(std::uint64_t serial) { return serial + 1; }

inline holder holder_of(const sequencer::dispatched& d) { return {d.ring, d.index, d.job, d.cmd.op}; }

// Tiles of a valid set, ranked row by row.
struct tiles_of {
  std::uint32_t x0, y0, x1, y1;

  explicit tiles_of(std::uint32_t set) : x0(set & 0xFF), y0(set >> 8 & 0xFF), x1(set >> 16 & 0xFF), y1(set >> 24) {}
  std::uint32_t count() const { return (x1 - x0 + 1) * (y1 - y0 + 1); }
  std::uint32_t rank(std::uint32_t x, std::uint32_t y) const { return (y - y0) * (x1 - x0 + 1) + x - x0; }
  std::uint32_t tile(std::uint32_t rank) const { // a set of its own
    const auto x = x0 + rank % (x1 - x0 + 1), y = y0 + rank / (x1 - x0 + 1);
    return hal::tile_set(x, y, x, y);
  }
};

// What the command's signal is elsewhere.
inline sequencer::remote_signal signal_of(const sequencer::dispatched& d) {
  return {static_cast<std::uint16_t>(hal::semaphore_of(d.cmd.signal)),
          static_cast<std::uint16_t>(hal::count_of(d.cmd.signal))};
}

inline std::uint64_t row_elements(const hal::view_record& v) {
  std::uint64_t n = 1;
  for (unsigned i = 1; i < 4; ++i) n *= std::max<std::uint32_t>(v.dim[i], 1);
  return n;
}

} // namespace acf::same
