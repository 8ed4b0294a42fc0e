// Counts down in bus clocks from the last kick; at zero raises `irq`, at zero again asserts `reset` and stops.
//
//   bus --> [CONTROL TIMEOUT COUNT STATUS KICK] --> irq, reset
#pragma once

#include <systemc>

#include "models/common/alarm.hpp"
#include "models/common/register_socket.hpp"
#include "models/common/wire.hpp"
#include "sw_stack/hal/watchdog_registers.hpp"

namespace acf::peripherals {

class watchdog : public sc_core::sc_module {
  common::register_bank regs{hal::watchdog::block}; // decoding, access rules, trace: not our business here

public:
  common::register_socket bus{"bus", regs};
  common::wire_out irq{"irq"}, reset_request{"reset_request"};

  watchdog(sc_core::sc_module_name name, sc_core::sc_time clock_period);
  void reset();
  common::register_bank& registers() { return regs; }

private:
  std::uint64_t count() const;
  void start();
  void on_control(bool enable);
  common::access_result on_kick(std::uint64_t key);
  void on_zero();

  sc_core::sc_time period;
  sc_core::sc_time zero_at; // while counting
  common::alarm zero{"zero", [this] { on_zero(); }};
};

} // namespace acf::peripherals
