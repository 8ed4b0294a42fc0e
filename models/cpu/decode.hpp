// From instruction bits to table entries and operands.
#pragma once
#include "models/cpu/opcode.hpp"
#include <string>
#include <vector>

namespace acf::cpu {

struct decoded {
  const opcode* op; // never null: what is no instruction decodes to illegal()
  insn operands;    // imm of branches, jumps and auipc is relative to the instruction
  unsigned length;  // bytes: 2 or 4
};

// `raw` holds the instruction; its upper half does not matter if the instruction is compressed.
decoded decode(std::uint32_t raw);
const opcode& illegal();

constexpr bool is_compressed(std::uint32_t raw) { return (raw & 3) != 3; }
// The 32-bit instruction that a compressed one stands for, 0 (which is illegal) if none.
std::uint32_t expand(std::uint16_t compressed);
// The manual's name of a compressed instruction, empty if it is none; and all such names. For tests and tools.
std::string_view compressed_name(std::uint16_t compressed);
std::vector<std::string_view> compressed_names();

// All instructions, table by table; for tests and tools.
std::span<const std::span<const opcode>> instruction_set();

// Assembly text; branch targets are absolute.
std::string disassemble(std::uint32_t raw, std::uint64_t pc);

} // namespace acf::cpu
