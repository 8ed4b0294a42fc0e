// What packing and unpacking zeros costs: a unit each way between a tile's SRAM and its network interface. A cycle
// takes 64 elements, a word of the bitmap: bf16 at 128 bytes a cycle, twice what a link carries, bytes at 64, fp32 at
// the 256 of the SRAM. A prefix sum over the word moves the elements together, or apart: six levels and a register at
// each end. A packet that turns out no shorter has passed the unit all the same. Packets pass in the order of their
// times.
#pragma once

#include "models/common/calendar.hpp"

#include <cstdint>

namespace acf::same {

class zero_codec {
public:
  static constexpr std::uint32_t elements_per_cycle = 64;
  static constexpr common::cycles depth = 8; // from the last word in to the last one out

  struct passage {
    common::cycles free = 0; // the unit can take the next packet
    common::cycles done = 0; // the last byte has come out
  };
  // A packet of `raw` bytes, unpacked, of `element` bytes each, is there at `from`; nobody asks for a time before `now`
  // any more.
  passage pass(common::cycles from, std::uint32_t raw, std::uint32_t element, common::cycles now) {
    busy_.forget_before(now);
    const auto duration = (raw / element + elements_per_cycle - 1) / elements_per_cycle;
    const auto free = busy_.reserve(from, duration) + duration;
    return {free, free + depth};
  }
  common::cycles busy_until(common::cycles now) const { return busy_.busy_until(now); }

private:
  common::calendar busy_;
};

// Of a tile, between its SRAM and its network interface.
struct zero_codecs {
  zero_codec packer, unpacker;
};

} // namespace acf::same
