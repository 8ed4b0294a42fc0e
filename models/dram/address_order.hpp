// Which channel, rank, bank, row and column an address means. The order names fields from the most significant bits
// down, as DRAMsim3 writes it: "rochrababgco" is row, channel, rank, bank, bank group, column. A field may come in
// several parts with their numbers of bits ("ro co5 ba bg co2"); the part without a number takes what is left.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/dram/device.hpp"

namespace acf::dram {

struct place {
  std::uint32_t channel = 0, rank = 0, group = 0, bank = 0, row = 0, column = 0;
};

class address_order {
public:
  // Throws std::invalid_argument when a field is missing, unknown, or has not the bits that the device needs: every
  // bit of an address means exactly one thing.
  explicit address_order(const device& d);

  place find(std::uint64_t address) const; // bytes from the start of the memory; wraps at its end

  // Address bit at which a field begins ("ro", "ba"), the lowest of its parts.
  std::uint32_t lowest_bit(const char* field) const;

private:
  enum field : std::uint8_t { channel, rank, group, bank, row, column, fields };
  struct part {
    field what;
    std::uint32_t bits;
  };
  std::vector<part> parts_; // from the least significant
  std::uint32_t offset_bits_;
  static constexpr std::array<const char*, fields> names{"ch", "ra", "bg", "ba", "ro", "co"};
};

} // namespace acf::dram
