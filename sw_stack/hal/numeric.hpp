// Numbers that the host-side compiler and the models must agree on to the bit: counter-based random integers, normal
// deviates, and the cosine of the schedules. Defined in models/zbcc/ARITHMETIC.md. Freestanding, constexpr, no libm.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace acf::hal::numeric {

using philox_counter = std::array<std::uint32_t, 4>;
using philox_key = std::array<std::uint32_t, 2>;

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
constexpr philox_counter philox(philox_counter c, philox_key k) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD251'1F53} * c[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E'8D57} * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
    k[0] += 0x9E37'79B9;
    k[1] += 0xBB67'AE85;
  }
  return c;
}

// An endless array of random 32-bit words for every (seed, stream); any element can be had without those before it.
struct random_stream {
  std::uint64_t seed = 0;   // the key
  std::uint64_t stream = 0; // what the numbers are for: tensor, epoch, ...

  constexpr philox_counter block(std::uint64_t index) const {
    return philox({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                   static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)},
                  {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  }
  constexpr std::uint32_t word(std::uint64_t index) const { return block(index / 4)[index % 4]; }

  // Uniform in [0, 1): 24 bits, exact in fp32.
  constexpr float uniform(std::uint64_t index) const { return static_cast<float>(word(index) >> 8) * 0x1p-24f; }

  // Uniform in 0 .. bound-1 (bound > 0): the high half of word * bound.
  constexpr std::uint32_t below(std::uint64_t index, std::uint32_t bound) const {
    return static_cast<std::uint32_t>(std::uint64_t{word(index)} * bound >> 32);
  }

  // Standard normal after Irwin and Hall: twelve uniform 16-bit integers, summed and centred; the variance is
  // 1 - 2^-32. Exact in fp32, so that `normal(i) * deviation` rounds once. Uses blocks 2 i and 2 i + 1.
  constexpr float normal(std::uint64_t index) const {
    const philox_counter first = block(2 * index), second = block(2 * index + 1);
    std::int32_t sum = -12 * 65535 / 2;
    for (const std::uint32_t w : {first[0], first[1], first[2], first[3], second[0], second[1]})
      sum += static_cast<std::int32_t>((w & 0xFFFF) + (w >> 16));
    return static_cast<float>(sum) * 0x1p-16f;
  }
};

namespace detail {
// Taylor series of cosine and sine for 0 <= y <= pi/4; truncation is below 2^-56 of the result.
constexpr double cosine(double y) {
  const double z = y * y;
  double p = 0x1.ae7f3e733b81fp-45;  // 1/16!
  p = p * z - 0x1.93974a8c07c9dp-37; // 1/14!
  p = p * z + 0x1.1eed8eff8d898p-29; // 1/12!
  p = p * z - 0x1.27e4fb7789f5cp-22; // 1/10!
  p = p * z + 0x1.a01a01a01a01ap-16; // 1/8!
  p = p * z - 0x1.6c16c16c16c17p-10; // 1/6!
  p = p * z + 0x1.5555555555555p-5;  // 1/4!
  p = p * z - 0.5;
  return p * z + 1.0;
}
constexpr double sine(double y) {
  const double z = y * y;
  double p = 0x1.952c77030ad4ap-49;  // 1/17!
  p = p * z - 0x1.ae7f3e733b81fp-41; // 1/15!
  p = p * z + 0x1.6124613a86d09p-33; // 1/13!
  p = p * z - 0x1.ae64567f544e4p-26; // 1/11!
  p = p * z + 0x1.71de3a556c734p-19; // 1/9!
  p = p * z - 0x1.a01a01a01a01ap-13; // 1/7!
  p = p * z + 0x1.1111111111111p-7;  // 1/5!
  p = p * z - 0x1.5555555555555p-3;  // 1/3!
  return y + y * (p * z);
}
} // namespace detail

// cos(pi x) for finite x: reduction is exact, cos_pi(0.5) is +0, error below 2 ulp.
constexpr double cos_pi(double x) {
  if (x < 0) x = -x;
  if (!(x < 0x1p53)) return 1.0; // every double from there on is an even integer
  const auto whole = static_cast<std::uint64_t>(x);
  bool negative = whole & 1;
  double r = x - static_cast<double>(whole);
  if (r > 0.5) {
    r = 1.0 - r;
    negative = !negative;
  }
  if (r == 0.5) return 0.0;
  constexpr double pi = 0x1.921fb54442d18p+1;
  const double c = r <= 0.25 ? detail::cosine(pi * r) : detail::sine(pi * (0.5 - r));
  return negative ? -c : c;
}

// fp32 to the bits of IEEE binary16: to nearest, ties to even.
constexpr std::uint16_t to_fp16(float x) {
  const auto all = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t sign = all >> 16 & 0x8000, b = all & 0x7FFF'FFFF;
  if (b > 0x7F80'0000) return 0x7E00;
  if (b >= 0x477F'F000) return static_cast<std::uint16_t>(sign | 0x7C00); // from 65520 on
  // Below 2^-14 results are multiples of 2^-24, which is the last place of 0.5.
  const std::uint32_t tiny = std::bit_cast<std::uint32_t>(std::bit_cast<float>(b) + 0.5f) - 0x3F00'0000;
  const std::uint32_t normal = (b - 0x3800'0000 + 0xFFF + (b >> 13 & 1)) >> 13;
  return static_cast<std::uint16_t>(sign | (b < 0x3880'0000 ? tiny : normal));
}

} // namespace acf::hal::numeric
