// Random numbers of models/zbcc/ARITHMETIC.md section 9.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace acf::reference {

using words4 = std::array<std::uint32_t, 4>;

words4 philox(words4 counter, std::array<std::uint32_t, 2> key);

struct random_numbers {
  std::uint64_t seed = 0, stream = 0;

  words4 block(std::uint64_t b) const;
  std::uint32_t below(std::uint64_t i, std::uint32_t n) const;
  float normal(std::uint64_t i) const;
  // "Draw m of n" of sw_stack/compiler/RECIPE.md section 3.
  std::vector<std::uint32_t> draw(std::uint32_t n, std::uint32_t m) const;
};

} // namespace acf::reference
