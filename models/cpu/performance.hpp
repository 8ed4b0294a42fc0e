// What Zihpm counts. Values of mhpmevent3 to mhpmevent31 are those of `event`; others count nothing.
//
// Counting classes of instructions costs something, so blocks do it only while an event asks for it (see hart::fill).
#pragma once
#include "models/cpu/timing.hpp"
#include <array>
#include <cstdint>

namespace acf::cpu {

enum class event : std::uint8_t {
  none = 0,
  // Instructions retired, by class.
  loads = 1,
  stores = 2,
  branches = 3, // conditional, taken or not
  jumps = 4,
  multiplications = 5,
  divisions = 6,
  atomics = 7,
  floating_point = 8, // loads and stores included
  csr_accesses = 9,
  // What happened to the hart.
  exceptions = 16,
  interrupts = 17,
  device_reads = 18,
  device_writes = 19,
  device_cycles = 20, // waited for devices
  page_walks = 21,    // through page tables, of the simulated 256-entry translation caches
  page_faults = 22,
  misaligned = 23, // loads and stores done in pieces
  idle_cycles = 24,
  failed_sc = 25,
};
inline constexpr std::uint8_t first_happening = 16, last_event = 25;
constexpr bool counts_instructions(event e) { return e >= event::loads && e <= event::csr_accesses; }

struct performance {
  std::array<std::uint64_t, static_cast<std::size_t>(cost::count)> retired{}; // by class, while someone counts
  std::array<std::uint64_t, last_event + 1> happened{};                       // by event, from first_happening on
  std::uint64_t& operator[](event e) { return happened[static_cast<std::size_t>(e)]; }
};

// A counter shows `offset` plus, unless it is inhibited, what it counts.
struct counter {
  event what = event::none;
  std::uint64_t offset = 0;
};

} // namespace acf::cpu
