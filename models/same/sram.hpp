// SRAM of a tile: bytes with random power-on contents, shared bandwidth, the ranges that running commands hold, and the
// bytes on their way to it. An access that meets a range held for writing, or a write that meets one held for reading,
// is a program error on silicon too (the result would depend on timing); here it is reported instead of producing a
// silent race. DATA.md says when bytes move.
#pragma once

#include "models/common/bandwidth_calendar.hpp"
#include "models/common/parcel.hpp"
#include "models/common/units.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
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

// How bytes that arrive become others: `element` 0 not at all, else zero_packing.hpp's packed form of `bytes` bytes, as
// the word at `said_by` of the SRAM says.
struct packed_form {
  std::uint32_t element = 0, bytes = 0;
  std::uint64_t said_by = 0;
};

// Who holds a range: a command, for errors.
struct holder {
  std::uint32_t ring = 0, index = 0;
  std::uint64_t job = 0;
  std::uint8_t op = 0;
};

class sram {
public:
  using ticket = std::uint64_t;

  // Power-on contents: random bytes from `seed`, or zeros. They come about when somebody looks first: most tiles of a
  // large mesh are never used.
  sram(std::uint64_t size, std::uint32_t bytes_per_cycle, std::optional<std::uint64_t> seed);

  std::span<std::uint8_t> bytes() {
    if (bytes_.empty()) power_on();
    return bytes_;
  }
  std::uint64_t size() const { return size_; }
  bool contains(std::uint64_t begin, std::uint64_t length) const { return begin <= size_ && length <= size_ - begin; }

  // Bandwidth from `now` on: nobody will ask for an earlier cycle any more.
  common::bandwidth_calendar& ports(common::cycles now) {
    ports_.forget_before(now);
    return ports_;
  }

  std::uint64_t bytes_moved() const { return ports_.bytes(); } // reserved so far

  // The first byte at which `range` must not be touched now, if any.
  std::optional<std::uint64_t> conflict(const byte_range& range, bool write, common::cycles now) const;
  // Holds ranges until released, or until cycle `until`.
  ticket hold(const std::vector<byte_range>& reads, const std::vector<byte_range>& writes, const holder& who);
  void hold_until(const byte_range& range, bool write, common::cycles until, const holder& who);
  void release(ticket t);

  // Bytes that get here at cycle `when`, for `offset` on. A packet is refused when its place is in use by then; what a
  // command of this tile has asked for (`loading` is not 0) finds the place that the command holds.
  void expect(common::cycles when, std::uint64_t offset, std::shared_ptr<common::parcel> bytes,
              std::uint64_t loading = 0, const packed_form& packed = {});
  // The command `loading` is gone, and what it has asked for with it.
  void cancel(std::uint64_t loading);
  // Puts in place what has arrived by `now`. Whoever looks at the bytes, or holds or releases a range, calls it first.
  void settle(common::cycles now) {
    if (!expected_.empty() && expected_.begin()->first <= now) put_in_place(now);
  }
  // A packet was refused: the byte at which it met a range in use, and whose.
  std::function<void(std::uint64_t at, const holder& who)> on_refused = [](std::uint64_t, const holder&) {};
  // Forgets what is under way, and ranges but those of commands that still run.
  void reset();

private:
  struct holding {
    ticket owner; // 0: nobody releases it
    byte_range range;
    bool write;
    common::cycles until;
    holder who;
  };
  struct expected {
    std::uint64_t offset;
    std::shared_ptr<common::parcel> parcel;
    std::uint64_t loading;
    packed_form packed;
  };

  const holding* meets(const byte_range& range, bool write, common::cycles now) const;
  void put_in_place(common::cycles now);
  void power_on();

  const std::uint64_t size_;
  const std::optional<std::uint64_t> seed_;
  std::vector<std::uint8_t> bytes_; // empty until then
  common::bandwidth_calendar ports_;
  mutable std::vector<holding> held_;
  std::multimap<common::cycles, expected> expected_; // by arrival; those of equal times in the order of expect()
  ticket next_ = 1;
};

// Holds ranges for as long as it lives.
class held_ranges {
public:
  held_ranges(sram& memory, const std::vector<byte_range>& reads, const std::vector<byte_range>& writes,
              const holder& who)
      : memory_(memory), ticket_(memory.hold(reads, writes, who)) {}
  ~held_ranges() { memory_.release(ticket_); }
  held_ranges(const held_ranges&) = delete;
  held_ranges& operator=(const held_ranges&) = delete;

private:
  sram& memory_;
  sram::ticket ticket_;
};

} // namespace acf::same
