// The smallest peripheral: a word that software can keep, and an interrupt that says it was written. README shows it to
// people who add a peripheral; it is not part of the chip.
//
//   bus --> [VALUE CONTROL STATUS] --> irq
#pragma once

#include <systemc>

#include "models/common/register_socket.hpp"
#include "models/common/wire.hpp"
#include "tests/integration/readme/scratch_registers.hpp"

namespace acf::peripherals {

class scratch_register : public sc_core::sc_module {
  common::register_bank regs{hal::scratch::block};

public:
  common::register_socket bus{"bus", regs};
  common::wire_out irq{"irq"};

  explicit scratch_register(sc_core::sc_module_name name) : sc_module(name) {
    regs.on_write(hal::scratch::value, [this] {
      regs.set(hal::scratch::status, hal::scratch::status["WRITTEN"], 1);
      update_irq();
    });
    regs.on_write(hal::scratch::control, [this] { update_irq(); });
    regs.on_write(hal::scratch::status, [this] { update_irq(); });
  }
  void reset() {
    regs.reset();
    update_irq();
  }
  common::register_bank& registers() { return regs; }

private:
  void update_irq() { irq = regs.get(hal::scratch::control) != 0 && regs.get(hal::scratch::status) != 0; }
};

} // namespace acf::peripherals
