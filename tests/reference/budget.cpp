#include "tests/reference/budget.hpp"

#include <algorithm>
#include <cmath>

namespace acf::reference {

void divide(std::vector<budget_of_layer>& layers, double share) {
  const double quantised = std::floor(share * 4294967296.0); // times a number of entries: exact
  bool finite = true;
  float largest = 0.f;
  std::uint64_t dying = 0;
  for (auto& l : layers) {
    l.dropped = std::min(static_cast<std::uint32_t>(std::floor(quantised * l.live / 4294967296.0)), l.entries - l.live);
    dying += l.dropped;
    for (const float s : l.sums) finite = finite && std::isfinite(s), largest = std::max(largest, s);
  }
  // Powers of two: an integer multiple of 2^-(7 + 24) of the binade of the largest.
  const int binade = largest < 0x1p-126f ? -126 : std::ilogb(largest);
  std::vector<std::uint64_t> worth;
  std::uint64_t all = 0;
  for (const auto& l : layers) {
    std::uint64_t sum = 0;
    for (const float s : l.sums)
      if (finite) sum += static_cast<std::uint64_t>(std::floor(std::ldexp(static_cast<double>(s), 31 - binade)));
    all += worth.emplace_back(sum / l.live);
  }
  std::uint64_t left = dying;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    auto& l = layers[i];
    const std::uint64_t part = all == 0 ? l.dropped : dying * worth[i] / all;
    l.grown = static_cast<std::uint32_t>(std::min<std::uint64_t>(part, l.entries - l.live));
    left -= l.grown;
  }
  for (auto& l : layers)
    for (; left > 0 && l.grown < l.entries - l.live; --left) ++l.grown;
}

} // namespace acf::reference
