// Ends the run on request of the guest (sifive,test0/test1). What that means is the platform's decision.
#pragma once

#include <functional>
#include <systemc>

#include "models/common/register_socket.hpp"
#include "sw_stack/hal/finisher_registers.hpp"

namespace acf::peripherals {

class finisher : public sc_core::sc_module {
  common::register_bank regs{hal::finisher::block};

public:
  common::register_socket bus{"bus", regs};

  // Receives pass (code 0), fail (code as written, 0 to 65535) or reset (code 0), during the guest's store.
  using finish_function = std::function<void(hal::finisher::request what, unsigned code)>;
  finisher(sc_core::sc_module_name name, finish_function on_finish);
  common::register_bank& registers() { return regs; }
};

} // namespace acf::peripherals
