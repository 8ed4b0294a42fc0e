#include "models/zbcc/tensordash_schedule.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

namespace acf::zbcc {
namespace {

// Bit i of the result is bit i + by of x, on a ring of `width` bits.
std::uint32_t rotated(std::uint32_t x, std::uint32_t by, std::uint32_t width) {
  const std::uint64_t all = (std::uint64_t{1} << width) - 1;
  return static_cast<std::uint32_t>((std::uint64_t{x} >> by | std::uint64_t{x} << (width - by)) & all);
}

// Two lanes that are `apart` reach the same pair if two movements of one step differ by as much.
bool collide(std::span<const movement> moves, std::uint32_t apart, std::uint32_t width) {
  for (const movement& x : moves)
    for (const movement& y : moves)
      if (x.step == y.step && (static_cast<std::uint32_t>(x.lane - y.lane) + 2 * width) % width == apart) return true;
  return false;
}

} // namespace

std::vector<movement> published_movements(std::uint32_t depth, std::uint32_t lanes) {
  switch (depth) {
  case 2: return {{0, 0}, {1, 0}, {1, 1}, {1, -1}};
  case 3:
    if (lanes >= 8) return {{0, 0}, {1, 0}, {2, 0}, {1, -1}, {1, 1}, {2, -2}, {2, 2}, {1, -3}};
    return {{0, 0}, {1, 0}, {1, 1}, {2, -1}};
  case 4: return {{0, 0}, {1, 0}, {2, 0}, {3, 0}, {1, 1}, {1, -1}, {2, 2}, {3, 3}};
  case 5: return {{0, 0}, {1, 0}, {2, 0}, {1, 1}, {1, -1}, {2, 2}, {3, 3}, {4, 1}};
  default:
    throw std::invalid_argument("engine 'tensordash': depth (" + std::to_string(depth) +
                                ") must be 2 to 5: for others no movements are published");
  }
}

tensordash_schedule::tensordash_schedule(std::uint32_t lanes, std::uint32_t depth, std::span<const movement> movements,
                                         bool lanes_descending)
    : width(lanes), staged(depth), moves(movements.begin(), movements.end()) {
  if (moves.empty() || moves[0].step != 0 || moves[0].lane != 0)
    throw std::invalid_argument(
        "engine 'tensordash': the first movement must be (0, 0): a lane takes its own pair first");
  for (movement& m : moves) {
    if (m.step >= depth)
      throw std::invalid_argument("engine 'tensordash': movement (" + std::to_string(m.step) + ", " +
                                  std::to_string(m.lane) + ") reaches beyond the " + std::to_string(depth) +
                                  " staged steps");
    m.lane = (m.lane % static_cast<std::int32_t>(width) + static_cast<std::int32_t>(width)) %
             static_cast<std::int32_t>(width);
  }
  for (std::uint32_t i = 0; i < width; ++i) {
    const std::uint32_t lane = lanes_descending ? width - 1 - i : i;
    const auto free_for_lane = [&](std::uint32_t level) {
      for (std::uint32_t other = 0; other < width; ++other)
        if ((level >> other & 1) && collide(moves, (lane + width - other) % width, width)) return false;
      return true;
    };
    auto level = std::find_if(level_masks.begin(), level_masks.end(), free_for_lane);
    if (level == level_masks.end()) level = level_masks.insert(level_masks.end(), 0);
    *level |= 1u << lane;
  }
}

void tensordash_schedule::take(staged_bits& pending) const {
  for (const std::uint32_t level : level_masks) {
    std::uint32_t idle = level;
    for (const movement& m : moves) {
      const auto offset = static_cast<std::uint32_t>(m.lane);
      const std::uint32_t taken = rotated(pending[m.step], offset, width) & idle;
      pending[m.step] &= ~rotated(taken, (width - offset) % width, width);
      idle &= ~taken;
    }
  }
}

} // namespace acf::zbcc
