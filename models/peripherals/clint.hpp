// Core-local interruptor: MTIME, and per hart a timer comparator and a software interrupt.
//
//   bus --> [MSIP MTIMECMP MTIME] --> software[hart], timer[hart]
//
// MTIME is simulated time in ticks of 100 ns; one alarm waits for the earliest comparator.
#pragma once

#include <deque>
#include <functional>
#include <systemc>

#include "models/common/alarm.hpp"
#include "models/common/register_socket.hpp"
#include "models/common/wire.hpp"
#include "sw_stack/hal/clint_registers.hpp"

namespace acf::peripherals {

class clint : public sc_core::sc_module {
  common::register_bank regs{hal::clint::block};

public:
  common::register_socket bus{"bus", regs};
  std::deque<common::wire_out> software, timer; // mip.MSIP and mip.MTIP of each hart

  // 1 to 8 harts, else std::invalid_argument.
  clint(sc_core::sc_module_name name, unsigned harts);
  void reset();

  // For rdtime: MTIME now, or at a hart's local time.
  std::uint64_t mtime() const { return mtime(bus.now()); }
  std::uint64_t mtime(const sc_core::sc_time& at) const { return at.value() / tick.value() + offset; }
  // When MTIME will reach a value, if it is not written meanwhile; sc_max_time(): never.
  sc_core::sc_time time_of(std::uint64_t mtime) const;
  std::function<void()> on_mtime_set; // by a write or a reset
  // When the timer interrupt of a hart will rise, or zero if it is up already or will never come: for "why is it
  // stuck".
  sc_core::sc_time timer_due(unsigned hart) const;

  common::register_bank& registers() { return regs; }

private:
  void compare();       // after a write: timers may fall and rise
  void on_due();        // at a due time: timers rise
  void wait_for_next(); // sets the alarm to the earliest comparator

  const sc_core::sc_time tick{1e9 / hal::clint::timebase_hz, sc_core::SC_NS};
  std::uint64_t offset = 0; // MTIME at time zero: non-zero after a write of MTIME, or a reset
  common::alarm due{"due", [this] { on_due(); }};
};

} // namespace acf::peripherals
