#pragma once
// The hart this code runs on: control and status registers, interrupt enables, sleep, counters.
#include <cstdint>

#include "firmware/start/trap.hpp"

namespace acf::hart {

namespace csr {
inline constexpr unsigned mstatus = 0x300, mie = 0x304, mip = 0x344, mhartid = 0xf14, misa = 0x301, mcycle = 0xb00,
                          minstret = 0xb02;
} // namespace csr

template <unsigned number>
std::uint64_t read_csr() {
  std::uint64_t value;
  asm volatile("csrr %0, %1" : "=r"(value) : "i"(number) : "memory");
  return value;
}
template <unsigned number>
void write_csr(std::uint64_t value) {
  asm volatile("csrw %0, %1" ::"i"(number), "r"(value) : "memory");
}
template <unsigned number>
void set_bits(std::uint64_t bits) {
  asm volatile("csrs %0, %1" ::"i"(number), "r"(bits) : "memory");
}
template <unsigned number>
void clear_bits(std::uint64_t bits) {
  asm volatile("csrc %0, %1" ::"i"(number), "r"(bits) : "memory");
}

inline std::uint64_t id() { return read_csr<csr::mhartid>(); }
inline std::uint64_t cycles() { return read_csr<csr::mcycle>(); }
inline std::uint64_t instructions_retired() { return read_csr<csr::minstret>(); }

// One source of interrupts (mie) and all of them (mstatus.MIE).
inline constexpr std::uint64_t mask(trap::interrupt which) { return std::uint64_t{1} << static_cast<unsigned>(which); }
inline void enable(trap::interrupt which) { set_bits<csr::mie>(mask(which)); }
inline void disable(trap::interrupt which) { clear_bits<csr::mie>(mask(which)); }
inline constexpr std::uint64_t mstatus_mie = 1 << 3;
inline void enable_interrupts() { set_bits<csr::mstatus>(mstatus_mie); }
inline void disable_interrupts() { clear_bits<csr::mstatus>(mstatus_mie); }

// Interrupts are off while one of these lives.
class interrupts_off {
public:
  interrupts_off() { asm volatile("csrrc %0, mstatus, %1" : "=r"(before) : "r"(mstatus_mie) : "memory"); }
  ~interrupts_off() { set_bits<csr::mstatus>(before & mstatus_mie); }
  interrupts_off(const interrupts_off&) = delete;
  interrupts_off& operator=(const interrupts_off&) = delete;

private:
  std::uint64_t before;
};

// Sleeps until an enabled interrupt is pending; returns at once if one is. Works with interrupts off, too.
inline void wait_for_interrupt() { asm volatile("wfi" ::: "memory"); }

// Sleeps until `done()`, which handlers make true. Tested with interrupts off, so that a handler cannot slip in
// between the test and the sleep.
template <class predicate>
void sleep_until(predicate done) {
  for (;;) {
    const interrupts_off quiet;
    if (done()) return;
    wait_for_interrupt();
  }
}

inline void full_fence() { asm volatile("fence iorw, iorw" ::: "memory"); }
// Everything written to memory so far is visible before any device write that follows: rings before doorbells.
inline void memory_before_device() { asm volatile("fence w, o" ::: "memory"); }

} // namespace acf::hart
