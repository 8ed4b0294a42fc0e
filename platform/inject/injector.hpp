// Makes faults happen: at a time, at a packet of the mesh, when the guest enters a phase, when a fence completes.
//
// Whatever it does is part of the simulated world, so equal runs with equal injections are equal. Each one happens
// once.
#pragma once

#include "models/common/alarm.hpp"
#include "models/host_bridge/host_bridge.hpp"
#include "platform/inject/injection.hpp"
#include "platform/soc/soc.hpp"

#include <memory>
#include <string>
#include <systemc>
#include <vector>

namespace acf::platform {

class injector : public sc_core::sc_module, private host_bridge::observer {
public:
  injector(const sc_core::sc_module_name& name, std::vector<injection> faults, soc& chip);

  // At once, what a debugger asks for. What is to be flipped in SRAM must not be in use; packets and events cannot be
  // waited for. Returns what happened.
  std::string inject_now(injection fault);

  // One line per injection, for the report: when it happened, or a warning that it did not.
  std::vector<std::string> notes() const;

private:
  struct state {
    injection fault;
    std::unique_ptr<common::alarm> alarm; // for its time, or its next attempt
    std::uint64_t packets = 0;            // that counted so far
    bool reached = false;                 // its event came
    std::string outcome;                  // for the report
  };

  void marker(std::uint32_t phase) override;
  void fence() override;
  common::payload_change packet(const noc::packet_info& info);

  void carry_out(state& s);
  common::payload_change flip_in_packet(state& s, const noc::packet_info& info);
  void change_dram(state& s);
  void flip_in_sram(state& s);
  void stall_link(state& s);
  void drop_interrupt(state& s);
  void happened(state& s, const std::string& how = {});

  soc& chip_;
  std::vector<std::unique_ptr<state>> faults_;
};

} // namespace acf::platform
