// Who gets what of a matrix that is dealt out (COPY deal): the columns that the blocks of its slots read.
#pragma once

#include "models/same/pieces.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace acf::same {

inline constexpr std::uint32_t dealt_columns = 4;         // of a block
inline constexpr std::uint32_t dealt_packet_bytes = 1024; // at most

// Slots of owner `k` among `owners`, of `n`: first and number.
struct slot_range {
  std::uint32_t first, count;
};
inline slot_range slots_of(std::uint32_t k, std::uint32_t owners, std::uint32_t n) {
  return {k * (n / owners) + std::min(k, n % owners), n / owners + (k < n % owners)};
}

struct run { // bytes of a row
  std::uint32_t first, count;
};

// Bytes of a row of elements of `element` bytes that blocks in these columns of blocks read, increasing; neighbours in
// one run, but no run that a packet cannot hold. Every number in `wanted` is below `blocks`.
inline std::vector<run> runs_of(std::span<const std::uint32_t> wanted, std::uint32_t blocks, std::uint32_t element) {
  std::vector<bool> live(blocks);
  for (const auto b : wanted) live[b] = true;
  const std::uint32_t each = dealt_columns * element, most = dealt_packet_bytes - piece_header;
  std::vector<run> all;
  for (std::uint32_t b = 0; b < blocks; ++b) {
    if (!live[b]) continue;
    if (!all.empty() && all.back().first + all.back().count == b * each && all.back().count + each <= most)
      all.back().count += each;
    else
      all.push_back({b * each, each});
  }
  return all;
}

} // namespace acf::same
