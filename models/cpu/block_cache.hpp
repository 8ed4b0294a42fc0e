// Straight lines of decoded instructions, found by their first address and chained to each other.
//
// A block is valid while its `epoch` equals the hart's. fence.i, a changed mapping or withdrawn direct memory move the
// hart to a new epoch; a block of an older one is compared with memory again before it runs (and is usually unchanged).
// So every source of change (the hart's own stores, other harts, the fabric, a debugger) is covered, and code that
// forgets its fence.i may run stale instructions here as it would on silicon.
#pragma once
#include "models/cpu/repetition.hpp"
#include <array>
#include <cstddef>
#include <deque>
#include <memory>

namespace acf::cpu {

struct block {
  std::uint64_t pc = 1;     // odd: matches no address
  std::uint32_t epoch = 0;  // 0: matches no hart
  std::uint32_t cycles = 0; // of all instructions, without what is only known when they run
  std::uint16_t count = 0, bytes = 0;
  std::uint8_t flavour = 0;       // what it was decoded for; see hart::flavour()
  insn* code = nullptr;           // perhaps one that counts the others, `count` instructions, the exit, the link
  std::uint16_t* words = nullptr; // the instructions as fetched, for comparison
  block* next = nullptr;          // with the same hash
};

class block_cache {
public:
  static constexpr unsigned max_instructions = 64;
  static constexpr std::size_t heads_count = 1 << 14, arena_bytes = 24 << 20;

  block_cache();
  block*& head(std::uint64_t pc) { return heads[(pc >> 1) % heads_count]; } // no division: the count is constant
  // Room for a block, its code and words; forgets all blocks when the memory is full, which `generation` counts.
  block* allocate(unsigned instructions, unsigned bytes);
  void insert(block* b);
  repetition* keep(repetition&& loop) { return &loops.emplace_back(std::move(loop)); } // as long as the blocks
  void clear();
  std::uint32_t generation() const { return generations; }
  block* unresolved() { return &nowhere; } // what links point to until their successor is known

private:
  void* take(std::size_t bytes);
  std::array<block*, heads_count> heads; // in place: one look-up for each return
  std::unique_ptr<std::byte[]> arena;
  std::size_t used = 0;
  std::uint32_t generations = 0;
  block nowhere;
  std::deque<repetition> loops;
};

} // namespace acf::cpu
