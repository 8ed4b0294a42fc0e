// The arithmetic contract again, as simple as it can be said: one element at a time, no code shared with the models.
#pragma once

#include "sw_stack/hal/commands.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace reference {

using acf::hal::element;

inline float float_of(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
inline std::uint32_t bits_of(float x) {
  std::uint32_t b;
  std::memcpy(&b, &x, sizeof b);
  return b;
}

// x rounded to a binary format with `digits` significant bits and smallest exponent `lowest` (of 1.xxx numbers).
inline double rounded(double x, int digits, int lowest) {
  if (x == 0 || !std::isfinite(x)) return x;
  const int exponent = std::max(std::ilogb(x), lowest);
  const double unit = std::ldexp(1.0, exponent - digits + 1);
  return std::nearbyint(x / unit) * unit; // nearbyint: ties to even
}

// An IEEE-like format of 16 bits with 5 or 8 exponent bits.
inline std::uint16_t encode16(float value, int exponent_bits) {
  const int digits = 16 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1, lowest = 1 - bias;
  const std::uint16_t infinity = static_cast<std::uint16_t>(((1 << exponent_bits) - 1) << (digits - 1));
  if (std::isnan(value)) return static_cast<std::uint16_t>(infinity | 1 << (digits - 2));
  const std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const double x = rounded(std::fabs(static_cast<double>(value)), digits, lowest);
  if (x >= std::ldexp(1.0, bias + 1)) return sign | infinity;
  if (x < std::ldexp(1.0, lowest))
    return static_cast<std::uint16_t>(sign | static_cast<int>(std::ldexp(x, digits - 1 - lowest)));
  const int exponent = std::ilogb(x);
  const int fraction = static_cast<int>(std::ldexp(x, digits - 1 - exponent)) - (1 << (digits - 1));
  return static_cast<std::uint16_t>(sign | (exponent + bias) << (digits - 1) | fraction);
}
inline float decode16(std::uint16_t h, int exponent_bits) {
  const int digits = 16 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = h >> (digits - 1) & ((1 << exponent_bits) - 1), fraction = h & ((1 << (digits - 1)) - 1);
  double x = 0;
  if (exponent == (1 << exponent_bits) - 1)
    x = fraction != 0 ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
  else if (exponent == 0)
    x = std::ldexp(fraction, 1 - bias - digits + 1);
  else
    x = std::ldexp(fraction + (1 << (digits - 1)), exponent - bias - digits + 1);
  return static_cast<float>((h & 0x8000) != 0 ? -x : x);
}

// Bits of a value in a storage type, and back.
inline std::uint32_t encode(float x, element e) {
  switch (e) {
  case element::f16: return encode16(x, 5);
  case element::bf16: return encode16(x, 8);
  case element::f32: return std::isnan(x) ? 0x7FC0'0000 : bits_of(x);
  default: return static_cast<std::uint32_t>(x);
  }
}
inline float decode(std::uint32_t bits, element e) {
  switch (e) {
  case element::f16: return decode16(static_cast<std::uint16_t>(bits), 5);
  case element::bf16: return decode16(static_cast<std::uint16_t>(bits), 8);
  case element::f32: return float_of(bits);
  default: return static_cast<float>(bits);
  }
}

inline float dot_step(float acc, float a, float b) {
  if (a == 0 || b == 0) return acc;
  const volatile float product = a * b;
  return acc + product;
}

// exp and log from ARITHMETIC.md section 3.
inline float exponential(float x) {
  if (std::isnan(x) || x > 89) return std::isnan(x) ? x : std::numeric_limits<float>::infinity();
  if (x < -104) return 0;
  float n = x * 0x1.715476p+0f;
  n = n + 0x1.8p+23f;
  n = n - 0x1.8p+23f;
  const float high = x - n * 0x1.63p-1f, r = high - n * -0x1.bd0106p-13f;
  float p = 0x1.a01a02p-13f;
  for (const float c : {0x1.6c16c2p-10f, 0x1.111112p-7f, 0x1.555556p-5f, 0x1.555556p-3f, 0.5f}) p = p * r + c;
  p = p * (r * r);
  p = p + r;
  p = p + 1;
  const int h = static_cast<int>(std::floor(n / 2));
  p = p * std::ldexp(1.0f, h);
  return p * std::ldexp(1.0f, static_cast<int>(n) - h);
}
inline float logarithm(float x) {
  if (std::isnan(x) || x < 0) return std::numeric_limits<float>::quiet_NaN();
  if (x == 0) return -std::numeric_limits<float>::infinity();
  if (std::isinf(x)) return x;
  int e = 0;
  float m = std::frexp(x, &e); // [1/2, 1)
  if (m < float_of(0x3F35'04F3)) m = 2 * m, --e;
  const float f = m - 1, s = f / (2 + f), z = s * s;
  float r = 0x1.c71c72p-3f;
  for (const float c : {0x1.24924ap-2f, 0x1.99999ap-2f, 0x1.555556p-1f}) r = r * z + c;
  r = r * z;
  float h = 0.5f * f;
  h = h * f;
  const float low = static_cast<float>(e) * -0x1.bd0106p-13f;
  float t = s * (h + r);
  t = t + low;
  t = h - t;
  t = t - f;
  return static_cast<float>(e) * 0x1.63p-1f - t;
}

} // namespace reference
