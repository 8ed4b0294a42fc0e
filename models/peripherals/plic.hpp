// Platform-level interrupt controller: 96 level sources to a machine and a supervisor context per hart.
//
//   source 1 .. 96 --> gateway (one request at a time) --> pending, priority --> enable, threshold -->
//   external[context]
//
// RISC-V PLIC specification 1.0: a request once made stays pending even if its source falls; a source still high at
// completion is pending again; among equal priorities the lowest source wins; THRESHOLD does not restrict claims.
#pragma once

#include <array>
#include <bitset>
#include <deque>
#include <systemc>

#include "models/common/register_socket.hpp"
#include "models/common/wire.hpp"
#include "sw_stack/hal/plic_registers.hpp"

namespace acf::peripherals {

class plic : public sc_core::sc_module {
  common::register_bank regs{hal::plic::block};

public:
  common::register_socket bus{"bus", regs};
  std::deque<common::wire_out> external; // 2 hart: mip.MEIP, 2 hart + 1: mip.SEIP

  // 1 to 8 harts, else std::invalid_argument.
  plic(sc_core::sc_module_name name, unsigned harts);
  void reset(); // levels of sources stay: they belong to the devices

  // Connects a device: plic.connect(hal::irq::uart, uart.irq). std::invalid_argument unless 1 <= source <= 96.
  void connect(unsigned source, common::wire_out& device);

  // For "why is it stuck".
  bool level(unsigned source) const { return levels[source]; }
  bool pending(unsigned source) const { return waiting[source]; }
  bool in_service(unsigned source) const { return claimed[source]; }

  common::register_bank& registers() { return regs; }

private:
  static constexpr unsigned source_count = hal::plic::sources + 1; // with 0, which never happens
  using source_set = std::bitset<source_count>;

  void on_level(unsigned source, bool level);
  void on_complete(unsigned context, std::uint64_t source);
  void sample(unsigned source);
  std::uint32_t best(unsigned context) const;
  void update();

  source_set levels, waiting, claimed;
  std::array<source_set, hal::plic::max_contexts> enabled;
};

} // namespace acf::peripherals
