// Random registers, commands and views. Most are nearly right, so that they get past the first check.
#pragma once

#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/registers.hpp"

#include <cstdint>
#include <random>

namespace acf::fuzz {

class random_input {
public:
  struct world {
    std::uint32_t width, height, sram_bytes;
    std::uint64_t area, area_bytes; // DRAM that commands use; begins with view records
    std::uint32_t views;
  };
  random_input(std::uint64_t seed, const world& w) : random_(seed), world_(w) {}

  std::uint64_t bits() { return random_(); }
  std::uint64_t below(std::uint64_t n) { return n ? bits() % n : 0; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::uint64_t wild();    // any number, small, huge or with few bits
  std::uint64_t address(); // of DRAM: mostly in the area

  hal::command command();
  hal::extension extension();
  hal::view_record view();
  // For a register: the address within its block, and a value that mostly respects reserved bits.
  struct register_write {
    std::uint64_t offset, value;
    unsigned size;
  };
  register_write to_register(const hal::register_block& block);

private:
  std::uint32_t small() { return static_cast<std::uint32_t>(below(70)); }
  std::uint16_t wait_or_signal();
  std::uint32_t offset();
  std::uint32_t tiles();
  void sequencer_parameters(hal::command& c);
  void parameters(hal::command& c);

  std::mt19937_64 random_;
  world world_;
};

} // namespace acf::fuzz
