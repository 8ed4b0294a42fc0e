// A command on its way from the sequencer to a unit, with everything it refers to as it was at dispatch.
#pragma once

#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/tile_registers.hpp"

#include <array>
#include <cstdint>

namespace acf::sequencer {

struct dispatched {
  hal::command cmd;
  hal::extension ext;
  bool extended = false;
  // Views of the command (0..3) and of its extension (4..7), with their byte offsets resolved.
  std::array<hal::view_record, 8> view{};
  std::array<bool, 8> has_view{};
  std::array<std::uint32_t, 8> offset{};
  std::array<std::uint64_t, hal::tile::scalars> scalar{};
  std::uint32_t ring = 0, index = 0; // position in its ring
  std::uint64_t job = 0;             // its number, of the tile's jobs
  std::uint64_t serial = 0;          // counts dispatched commands of the tile

  hal::opcode op() const { return static_cast<hal::opcode>(cmd.op); }
  std::uint64_t address(unsigned low = 1) const {
    return (cmd.param[low] | static_cast<std::uint64_t>(cmd.param[low + 1]) << 32) + offset[2];
  }
};

// Thrown inside a tile when a command cannot go on; becomes STATUS.ERROR and its neighbours.
struct command_failure {
  hal::tile::error cause;
  std::uint64_t address;
};

} // namespace acf::sequencer
