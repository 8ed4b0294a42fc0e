#include "tests/reference/arithmetic.hpp"

#include <bit>
#include <limits>
#include <vector>

namespace acf::reference {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

// 2^n, n from -126 to 127.
float power_of_two(int n) { return std::bit_cast<float>(static_cast<std::uint32_t>(n + 127) << 23); }

double factorial(int n) { return n <= 1 ? 1.0 : n * factorial(n - 1); }

// p * z + coefficient for the coefficients +-1/n!, +-1/(n-2)!, ..., down to +-1/last!.
double taylor(int n, int last, double first_sign, double z) {
  double p = first_sign / factorial(n), sign = first_sign;
  for (n -= 2; n >= last; n -= 2) {
    sign = -sign;
    p = p * z + sign / factorial(n);
  }
  return p;
}

} // namespace

float canonical(float x) { return std::isnan(x) ? not_a_number : x; }

// Multiples of 2^(e - 10), e the exponent, but at least -14; ties to even as the current rounding mode has them.
float to_fp16(float x) {
  if (std::isnan(x)) return canonical(x);
  if (std::fabs(x) >= 65520.f) return std::copysign(INFINITY, x);
  if (x == 0.f) return x;
  const int exponent = std::max(std::ilogb(x), -14);
  return std::ldexp(std::nearbyint(std::ldexp(x, 10 - exponent)), exponent - 10);
}

float to_bf16(float x, const arithmetic& how) {
  if (std::isnan(x)) return not_a_number;
  const auto b = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t up = how.truncating_storage ? 0 : 0x7FFF + (b >> 16 & 1);
  return std::bit_cast<float>((b + up) >> 16 << 16);
}

float exponential(float x, const arithmetic& how) {
  if (std::isnan(x)) return not_a_number;
  if (x > 89.f) return infinity;
  if (x < -104.f) return 0.f;
  const float n = (x * 0x1.715476p+0f + 0x1.8p+23f) - 0x1.8p+23f;
  const float r = (x - n * 0x1.63p-1f) - n * -0x1.bd0106p-13f;
  float p = 0x1.a01a02p-13f;
  for (const float c : {0x1.6c16c2p-10f, 0x1.111112p-7f, 0x1.555556p-5f, 0x1.555556p-3f, how.exp_quadratic})
    p = p * r + c;
  p = (p * (r * r) + r) + 1.f;
  const int whole = static_cast<int>(n), half = static_cast<int>(std::floor(n / 2.f));
  return (p * power_of_two(half)) * power_of_two(whole - half);
}

float logarithm(float x) {
  if (std::isnan(x) || x < 0.f) return not_a_number;
  if (x == 0.f) return -infinity;
  if (x == infinity) return infinity;
  int exponent = 0;
  if (x < 0x1p-126f) {
    x = x * 0x1p+23f;
    exponent = -23;
  }
  const auto b = std::bit_cast<std::uint32_t>(x);
  exponent += static_cast<int>(b >> 23) - 127;
  std::uint32_t m_bits = (b & 0x7F'FFFF) | 0x3F80'0000; // 1 <= m < 2
  if (m_bits - (1u << 23) >= 0x3F35'04F3) {             // m / 2 is in range, too
    m_bits -= 1u << 23;
    ++exponent;
  }
  const float m = std::bit_cast<float>(m_bits), e = static_cast<float>(exponent);
  const float f = m - 1.f, s = f / (2.f + f), z = s * s;
  float r = 0x1.c71c72p-3f;
  r = r * z + 0x1.24924ap-2f;
  r = r * z + 0x1.99999ap-2f;
  r = r * z + 0x1.555556p-1f;
  r = r * z;
  const float h = 0.5f * f * f;
  return e * 0x1.63p-1f - ((h - (s * (h + r) + e * -0x1.bd0106p-13f)) - f);
}

double cosine_pi(double x) {
  x = std::fabs(x);
  if (x >= 0x1p+53) return 1.0;
  const double whole = std::floor(x);
  double r = x - whole, sign = std::fmod(whole, 2.0) == 1.0 ? -1.0 : 1.0;
  if (r > 0.5) {
    r = 1.0 - r;
    sign = -sign;
  }
  if (r == 0.5) return 0.0;
  const double pi = 0x1.921fb54442d18p+1;
  if (r <= 0.25) {
    const double y = pi * r;
    return sign * taylor(16, 0, 1.0, y * y);
  }
  const double y = pi * (0.5 - r), z = y * y;
  return sign * (y + y * (taylor(17, 3, 1.0, z) * z));
}

float softmax_cross_entropy(std::span<const float> logits, std::uint32_t label, float factor, std::span<float> gradient,
                            const arithmetic& how) {
  bool finite = true;
  for (const float x : logits) finite = finite && std::isfinite(x);
  if (!finite) {
    for (float& g : gradient) g = not_a_number;
    return not_a_number;
  }
  float m = logits[0];
  for (const float x : logits)
    if (x > m) m = x;
  std::vector<float> e;
  float s = 0.f;
  for (const float x : logits) {
    e.push_back(exponential(x - m, how));
    s = s + e.back();
  }
  for (std::size_t j = 0; j < logits.size(); ++j) gradient[j] = ((e[j] / s) - (j == label ? 1.f : 0.f)) * factor;
  return logarithm(s) - (logits[label] - m);
}

std::uint32_t key_of(float score) { return score > 0.f ? std::bit_cast<std::uint32_t>(score) : 0; }

} // namespace acf::reference
