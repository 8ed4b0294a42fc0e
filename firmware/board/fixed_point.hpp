#pragma once
// Ratios in decimal from integers alone, so that printing a percentage executes no floating-point instruction:
//   std::printf("%s %%\n", percent(correct, total).text());        ->  87.65 %
#include <array>
#include <cstddef>
#include <cstdint>

namespace acf::board {

class decimal {
public:
  // value / 10^digits, digits at most 9
  constexpr decimal(std::int64_t value, unsigned digits) {
    const bool negative = value < 0;
    auto rest = negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    std::size_t at = buffer.size() - 1;
    for (unsigned n = 0; n < digits; ++n, rest /= 10) buffer[--at] = digit(rest);
    if (digits > 0) buffer[--at] = '.';
    do buffer[--at] = digit(rest);
    while ((rest /= 10) != 0);
    if (negative) buffer[--at] = '-';
    start = at;
  }
  constexpr const char* text() const { return buffer.data() + start; }

private:
  static constexpr char digit(std::uint64_t n) { return static_cast<char>('0' + n % 10); }
  std::array<char, 24> buffer{};
  std::size_t start = 0;
};

// part / whole rounded to nearest, halves up. part * 10^(digits + 2) must fit 64 bits.
constexpr decimal ratio(std::int64_t part, std::int64_t whole, unsigned digits = 2) {
  std::int64_t scale = 1;
  for (unsigned n = 0; n < digits; ++n) scale *= 10;
  if (whole == 0) return decimal(0, digits);
  const auto doubled = 2 * part * scale + (part < 0 ? -whole : whole);
  return decimal(doubled / (2 * whole), digits);
}
constexpr decimal percent(std::int64_t part, std::int64_t whole, unsigned digits = 2) {
  return ratio(100 * part, whole, digits);
}

} // namespace acf::board
