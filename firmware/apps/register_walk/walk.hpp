#pragma once
// Checks registers against the exported header: what a reset leaves in them, who may access them how, and which bits
// do what. Uses nothing of the project's register descriptions but that header.
#include <cstdint>

#include "acf_registers.h"

namespace acf::register_walk {

// One register of one instance of a block, and one element of it if it is an array.
struct place {
  const acf_block* block;
  std::uint32_t instance;
  const acf_register* reg;
  std::uint32_t element;

  std::uint64_t address() const {
    return reg->address + instance * block->instance_stride + std::uint64_t{element} * reg->stride;
  }
};

struct tally {
  std::uint64_t checks = 0, wrong = 0;
};

// Value and reserved bits after a reset.
void check_reset(const place& p, tally& t);
// Access rights, widths, reserved bits and the meaning of every writable bit; leaves the register as it was.
// `thorough` tries every reserved bit instead of the lowest and the highest.
void check_access(const place& p, bool thorough, tally& t);
// Writes ones wherever the register keeps what is written.
void fill(const place& p);
// Addresses of the block's first instance where no register is.
void check_holes(const acf_block& b, tally& t);

} // namespace acf::register_walk
