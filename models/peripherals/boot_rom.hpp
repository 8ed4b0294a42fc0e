// Boot ROM: reset code and the device tree behind it. Every hart starts at its first byte and arrives at the entry in
// M-mode with a0 = hart id, a1 = address of the device tree and all other registers zero.
#pragma once

#include <cstdint>
#include <span>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

namespace acf::peripherals {

class boot_rom : public sc_core::sc_module {
public:
  tlm_utils::simple_target_socket<boot_rom> bus{"bus"};

  // The code is position independent. std::length_error naming the missing bytes if the device tree does not fit.
  boot_rom(sc_core::sc_module_name name, std::uint64_t size, std::uint64_t entry,
           std::span<const std::uint8_t> device_tree);

  static constexpr std::uint64_t device_tree_offset = 0x40;
  std::span<const std::uint8_t> contents() const { return bytes; }

private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload);

  std::vector<std::uint8_t> bytes;
};

} // namespace acf::peripherals
