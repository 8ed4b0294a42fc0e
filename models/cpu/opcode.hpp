// An instruction is a line of a table: name, encoding, cost, meaning. Decoder, disassembler, trace and tests read it.
#pragma once
#include "models/cpu/timing.hpp"
#include <cstdint>
#include <span>
#include <string_view>

namespace acf::cpu {

class hart;
struct insn;
struct block;

// Where execution goes on: nullptr leads back to hart::run(), with the cycles that remain in hart::slice_left. (One
// register wide: compilers make tail calls of functions that return no more than that.)
using flow = insn*;
// `left`: cycles remaining in the slice once the whole block has run.
using execute = flow (*)(hart&, insn*, std::int64_t left);

// One decoded instruction, an element of a block's straight line of code.
struct insn {
  union {
    execute run;
    block* taken; // in the link that follows a block's last instruction: successors already found
  };
  union {
    std::int64_t imm; // immediate; absolute target of branches and jumps; auipc's result; rounding mode and rs3
    block* fallen;
  };
  std::uint8_t rd, rs1, rs2;   // rd of integer results is 32 instead of 0
  std::uint8_t index;          // instructions before this one in its block,
  std::uint16_t offset;        // their bytes,
  std::uint16_t cycles_before; // and their cycles

  unsigned rs3() const { return static_cast<unsigned>(imm >> 8) & 31; }
  unsigned rm() const { return static_cast<unsigned>(imm) & 7; }
};

enum class format : std::uint8_t {
  none,
  R,
  I,
  S,
  B,
  U,
  J, // the manual's formats
  shift,
  shift_word, // I with a shift amount of 6 or 5 bits
  unary,      // rd, rs1
  load,
  jump_register, // rd, imm(rs1)
  csr,
  csr_immediate,
  atomic,
  load_reserved, // rd, rs2, (rs1)
  fence,
  float_load,
  float_store,
  float_binary,     // fd, fs1, fs2 (rounding mode in imm where there is one)
  float_unary,      // fd, fs1
  float_fused,      // fd, fs1, fs2, fs3
  float_compare,    // rd, fs1, fs2
  float_to_integer, // rd, fs1
  integer_to_float, // fd, rs1
  cache_block       // (rs1)
};

enum property : std::uint8_t {
  plain = 0,
  ends_block = 1, // control transfers, and whatever may change how the following instructions are fetched or decoded
  rounds = 2,     // has a rounding mode field
  uses_float = 4  // illegal while mstatus.FS is off
};

struct opcode {
  std::string_view name;
  std::uint32_t match = 0, mask = 0;
  format shape = format::none;
  cost price = cost::alu;
  std::uint8_t properties = plain;
  execute run = nullptr;
};

struct encoding {
  std::uint32_t match, mask;
  format shape;
};

// Encodings by the fields that select an instruction.
namespace encode {
constexpr encoding R(unsigned op, unsigned f3, unsigned f7) {
  return {op | f3 << 12 | f7 << 25, 0xfe00707f, format::R};
}
constexpr encoding I(unsigned op, unsigned f3, format shape = format::I) { return {op | f3 << 12, 0x707f, shape}; }
constexpr encoding S(unsigned f3) { return {0x23 | f3 << 12, 0x707f, format::S}; }
constexpr encoding B(unsigned f3) { return {0x63 | f3 << 12, 0x707f, format::B}; }
constexpr encoding U(unsigned op) { return {op, 0x7f, format::U}; }
constexpr encoding J(unsigned op) { return {op, 0x7f, format::J}; }
constexpr encoding shift(unsigned f3, unsigned f6) { return {0x13 | f3 << 12 | f6 << 26, 0xfc00707f, format::shift}; }
constexpr encoding shift_word(unsigned f3, unsigned f7) {
  return {0x1b | f3 << 12 | f7 << 25, 0xfe00707f, format::shift_word};
}
constexpr encoding unary(unsigned op, unsigned f3, unsigned imm12) {
  return {op | f3 << 12 | imm12 << 20, 0xfff0707f, format::unary};
}
constexpr encoding exact(std::uint32_t word) { return {word, 0xffffffff, format::none}; }
constexpr encoding atomic(unsigned f3, unsigned f5) { return {0x2f | f3 << 12 | f5 << 27, 0xf800707f, format::atomic}; }
// floating point: op-fp with funct7 and, where fixed, rs2 and funct3
constexpr encoding fp(unsigned f7, format shape) { return {0x53 | f7 << 25, 0xfe00007f, shape}; }
constexpr encoding fp_f3(unsigned f7, unsigned f3, format shape) {
  return {0x53 | f7 << 25 | f3 << 12, 0xfe00707f, shape};
}
constexpr encoding fp_rs2(unsigned f7, unsigned rs2, format shape) {
  return {0x53 | f7 << 25 | rs2 << 20, 0xfff0007f, shape};
}
constexpr encoding fp_all(unsigned f7, unsigned rs2, unsigned f3, format shape) {
  return {0x53 | f7 << 25 | rs2 << 20 | f3 << 12, 0xfff0707f, shape};
}
constexpr encoding fused(unsigned op, unsigned width) { return {op | width << 25, 0x0600007f, format::float_fused}; }
} // namespace encode

// The instruction set, in the parts that the execute_*.cpp files define.
std::span<const opcode> integer_opcodes();
std::span<const opcode> bit_opcodes();
std::span<const opcode> memory_opcodes();
std::span<const opcode> float_opcodes();
std::span<const opcode> system_opcodes();

} // namespace acf::cpu
