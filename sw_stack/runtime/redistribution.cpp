#include "sw_stack/runtime/redistribution.hpp"

#include <algorithm>

namespace acf::runtime {
namespace {

using hal::job::budget_change;
using hal::job::budget_layer;

constexpr std::uint32_t not_finite = 255;

std::uint32_t exponent_of(std::uint32_t bits) { return std::max(1u, bits >> 23 & 0xFF); } // 1: denormals, too

// A number without a sign as an integer, in units of 2^(largest - 8 - 150).
std::uint64_t fixed_point(std::uint32_t bits, std::uint32_t largest) {
  const std::uint64_t mantissa = (bits & 0x7F'FFFF) | ((bits >> 23 & 0xFF) != 0 ? 0x80'0000 : 0);
  const std::uint32_t below = largest - exponent_of(bits);
  return below < 40 ? mantissa << 8 >> below : 0;
}

std::uint32_t free_entries(const budget_layer& l) { return l.entries - l.live; }

} // namespace

void redistribute(std::span<budget_layer> layers, std::uint32_t share, sums_of_layer sums, const void* context,
                  std::span<budget_change> changes) {
  std::uint32_t largest = 1;
  std::uint64_t dying = 0, all_worth = 0, left = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto wanted = static_cast<std::uint32_t>(std::uint64_t{share} * layers[i].live >> 32);
    changes[i].dropped = std::min(wanted, free_entries(layers[i]));
    dying += changes[i].dropped;
    for (const std::uint32_t bits : sums(context, i)) largest = std::max(largest, exponent_of(bits));
  }
  const auto worth = [&](std::size_t i) { // mean of the live ones
    std::uint64_t sum = 0;
    for (const std::uint32_t bits : sums(context, i)) sum += fixed_point(bits, largest);
    return sum / layers[i].live;
  };
  if (largest != not_finite)
    for (std::size_t i = 0; i < layers.size(); ++i) all_worth += worth(i);
  left = dying;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::uint64_t part = all_worth != 0 ? dying * worth(i) / all_worth : changes[i].dropped;
    changes[i].grown = static_cast<std::uint32_t>(std::min<std::uint64_t>(part, free_entries(layers[i])));
    left -= changes[i].grown;
  }
  for (std::size_t i = 0; i < layers.size(); ++i) { // what rounding has left, and full layers
    const auto more = std::min<std::uint64_t>(left, free_entries(layers[i]) - changes[i].grown);
    changes[i].grown += static_cast<std::uint32_t>(more);
    left -= more;
    layers[i].live += changes[i].grown - changes[i].dropped;
  }
}

} // namespace acf::runtime
