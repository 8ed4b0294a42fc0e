// The SRAM of a tile without time: what decides how long commands take, block lists and where zeros are.
#pragma once

#include "models/zbcc/datapath.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace acf::platform {

// Of a dense view's elements.
std::uint64_t bytes_of(const zbcc::resolved_view& v);

class tile_memory {
public:
  explicit tile_memory(std::size_t bytes) : bytes_(bytes) {}
  std::span<std::uint8_t> bytes() { return bytes_; }

  // Rows of a dense view, `pitch` bytes apart (0: packed) at the source.
  using source = std::function<std::span<const std::uint8_t>(std::uint64_t offset, std::uint64_t bytes)>;
  void load(const zbcc::resolved_view& to, std::uint32_t pitch, const source& from);
  // The same elements of another tile.
  void take(const zbcc::resolved_view& to, const tile_memory& other, const zbcc::resolved_view& from);
  // Every element of a dense view becomes zero or one, by an independent draw each.
  void fill(const zbcc::resolved_view& v, double density, std::uint64_t seed);

private:
  std::vector<std::uint8_t> bytes_;
  std::uint64_t draws_ = 0;
};

} // namespace acf::platform
