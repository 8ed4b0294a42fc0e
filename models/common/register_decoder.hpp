// Which register is behind an offset of a block: a page table over the window, built once per block and shared by all
// its instances. Answers in constant time whatever the size and interleaving of register arrays.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sw_stack/hal/registers.hpp"

namespace acf::common {

class register_decoder {
public:
  static constexpr std::uint16_t none = 0xFFFF;
  // Element `index` of register number `slot` of the block.
  struct place {
    std::uint16_t slot = none;
    std::uint32_t index = 0;
    bool there() const { return slot != none; }
  };
  // What a read and what a write of an offset meets; the same place for a register that does both.
  struct entry {
    place read, write;
  };

  // std::logic_error with the names of registers if the description contradicts itself: overlap, misaligned offset,
  // register outside the window, field outside the register, reset value in reserved bits.
  explicit register_decoder(const hal::register_block& block);

  const hal::register_block& block() const { return described; }
  const hal::reg& at(std::uint16_t slot) const { return described.first[slot]; }

  const entry& find(std::uint64_t offset) const {
    if (offset >= described.size) return nowhere;
    const std::uint32_t page = pages[offset / page_bytes];
    return entries[page + ((offset % page_bytes) >> granule_shift)];
  }

  // Number of a register of the block; std::logic_error if it is not one of them.
  std::uint16_t slot_of(const hal::reg& r) const;

private:
  static constexpr std::uint64_t page_bytes = 1024;
  void check(const hal::reg& r) const;
  void enter(std::uint16_t slot);
  void enter(std::uint16_t slot, std::uint32_t index, entry& at);
  entry& make_entry(std::uint64_t offset);

  hal::register_block described;
  std::uint32_t granule;            // bytes covered by an entry: the narrowest register
  unsigned granule_shift;           // log2(granule)
  std::vector<std::uint32_t> pages; // first entry of each page; page 0 of `entries` is the empty one
  std::vector<entry> entries;
  entry nowhere{};
};

using shared_decoder = std::shared_ptr<const register_decoder>;

} // namespace acf::common
