// A ring of commands of one tile.
//
// The memory belongs to the caller, who knows it under two addresses: his own and the fabric's. Records are copied in
// behind those of earlier jobs; what a pending job still needs is never overwritten.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sw_stack/driver/fabric.hpp"
#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/tile_registers.hpp"

namespace acf::driver {

// 64 bytes of a ring: a command or its extension.
struct alignas(hal::command_bytes) record {
  std::array<std::byte, hal::command_bytes> bytes;
};

// A list of records of fixed capacity.
template <std::size_t capacity>
class command_list {
public:
  void add(const hal::command& c) { push(c); }
  void add(hal::command c, const hal::extension& e) {
    c.flags |= hal::flag::extended;
    push(c);
    push(e);
  }
  void clear() { used = 0; }
  std::span<const record> records() const { return {list.data(), used}; }
  bool overflowed() const { return lost; }

private:
  template <class part>
  void push(const part& p) {
    if (used == capacity)
      lost = true;
    else
      list[used++] = std::bit_cast<record>(p);
  }
  std::array<record, capacity> list;
  std::size_t used = 0;
  bool lost = false;
};

class queue {
public:
  queue(fabric& of, std::uint32_t tile, std::uint32_t ring, std::span<record> memory, std::uint64_t address)
      : owner(of), tile_number(tile), ring_number(ring), records(memory), bus_address(address) {}

  // Tells the tile where its ring is and starts at its beginning; again after every reset of the tile.
  problem attach();
  // Queues one job that runs the records once.
  problem submit(std::span<const record> job);
  // Queues one job that runs the next `count` records as they are.
  problem replay(std::uint32_t count);
  std::uint32_t position() const { return next; }

private:
  void forget_finished_jobs();
  problem accept(std::size_t count);
  void ring_doorbell(std::size_t count);

  fabric& owner;
  std::uint32_t tile_number, ring_number;
  std::span<record> records;
  std::uint64_t bus_address;
  std::uint32_t next = 0;                                          // position of the ring
  std::array<std::uint32_t, hal::tile::job_queue_depth> lengths{}; // of pending jobs, oldest first
  std::uint32_t pending = 0, occupied = 0;
};

} // namespace acf::driver
