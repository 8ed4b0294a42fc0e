#pragma once
// Traps of the hart: who handles which, and what happens to those that nobody handles.
//
// A handler runs with interrupts off on the hart's trap stack and may change the frame: the interrupted program
// continues with the registers and the pc it finds there. A trap without handler is printed with its registers and ends
// the program with exit code `unhandled`.
#include <cstddef>
#include <cstdint>

namespace acf::trap {

struct frame {
  std::uint64_t x[32];       // x0 reads 0; x2 is the interrupted stack pointer
  std::uint64_t pc;          // mepc
  std::uint64_t status;      // mstatus
  std::uint64_t cause;       // mcause
  std::uint64_t value;       // mtval
  std::uint64_t scratch;     // trap stack of the outermost trap, 0 in a nested one
  std::uint64_t f[32], fcsr; // valid only if mstatus.FS was dirty
  std::uint64_t padding[2];

  bool is_interrupt() const { return (cause >> 63) != 0; }
  // Continues behind the trapping instruction instead of repeating it.
  void skip_instruction();
};
static_assert(sizeof(frame) == 576 && offsetof(frame, pc) == 256 && offsetof(frame, scratch) == 288 &&
                  offsetof(frame, f) == 296 && offsetof(frame, fcsr) == 552,
              "trap_entry.S");

enum class interrupt : unsigned { software = 3, timer = 7, external = 11 };

enum class exception : unsigned {
  instruction_misaligned,
  instruction_access,
  illegal_instruction,
  breakpoint,
  load_misaligned,
  load_access,
  store_misaligned,
  store_access,
  call_from_user,
  call_from_supervisor,
  call_from_machine = 11,
  instruction_page = 12,
  load_page,
  store_page = 15,
};

using handler = void (*)(frame&);

// Both return the handler that was there before; nullptr means none. Registering does not enable the interrupt.
handler on(interrupt which, handler what);
handler on(exception which, handler what);

// Exit codes of programs that end in a trap: without handler, and in a trap while the first was being reported.
inline constexpr int unhandled = 125, unhandled_in_report = 126;

const char* name(std::uint64_t cause);
[[noreturn]] void report(const frame& f);

} // namespace acf::trap
