// A whole chip whose harts sleep, with a bus initiator in place of software: what a driver with a fault in it could do.
#pragma once

#include "platform/loader/elf_image.hpp"
#include "platform/soc/soc.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>

namespace acf::test {

// One per process: SystemC elaborates once.
class chip : public sc_core::sc_module {
public:
  // Harts start at `entry` once start_harts() has been called. `sets` as on the command line.
  explicit chip(const sc_core::sc_module_name& name, std::span<const std::string> sets = {},
                std::uint64_t entry = 0x8000'0000);

  // Runs `body` as a process of the simulation, to its end.
  void run(std::function<void()> body);

  // --- inside a body ---
  bool write(std::uint64_t address, std::uint64_t value, unsigned size); // whether it was taken
  bool write32(std::uint64_t address, std::uint64_t value) { return write(address, value, 4); }
  bool write64(std::uint64_t address, std::uint64_t value) { return write(address, value, 8); }
  std::uint64_t read(std::uint64_t address, unsigned size); // 0 if refused
  void pass(std::uint64_t nanoseconds);
  void put(std::uint64_t address, std::span<const std::uint8_t> bytes); // by the back door
  // Resets all harts and waits until the program ends; its exit code.
  unsigned start_harts();

  platform::soc& soc() { return *soc_; }
  const std::string& console() const { return console_; }

private:
  void process();
  bool transport(tlm::tlm_command command, std::uint64_t address, void* data, unsigned size);

  tlm_utils::simple_initiator_socket<chip> bus_{"bus"};
  std::string console_;
  unsigned exit_code_ = 0;
  std::unique_ptr<platform::soc> soc_;
  std::function<void()> body_;
  sc_core::sc_event begin_, finished_;
};

} // namespace acf::test
