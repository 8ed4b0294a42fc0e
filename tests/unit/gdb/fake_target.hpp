// A machine of two harts for the tests of the protocol: it only remembers what it is told.
#pragma once
#include "platform/gdb/session.hpp"
#include <algorithm>
#include <array>
#include <cstring>
#include <map>

namespace acf::test {

using namespace platform::gdb;

struct fake_target : debug_target {
  std::array<std::map<unsigned, std::uint64_t>, 2> values;
  std::string memory = std::string(256, '\0'); // at 0x1000
  std::vector<stop_point> points;
  std::vector<unsigned> steps, unwatched;
  std::vector<register_info> list{{"zero", 0, 64, register_info::integer, register_info::cpu},
                                  {"pc", pc_number, 64, register_info::code_pointer, register_info::cpu},
                                  {"fcsr", first_csr + 3, 32, register_info::integer, register_info::fpu},
                                  {"mstatus", first_csr + 0x300, 64, register_info::integer, register_info::csr}};

  unsigned harts() const override { return 2; }
  std::string describe(unsigned hart) const override { return "hart " + std::to_string(hart); }
  const std::vector<register_info>& registers() const override { return list; }
  bool read_register(unsigned hart, unsigned number, std::uint64_t& value) override {
    value = values.at(hart)[number];
    return true;
  }
  bool write_register(unsigned hart, unsigned number, std::uint64_t value) override {
    values.at(hart)[number] = value;
    return number < 5000;
  }
  std::size_t inside(std::uint64_t address, std::size_t size) const {
    return address < 0x1000 || address >= 0x1000 + memory.size()
               ? 0
               : std::min<std::size_t>(size, 0x1000 + memory.size() - address);
  }
  std::size_t read_memory(unsigned, std::uint64_t address, char* data, std::size_t size) override {
    size = inside(address, size);
    if (size) std::memcpy(data, &memory[address - 0x1000], size);
    return size;
  }
  std::size_t write_memory(unsigned, std::uint64_t address, const char* data, std::size_t size) override {
    size = inside(address, size);
    if (size) std::memcpy(&memory[address - 0x1000], data, size);
    return size;
  }
  void set_stop_points(const std::vector<stop_point>& all) override { points = all; }
  void set_run_mode(unsigned hart, run_mode mode) override {
    if (mode == run_mode::step) steps.push_back(hart);
    if (mode == run_mode::unwatched) unwatched.push_back(hart);
  }
  std::string monitor(const std::string& command) override { return "heard " + command; }
};

} // namespace acf::test
