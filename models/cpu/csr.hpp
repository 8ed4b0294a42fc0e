// Control and status registers: one line each says the number, the name and what reading and writing mean.
#pragma once
#include "models/cpu/state.hpp"
#include <span>
#include <string>
#include <string_view>

namespace acf::cpu {

class hart;

struct csr_line {
  std::uint16_t number;
  std::string_view name;
  std::uint64_t (*read)(const hart&, unsigned number);
  void (*write)(hart&, unsigned number, std::uint64_t value); // null: writes have no effect
};

std::span<const csr_line> csr_lines(); // by number; tests, disassembler and debugger iterate over it
const csr_line* find_csr(unsigned number);
std::string csr_name(unsigned number); // its number in hexadecimal if there is no such register

} // namespace acf::cpu
