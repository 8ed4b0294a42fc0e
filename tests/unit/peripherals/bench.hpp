// A bus master in a test's hand.
#pragma once

#include <gtest/gtest.h>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include "models/common/register_bank.hpp"

namespace acf::test {

class master : public sc_core::sc_module {
public:
  tlm_utils::simple_initiator_socket<master> out{"out"};
  tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE; // of the last access
  sc_core::sc_time delay;                                         // local time ahead of the kernel's
  std::vector<std::pair<std::uint64_t, std::uint64_t>> invalidated;

  explicit master(sc_core::sc_module_name name) : sc_module(name) {
    out.register_invalidate_direct_mem_ptr(this, &master::on_invalidate);
  }

  template <class T = std::uint32_t>
  T read(std::uint64_t address) {
    T value{};
    transport(tlm::TLM_READ_COMMAND, address, &value, sizeof value);
    return value;
  }
  template <class T = std::uint32_t>
  tlm::tlm_response_status write(std::uint64_t address, std::type_identity_t<T> value) {
    transport(tlm::TLM_WRITE_COMMAND, address, &value, sizeof value);
    return status;
  }
  std::uint64_t read(const hal::reg& r, std::uint32_t index = 0) {
    std::uint64_t value = 0;
    transport(tlm::TLM_READ_COMMAND, r.at(index), &value, r.width);
    return value;
  }
  tlm::tlm_response_status write(const hal::reg& r, std::uint64_t value, std::uint32_t index = 0) {
    transport(tlm::TLM_WRITE_COMMAND, r.at(index), &value, r.width);
    return status;
  }
  unsigned debug_read(std::uint64_t address, void* data, unsigned length) {
    prepare(tlm::TLM_READ_COMMAND, address, data, length);
    return out->transport_dbg(payload);
  }

  void transport(tlm::tlm_command command, std::uint64_t address, void* data, unsigned length) {
    prepare(command, address, data, length);
    out->b_transport(payload, delay);
    status = payload.get_response_status();
    EXPECT_NE(status, tlm::TLM_INCOMPLETE_RESPONSE);
    EXPECT_EQ(payload.get_address(), address); // whoever translates restores
  }
  void prepare(tlm::tlm_command command, std::uint64_t address, void* data, unsigned length) {
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(static_cast<unsigned char*>(data));
    payload.set_data_length(length);
    payload.set_streaming_width(length);
    payload.set_byte_enable_ptr(nullptr);
    payload.set_dmi_allowed(false);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  }
  tlm::tlm_generic_payload payload;

private:
  void on_invalidate(sc_dt::uint64 first, sc_dt::uint64 last) { invalidated.emplace_back(first, last); }
};

// Every register of a block has, over the bus, the reset value of its description.
inline void expect_reset_values(master& host, const hal::register_block& block) {
  for (const auto& r : block) {
    if (!r.readable()) continue;
    EXPECT_EQ(host.read(r), r.reset) << block.name << "." << r.name;
    EXPECT_EQ(host.status, tlm::TLM_OK_RESPONSE) << block.name << "." << r.name;
  }
}

// What is due at the very end happens, too: sc_start alone leaves it for the next call.
inline void run(const sc_core::sc_time& duration) {
  sc_core::sc_start(duration);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
}
inline sc_core::sc_time ns(double n) { return {n, sc_core::SC_NS}; }
inline sc_core::sc_time us(double n) { return {n, sc_core::SC_US}; }

} // namespace acf::test
