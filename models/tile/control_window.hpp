// What the host has of a tile: the TILE registers, decoded here, and the wires of the control path.
//
//   host bridge  -- register accesses -->  registers()
//                -- ring, abort, reset -->  sequencer, SRAM
//                <-- idle, error, change --
#pragma once

#include "models/common/register_bank.hpp"

#include <cstdint>
#include <functional>

namespace acf::tile {

class tile;

class control_window {
public:
  explicit control_window(tile& owner);

  common::register_bank& registers() { return bank_; }

  bool idle() const;
  bool error() const;
  void on_change(std::function<void()> f); // of idle or error

  // As a doorbell for this tile alone: the number of the job, of this tile's; 0: the tile stands, nothing has happened.
  std::uint64_t ring(std::uint32_t ring, std::uint32_t count);
  void abort();
  void reset_all(); // like CONTROL.RESET, and the rings are forgotten, too

  struct ring_place { // addresses of its records
    std::uint64_t begin = 0, end = 0;
  };
  ring_place place_of(std::uint32_t ring) const;

  // What the bridge does when DOORBELL is written, and when a ring has got another place.
  std::function<void(std::uint64_t value)> on_doorbell = [](std::uint64_t) {};
  std::function<void(std::uint32_t ring)> on_ring_placed = [](std::uint32_t) {};

private:
  void connect_control();
  void connect_counters();
  void connect_rings();

  tile& tile_;
  common::register_bank bank_;
};

} // namespace acf::tile
