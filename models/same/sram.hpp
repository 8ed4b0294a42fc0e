// SRAM of a tile: bytes with random power-on contents, shared bandwidth, and the ranges that running commands hold.
// An access that meets a range held for writing, or a write that meets one held for reading, is a program error on
// silicon too (the result would depend on timing); here it is reported instead of producing a silent race.
#pragma once

#include "models/common/bandwidth_calendar.hpp"
#include "models/common/units.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace acf::same {

// `rows` pieces of `bytes`, `stride` apart.
struct byte_range {
  std::uint64_t begin = 0;
  std::uint64_t bytes = 0;
  std::uint64_t rows = 1;
  std::uint64_t stride = 0;

  std::uint64_t end() const { return rows == 0 || bytes == 0 ? begin : begin + (rows - 1) * stride + bytes; }
  std::uint64_t total() const { return rows * bytes; }
};

bool overlaps(const byte_range& a, const byte_range& b);

class sram {
public:
  using ticket = std::uint64_t;

  // Power-on contents: random bytes from `seed`, or zeros.
  sram(std::uint64_t size, std::uint32_t bytes_per_cycle, std::optional<std::uint64_t> seed);

  std::span<std::uint8_t> bytes() { return bytes_; }
  std::uint64_t size() const { return bytes_.size(); }
  bool contains(std::uint64_t begin, std::uint64_t length) const {
    return begin <= bytes_.size() && length <= bytes_.size() - begin;
  }

  // Bandwidth from `now` on: nobody will ask for an earlier cycle any more.
  common::bandwidth_calendar& ports(common::cycles now) {
    ports_.forget_before(now);
    return ports_;
  }

  std::uint64_t bytes_moved() const { return ports_.bytes(); } // reserved so far

  // The first byte at which `range` must not be touched now, if any.
  std::optional<std::uint64_t> conflict(const byte_range& range, bool write, common::cycles now) const;
  // Holds ranges until released, or until cycle `until`.
  ticket hold(const std::vector<byte_range>& reads, const std::vector<byte_range>& writes);
  void hold_until(const byte_range& range, bool write, common::cycles until);
  void release(ticket t);
  void release_all() { held_.clear(); }

private:
  struct holding {
    ticket owner;
    byte_range range;
    bool write;
    common::cycles until;
  };

  std::vector<std::uint8_t> bytes_;
  common::bandwidth_calendar ports_;
  mutable std::vector<holding> held_;
  ticket next_ = 1;
};

// Holds ranges for as long as it lives.
class held_ranges {
public:
  held_ranges(sram& memory, const std::vector<byte_range>& reads, const std::vector<byte_range>& writes)
      : memory_(memory), ticket_(memory.hold(reads, writes)) {}
  ~held_ranges() { memory_.release(ticket_); }
  held_ranges(const held_ranges&) = delete;
  held_ranges& operator=(const held_ranges&) = delete;

private:
  sram& memory_;
  sram::ticket ticket_;
};

} // namespace acf::same
