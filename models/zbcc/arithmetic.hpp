// The arithmetic of the compute core, one number at a time: storage types, exp, log, softmax's loss in fixed point,
// score keys. Everything is built from fp32 basic operations in the order that ARITHMETIC.md states, so it gives the
// same bits on every host. The array kernels that use it are in kernels.hpp.
#pragma once

#include "sw_stack/hal/commands.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

namespace acf::zbcc {

using hal::element;

inline constexpr std::uint32_t nan_bits = 0x7FC0'0000; // the only NaN that the fabric's arithmetic writes
inline constexpr float unit_of_u8 = 0x1.010102p-8f;    // 1/255 rounded: what a u8 operand counts by default

inline float from_bits(std::uint32_t bits) { return std::bit_cast<float>(bits); }
inline std::uint32_t to_bits(float x) { return std::bit_cast<std::uint32_t>(x); }

inline bool is_nan(float x) { return (to_bits(x) & 0x7FFF'FFFF) > 0x7F80'0000; }
inline bool is_finite(float x) { return (to_bits(x) & 0x7F80'0000) != 0x7F80'0000; }
inline float canonical(float x) { return is_nan(x) ? from_bits(nan_bits) : x; }

inline std::uint16_t to_bf16(float x) {
  const std::uint32_t b = to_bits(x);
  const std::uint32_t rounded = (b + 0x7FFF + (b >> 16 & 1)) >> 16; // to nearest, ties to even; overflows to infinity
  return static_cast<std::uint16_t>(is_nan(x) ? nan_bits >> 16 : rounded);
}
inline float from_bf16(std::uint16_t h) { return from_bits(static_cast<std::uint32_t>(h) << 16); }

inline std::uint16_t to_fp16(float x) {
  const std::uint32_t sign = to_bits(x) >> 16 & 0x8000, b = to_bits(x) & 0x7FFF'FFFF;
  // Below 2^-14 the result is a multiple of 2^-24; adding 0.5, whose last place is 2^-24, makes fp32 round there.
  const std::uint32_t tiny = to_bits(from_bits(b) + 0.5f) - 0x3F00'0000;
  const std::uint32_t normal = (b - 0x3800'0000 + 0xFFF + (b >> 13 & 1)) >> 13;
  std::uint32_t h = b < 0x3880'0000 ? tiny : normal;
  h = b >= 0x477F'F000 ? 0x7C00 : h; // 65520 and above: infinity
  return static_cast<std::uint16_t>(b > 0x7F80'0000 ? 0x7E00 : sign | h);
}
inline float from_fp16(std::uint16_t h) {
  const std::uint32_t sign = static_cast<std::uint32_t>(h & 0x8000) << 16, b = static_cast<std::uint32_t>(h & 0x7FFF)
                                                                               << 13;
  const std::uint32_t scaled = to_bits(from_bits(b) * 0x1p112f); // exact, denormals included
  return from_bits(sign | ((h & 0x7C00) == 0x7C00 ? b | 0x7F80'0000 : scaled));
}

inline float relu(float x) { return x <= 0.0f ? 0.0f : x; } // NaN stays NaN
inline float gate(float x, float by) { return by > 0.0f ? x : 0.0f; }

// e^x: n = x log2(e) to nearest, Taylor series of the remainder, two scalings. Below 1 ulp + 1/2.
inline float exp(float x) {
  if (is_nan(x)) return from_bits(nan_bits);
  if (x > 89.0f) return from_bits(0x7F80'0000);
  if (x < -104.0f) return 0.0f;
  const float n = (x * 0x1.715476p+0f + 0x1.8p+23f) - 0x1.8p+23f;
  const float r = (x - n * 0x1.63p-1f) - n * -0x1.bd0106p-13f; // ln 2 in two parts; the first product is exact
  float p = 0x1.a01a02p-13f;                                   // 1/7!
  p = p * r + 0x1.6c16c2p-10f;
  p = p * r + 0x1.111112p-7f;
  p = p * r + 0x1.555556p-5f;
  p = p * r + 0x1.555556p-3f;
  p = p * r + 0.5f;
  p = (p * (r * r) + r) + 1.0f;
  const int k = static_cast<int>(n), half = k >> 1;
  const auto power = [](int e) { return from_bits(static_cast<std::uint32_t>(e + 127) << 23); };
  return p * power(half) * power(k - half);
}

// Natural logarithm: x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), atanh series in f / (2 + f). Below 1 ulp +
// 1/2.
inline float log(float x) {
  if (is_nan(x) || x < 0.0f) return from_bits(nan_bits);
  if (x == 0.0f) return from_bits(0xFF80'0000);
  if (!is_finite(x)) return x;
  const bool denormal = x < 0x1p-126f;
  const std::uint32_t b = to_bits(denormal ? x * 0x1p23f : x);
  const std::uint32_t biased = b + (0x3F80'0000 - 0x3F35'04F3); // the exponent changes at sqrt(1/2)
  const int e = static_cast<int>(biased >> 23) - 127 - (denormal ? 23 : 0);
  const float f = from_bits((biased & 0x007F'FFFF) + 0x3F35'04F3) - 1.0f;
  const float s = f / (2.0f + f), z = s * s;
  float r = 0x1.c71c72p-3f; // 2/9
  r = r * z + 0x1.24924ap-2f;
  r = r * z + 0x1.99999ap-2f;
  r = r * z + 0x1.555556p-1f;
  r = r * z;
  const float h = 0.5f * f * f, n = static_cast<float>(e);
  return n * 0x1.63p-1f - ((h - (s * (h + r) + n * -0x1.bd0106p-13f)) - f);
}

// A row's loss in units of 2^-16, to nearest, ties to even; never above 2^48, and 2^48 if not finite.
inline std::uint64_t loss_q16(float loss) {
  const double scaled = static_cast<double>(loss) * 65536.0;
  if (!(scaled < 0x1p48)) return std::uint64_t{1} << 48;
  if (scaled <= 0.0) return 0;
  auto whole = static_cast<std::uint64_t>(scaled);
  const double rest = scaled - static_cast<double>(whole);
  if (rest > 0.5 || (rest == 0.5 && (whole & 1))) ++whole;
  return whole;
}

// Scores are compared as unsigned integers: NaN, negative values and -0 rank as +0.
inline std::uint32_t score_key(float score) { return score > 0.0f ? to_bits(score) : 0; }

// Places in a selection: of equal keys the lowest index comes first.
struct ranked {
  std::uint32_t key, index;
};
inline bool smaller_first(const ranked& x, const ranked& y) {
  return x.key != y.key ? x.key < y.key : x.index < y.index;
}
inline bool larger_first(const ranked& x, const ranked& y) {
  return x.key != y.key ? x.key > y.key : x.index < y.index;
}

} // namespace acf::zbcc
