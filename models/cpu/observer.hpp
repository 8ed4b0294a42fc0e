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

class observer {
public:
  virtual ~observer() = default;
  // Asking for instructions makes the hart step through them one by one.
  virtual bool wants_instructions() const { return false; }
  virtual void on_retired(const hart&, const retired&) {}
  virtual void on_device_access(const hart&, const device_access&) {}
  // Called before the state changes: the hart's pc is still that of the instruction that traps or is interrupted.
  virtual void on_trap(const hart&, std::uint64_t /*mcause*/, std::uint64_t /*mtval*/) {}
};

} // namespace acf::cpu
