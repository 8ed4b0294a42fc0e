// One fault to be injected, as the command line spells it: WHEN:TARGET:WHAT. INJECT.md has the grammar.
#pragma once

#include "models/noc/packet.hpp"
#include "platform/config/config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace acf::platform {

struct injection {
  enum class event { time, packet, marker, fence };
  enum class place { dram, packet, link, irq, sram };
  enum class fault { flip, write, error, stall, drop };

  std::string text; // as it was written

  event when = event::time;
  std::uint64_t number = 0;             // picoseconds, or which packet, marker or fence
  std::optional<noc::packet_kind> kind; // of the packets that are counted; none: all

  place where = place::dram;
  std::uint64_t address = 0;    // in DRAM (the system's), or offset in an SRAM
  std::uint32_t x = 0, y = 0;   // of the tile, or of the router that the link leaves,
  std::uint32_t x1 = 0, y1 = 0; // and that it arrives at
  std::uint32_t source = 0;     // interrupt number at the PLIC

  fault what = fault::flip;
  std::uint64_t amount = 0;        // bit, or cycles
  std::vector<std::uint8_t> bytes; // to write
};

// Throws input_error: what was expected where, or what this chip does not have.
injection parse_injection(const std::string& text, const config& chip);
std::vector<injection> parse_injections(const std::vector<std::string>& texts, const config& chip);

} // namespace acf::platform
