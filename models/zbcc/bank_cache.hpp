// The bank cache between line buffer and SRAM: a small cache in front of each of the SRAM's 16 banks, for the operands
// that the matrix engine gathers. A line is a word of its bank, 16 bytes with a bit for each that says whether it is
// there, because the ports of the SRAM move the bytes that are asked for. Four ways, least recently used goes first;
// words are dealt to banks by address, and within a bank to its sets.
//
//   SRAM bank b --bytes that are not there--> [ sets x 4 ways x 16 bytes ] --all bytes that are asked for--> gather
//
// A KiB is one set in each bank. TIMING.md says what is asked, and in what order.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace acf::zbcc {

class bank_cache {
public:
  static constexpr std::uint32_t line_bytes = 16, banks = 16, ways = 4;

  // A multiple of 1024.
  explicit bank_cache(std::uint64_t bytes);

  // Asks for some bytes of a line (bit i: byte i), number = address / line_bytes. Returns those that were there; all of
  // them are afterwards.
  std::uint16_t ask(std::uint32_t line, std::uint16_t bytes);

private:
  struct entry {
    std::uint32_t line = 0;
    std::uint16_t there = 0; // an entry without bytes holds no line
  };
  using set = std::array<entry, ways>; // last used one first
  std::vector<set> sets;
};

} // namespace acf::zbcc
