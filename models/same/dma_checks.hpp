// What DMA commands check of their operands, and who they are for the SRAM; private to the DMA channel.
#pragma once

#include "models/same/sram.hpp"
#include "models/sequencer/dispatched.hpp"

#include <algorithm>
#include <cstdint>

namespace acf::same {

inline constexpr std::uint64_t link_bytes = 64; // a flit

inline void require(bool ok, hal::tile::error cause, std::uint64_t address) {
  if (!ok) throw sequencer::command_failure{cause, address};
}

inline holder holder_of(const sequencer::dispatched& d) { return {d.ring, d.index, d.job, d.cmd.op}; }

inline std::uint64_t row_elements(const hal::view_record& v) {
  std::uint64_t n = 1;
  for (unsigned i = 1; i < 4; ++i) n *= std::max<std::uint32_t>(v.dim[i], 1);
  return n;
}

} // namespace acf::same
