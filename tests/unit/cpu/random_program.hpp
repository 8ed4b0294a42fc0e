// Seeded random instruction streams that run bare-metal on any RV64 machine with memory at 0x8000'0000 and the SiFive
// test finisher at 0x10'0000: ours, QEMU's.
//
// The program is a list of blocks. A block has a record in memory: initial registers, data to work on, and afterwards
// what became of them and of every trap on the way. Common code loads the registers, runs the block, stores the results
// and goes on; two machines agree if their records do. A block without some of its items is a block too: so the fewest
// instructions on which two machines differ are found by running parts of the block that differs.
#pragma once
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace acf::cpu::test {

inline constexpr std::uint64_t program_base = 0x8000'0000;

// One or more instructions that belong together, e.g. an address and the access to it.
struct item {
  std::vector<std::uint16_t> code;
  unsigned skip = 0; // ends in a forward branch or jump over so many items; its offset is filled in by the layout
};

struct random_block {
  std::uint64_t x[32], f[32], fcsr;
  std::uint64_t data[72];
  std::vector<item> items;
};

// Shared with random_program_frame.S, which knows the offsets.
struct outcome {
  std::uint64_t x[32], f[32], fcsr, traps; // x[0] holds mstatus.FS
  struct {
    std::uint64_t cause, pc, value;
  } trap[8]; // of the first ones
};
struct record {
  std::uint64_t x[32], f[32], fcsr, entry, dump, saved, saved_too;
  std::uint64_t data[72];
  outcome out;
};

struct program_options {
  bool floating = true, compressed = true, traps = true;
};

random_block make_block(std::mt19937_64& random, unsigned items, const program_options& options = {});

// The memory image, and where the records lie in it.
struct image {
  std::vector<std::uint8_t> bytes;
  std::uint64_t records = 0; // offset
  std::size_t count = 0;
  std::uint64_t instructions = 0; // of all blocks, without the common code; branches skip some of them
};
// `frame` is random_program_frame.S, assembled for program_base.
image link(const std::vector<random_block>& blocks, const std::vector<std::uint8_t>& frame);

// Code at the end of an image; returns the number of instructions.
void append_word(std::vector<std::uint8_t>& bytes, std::uint32_t word);
std::uint64_t append_items(std::vector<std::uint8_t>& bytes, const std::vector<item>& items);

std::string describe(const item& i); // its instructions as text

} // namespace acf::cpu::test
