// Tables of directed tests: a line is an instruction, what it finds, and what the manual says must come out.
//
//   add a2,a0,a1 | a0=-1 a1=2 | a2=1
//
// Instructions are assembled by the GNU assembler, so that encodings are not the model's own opinion; several, parted
// by semicolons, run one after the other and the last is the one tested. Whatever the right column does not name must
// stay as it was. Left and right columns set, by name,
//   a0, fa0, ...          registers
//   mscratch, frm, ...    CSRs; fflags also by names: fflags=of,nx
//   b[8] h[8] w[8] d[8]   1, 2, 4, 8 bytes at an offset in a data area of 256
//   mode                  U, S or M
//   pc                    (right only) unless the next instruction
//   trap, tval            (right only) the exception's cause and value; tval=word is the instruction's own bits
// Values are decimal, hexadecimal, data+8, pc+8 (of the first instruction), device+8; s:1.5 and d:-0x1p-1074 for
// floating point (a single in its box); s#7f800001 for the bits of a boxed single.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace acf::cpu::test {

inline constexpr std::uint64_t data_area = 0x8010'0000; // of every row; the program lies before it
inline constexpr unsigned data_bytes = 256;

using settings = std::map<std::string, std::string>; // name to value, as written

inline constexpr std::array<const char*, 32> integer_names{
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
    "a6",   "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
inline constexpr std::array<const char*, 32> float_names{
    "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0",  "fa1",  "fa2", "fa3", "fa4",  "fa5",
    "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};

struct row {
  std::string table;
  unsigned line = 0;
  std::string text; // the instructions
  settings before, after;
  std::string variant = {}; // how it differs from the line, for messages

  std::string where() const;    // "integer.txt:14: add a2,a0,a1"
  std::string mnemonic() const; // of the last instruction, without .aq and .rl
  unsigned instructions() const;
};

// Throws std::runtime_error naming table and line if a line is none.
std::vector<row> read_table(const std::string& folder, const std::string& name);

// The row itself; and, where it writes a register that an operand names, the same with rd = x0 and with rd = each
// source.
std::vector<row> with_other_destinations(const row& r);

// Every row's code lies at a multiple of `row_bytes`, in order; linked to `program_base`. Throws std::runtime_error
// with the assembler's messages, which name table and line.
inline constexpr std::uint64_t row_bytes = 32;
std::vector<std::uint8_t> assemble_rows(const std::vector<row>& rows);

int register_number(const std::string& name);       // -1 if it is no integer register
int float_register_number(const std::string& name); // -1 if it is no floating-point register
std::uint64_t value_of(const std::string& text, std::uint64_t pc);

} // namespace acf::cpu::test
