#include "models/peripherals/boot_rom.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <string>

namespace acf::peripherals {
namespace {

// A plain jump needs a register that would not be zero afterwards; mret takes its target from mepc.
constexpr std::array<std::uint32_t, 10> reset_code = {
    0xf1402573, // 00  csrr  a0, mhartid
    0x00000597, // 04  auipc a1, 0
    0x0245b583, // 08  ld    a1, 0x24(a1)    the entry, at 28
    0x34159073, // 0c  csrw  mepc, a1
    0x000025b7, // 10  lui   a1, 2
    0x8005859b, // 14  addiw a1, a1, -2048
    0x3005a073, // 18  csrs  mstatus, a1     MPP = M
    0x00000597, // 1c  auipc a1, 0
    0x02458593, // 20  addi  a1, a1, 0x24    the device tree, at 40
    0x30200073, // 24  mret
};
constexpr std::uint64_t entry_offset = 0x28;
static_assert(sizeof reset_code == entry_offset && entry_offset + 8 <= boot_rom::device_tree_offset);

} // namespace

boot_rom::boot_rom(sc_core::sc_module_name name, std::uint64_t size, std::uint64_t entry,
                   std::span<const std::uint8_t> device_tree)
    : sc_module(name), bytes(size) {
  if (device_tree_offset + device_tree.size() > size)
    throw std::length_error("boot ROM of " + std::to_string(size) + " bytes is too small: the device tree of " +
                            std::to_string(device_tree.size()) + " bytes needs " +
                            std::to_string(device_tree_offset + device_tree.size() - size) + " more");
  std::memcpy(bytes.data(), reset_code.data(), sizeof reset_code);
  std::memcpy(bytes.data() + entry_offset, &entry, sizeof entry);
  std::ranges::copy(device_tree, bytes.begin() + device_tree_offset);

  bus.register_b_transport(this, &boot_rom::b_transport);
  bus.register_get_direct_mem_ptr(this, &boot_rom::get_direct_mem_ptr);
  bus.register_transport_dbg(this, &boot_rom::transport_dbg);
}

void boot_rom::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  const auto address = payload.get_address();
  const auto length = payload.get_data_length();
  if (payload.is_write()) return payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
  if (address >= bytes.size() || length > bytes.size() - address)
    return payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  if (payload.get_streaming_width() < length) return payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
  if (payload.get_byte_enable_ptr()) return payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  if (payload.is_read()) std::memcpy(payload.get_data_ptr(), bytes.data() + address, length);
  payload.set_dmi_allowed(true);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

bool boot_rom::get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  dmi.init();
  dmi.set_start_address(0);
  dmi.set_end_address(bytes.size() - 1);
  if (payload.is_write()) return false;
  dmi.set_dmi_ptr(bytes.data());
  dmi.set_granted_access(tlm::tlm_dmi::DMI_ACCESS_READ);
  return true;
}

unsigned boot_rom::transport_dbg(tlm::tlm_generic_payload& payload) {
  const auto address = payload.get_address();
  if (!payload.is_read() || address >= bytes.size()) return 0;
  const auto length = std::min<std::size_t>(payload.get_data_length(), bytes.size() - address);
  std::memcpy(payload.get_data_ptr(), bytes.data() + address, length);
  return static_cast<unsigned>(length);
}

} // namespace acf::peripherals
