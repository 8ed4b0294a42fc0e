// Who wants to watch a hart. None of it costs anything, or changes a cycle, while nobody does.
#pragma once
#include "models/cpu/decode.hpp"
#include "models/cpu/state.hpp"

namespace acf::cpu {

class hart;

// An instruction that has just retired; the hart's registers already hold its results.
struct retired {
  std::uint64_t pc;
  std::uint32_t raw; // upper half zero if compressed
  decoded what;
  privilege mode;                   // in which it ran
  std::uint64_t memory_address = 0; // virtual; of loads, stores and atomics
  std::uint64_t stored = 0;         // the register that a store or sc would write to memory
  std::uint64_t mstatus_before = 0;
  std::uint8_t raised = 0; // floating-point exceptions of this instruction
};

struct device_access {
  std::uint64_t pc, address, value;
  unsigned size;
  bool write, ok;
};

// The last access of data that trapped (mcause 4 to 7), as the hart knows it.
struct refused_access {
  enum class reason : std::uint8_t {
    protection,        // PMP, or a page table that cannot be read
    misaligned,        // at a device, or with misaligned accesses configured to trap
    atomic,            // at a device
    misaligned_atomic, // anywhere
    cache_block,       // at a device
    bus                // nothing there, or the target refused it
  };
  reason why = reason::protection;
  unsigned size = 0; // bytes
  static constexpr std::uint64_t unknown = ~0ull;
  std::uint64_t physical = unknown; // of its first byte
};

class observer {
public:
  virtual ~observer() = default;
  // Asking for instructions makes the hart step through them one by one.
  virtual bool wants_instructions() const { return false; }
  virtual void on_retired(const hart&, const retired&) {}
  virtual void on_device_access(const hart&, const device_access&) {}
  // Called before the state changes: the hart's pc is still that of the instruction that traps or is interrupted. For
  // mcause 4 to 7, hart::last_refused says more.
  virtual void on_trap(const hart&, std::uint64_t /*mcause*/, std::uint64_t /*mtval*/) {}
};

} // namespace acf::cpu
