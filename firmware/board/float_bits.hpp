#pragma once
// Floating-point numbers as bits, made from integers: firmware prepares and checks tensors with them and executes no
// floating-point instruction.
#include <bit>
#include <cstdint>

namespace acf::board {

// value * 2^exponent as fp32; exact if |value| < 2^24 and the result is a normal number.
constexpr std::uint32_t fp32_bits(int value, int exponent = 0) {
  if (value == 0) return 0;
  const auto sign = value < 0 ? 0x8000'0000u : 0u;
  const auto magnitude = static_cast<std::uint32_t>(value < 0 ? -value : value);
  const int top = std::bit_width(magnitude) - 1;
  return sign | static_cast<std::uint32_t>(127 + top + exponent) << 23 | ((magnitude << (23 - top)) & 0x7f'ffff);
}

// Exact if value has at most 8 significant bits.
constexpr std::uint16_t bf16_bits(int value, int exponent = 0) {
  return static_cast<std::uint16_t>(fp32_bits(value, exponent) >> 16);
}

static_assert(fp32_bits(1) == 0x3f80'0000 && fp32_bits(-3, -1) == 0xbfc0'0000 && bf16_bits(-2) == 0xc000);

} // namespace acf::board
