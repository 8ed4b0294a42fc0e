// IEEE 754 binary32 and binary64 in integers: every rounding mode, exact flags, RISC-V's choices where the standard
// leaves one (canonical NaN, tininess after rounding). The hart uses it for what its host cannot do (round to nearest,
// ties away; conversions with saturation); tests use it to prove that the host is right about the rest.
#pragma once
#include "models/cpu/state.hpp"
#include <bit>
#include <limits>
#include <type_traits>
#include <utility>

namespace acf::cpu::soft_float {

using u64 = std::uint64_t;
__extension__ using u128 = unsigned __int128;

template <class Bits>
struct traits;
template <>
struct traits<std::uint32_t> {
  static constexpr int fraction = 23, bias = 127;
};
template <>
struct traits<std::uint64_t> {
  static constexpr int fraction = 52, bias = 1023;
};

template <class Bits>
inline constexpr Bits sign_bit = Bits{1} << (sizeof(Bits) * 8 - 1);
template <class Bits>
inline constexpr Bits quiet_bit = Bits{1} << (traits<Bits>::fraction - 1);
template <class Bits>
inline constexpr Bits infinity = ((Bits{1} << (sizeof(Bits) * 8 - 1 - traits<Bits>::fraction)) - 1)
                                 << traits<Bits>::fraction;
template <class Bits>
inline constexpr Bits canonical_nan = infinity<Bits> | quiet_bit<Bits>;

template <class Bits>
constexpr bool is_nan(Bits v) {
  return (v & ~sign_bit<Bits>) > infinity<Bits>;
}
template <class Bits>
constexpr bool is_signaling(Bits v) {
  return is_nan(v) && !(v & quiet_bit<Bits>);
}
template <class Bits>
constexpr bool is_infinite(Bits v) {
  return (v & ~sign_bit<Bits>) == infinity<Bits>;
}
template <class Bits>
constexpr bool is_zero(Bits v) {
  return !(v & ~sign_bit<Bits>);
}
template <class Bits>
constexpr bool is_negative(Bits v) {
  return v & sign_bit<Bits>;
}

// A finite number: (-1)^negative * magnitude * 2^exponent. Where bits were shifted out, the lowest bit stands for them.
struct exact {
  bool negative = false;
  int exponent = 0;
  u128 magnitude = 0;
};

constexpr int highest_bit(u128 v) { // position of the most significant one; v is not 0
  const u64 high = static_cast<u64>(v >> 64);
  return high ? 127 - std::countl_zero(high) : 63 - std::countl_zero(static_cast<u64>(v));
}

template <class Bits>
constexpr exact unpack(Bits v) {
  using t = traits<Bits>;
  const Bits fraction = v & ((Bits{1} << t::fraction) - 1);
  const int field = static_cast<int>((v & ~sign_bit<Bits>) >> t::fraction);
  const int unit = 1 - t::bias - t::fraction;
  if (field == 0) return {is_negative(v), unit, fraction};
  return {is_negative(v), unit + field - 1, fraction | Bits{1} << t::fraction};
}

constexpr u128 shift_right_sticky(u128 v, int by) {
  if (by <= 0) return v;
  if (by >= 128) return v != 0;
  return v >> by | ((v & ((u128{1} << by) - 1)) != 0);
}

// magnitude / 2^by, rounded to an integer
constexpr u128 round_shift(u128 v, int by, bool negative, rounding mode, bool& inexact) {
  inexact = false;
  if (by <= 0) return v << -by;
  const u128 kept = by >= 128 ? 0 : v >> by;
  const u128 lost = by >= 128 ? v : v & ((u128{1} << by) - 1);
  if (lost == 0) return kept;
  inexact = true;
  const u128 half = by > 128 ? 0 : u128{1} << (by - 1); // by > 128: less than half whatever was lost
  const int against_half = by > 128 ? -1 : lost > half ? 1 : lost < half ? -1 : 0;
  bool up = false;
  switch (mode) {
  case rounding::rne: up = against_half > 0 || (against_half == 0 && (kept & 1)); break;
  case rounding::rmm: up = against_half >= 0; break;
  case rounding::rdn: up = negative; break;
  case rounding::rup: up = !negative; break;
  default: break;
  }
  return kept + up;
}

template <class Bits>
constexpr Bits round(const exact& e, rounding mode, std::uint8_t& flags) {
  using t = traits<Bits>;
  const Bits sign = e.negative ? sign_bit<Bits> : 0;
  if (e.magnitude == 0) return sign;
  const int smallest = 1 - t::bias; // exponent of the smallest normal number
  const int leading = e.exponent + highest_bit(e.magnitude);
  bool inexact = false;
  bool tiny = leading < smallest;
  if (leading == smallest - 1) { // may round up to a normal number if the exponent had no lower limit
    const u128 unbounded = round_shift(e.magnitude, leading - t::fraction - e.exponent, e.negative, mode, inexact);
    tiny = unbounded >> (t::fraction + 1) == 0;
  }
  const int unit = (leading < smallest ? smallest : leading) - t::fraction;
  const u128 rounded = round_shift(e.magnitude, unit - e.exponent, e.negative, mode, inexact);
  if (inexact) flags |= fflag::nx | (tiny ? fflag::uf : 0);
  // A carry out of the fraction moves into the exponent field by itself.
  const int field = leading < smallest ? 0 : unit + t::fraction + t::bias - 1;
  if (field >= 2 * t::bias || ((static_cast<u128>(field) << t::fraction) + rounded) >> t::fraction > 2 * t::bias) {
    flags |= fflag::of | fflag::nx;
    const bool to_infinity = mode == rounding::rne || mode == rounding::rmm || (mode == rounding::rup && !e.negative) ||
                             (mode == rounding::rdn && e.negative);
    return sign | (to_infinity ? infinity<Bits> : infinity<Bits> - 1);
  }
  return sign | static_cast<Bits>((static_cast<Bits>(field) << t::fraction) + static_cast<Bits>(rounded));
}

template <class Bits>
constexpr Bits invalid(std::uint8_t& flags) {
  flags |= fflag::nv;
  return canonical_nan<Bits>;
}
// The result if an operand is a NaN.
template <class Bits, class... More>
constexpr Bits propagate(std::uint8_t& flags, More... operands) {
  if ((is_signaling(operands) || ...)) flags |= fflag::nv;
  return canonical_nan<Bits>;
}

constexpr exact sum(exact a, exact b, rounding mode) { // magnitudes below 2^126
  if (a.magnitude == 0 && b.magnitude == 0)
    return {a.negative == b.negative ? a.negative : mode == rounding::rdn, a.exponent, 0};
  if (a.magnitude == 0) return b;
  if (b.magnitude == 0) return a;
  const auto normalise = [](exact& e) { // highest bit to 125: room for a carry
    const int by = 125 - highest_bit(e.magnitude);
    e.magnitude <<= by;
    e.exponent -= by;
  };
  normalise(a);
  normalise(b);
  if (a.exponent < b.exponent) std::swap(a, b);
  b.magnitude = shift_right_sticky(b.magnitude, a.exponent - b.exponent);
  if (a.negative == b.negative) return {a.negative, a.exponent, a.magnitude + b.magnitude};
  if (a.magnitude == b.magnitude) return {mode == rounding::rdn, a.exponent, 0};
  if (a.magnitude > b.magnitude) return {a.negative, a.exponent, a.magnitude - b.magnitude};
  return {b.negative, a.exponent, b.magnitude - a.magnitude};
}

template <class Bits>
constexpr Bits add(Bits a, Bits b, rounding mode, std::uint8_t& flags) {
  if (is_nan(a) || is_nan(b)) return propagate<Bits>(flags, a, b);
  if (is_infinite(a)) return is_infinite(b) && is_negative(a) != is_negative(b) ? invalid<Bits>(flags) : a;
  if (is_infinite(b)) return b;
  return round<Bits>(sum(unpack(a), unpack(b), mode), mode, flags);
}
template <class Bits>
constexpr Bits subtract(Bits a, Bits b, rounding mode, std::uint8_t& flags) {
  return add<Bits>(a, is_nan(b) ? b : b ^ sign_bit<Bits>, mode, flags);
}

template <class Bits>
constexpr Bits multiply(Bits a, Bits b, rounding mode, std::uint8_t& flags) {
  if (is_nan(a) || is_nan(b)) return propagate<Bits>(flags, a, b);
  const Bits sign = (a ^ b) & sign_bit<Bits>;
  if (is_infinite(a) || is_infinite(b)) return is_zero(a) || is_zero(b) ? invalid<Bits>(flags) : sign | infinity<Bits>;
  const exact p = unpack(a), q = unpack(b);
  return round<Bits>({sign != 0, p.exponent + q.exponent, p.magnitude * q.magnitude}, mode, flags);
}

template <class Bits>
constexpr Bits divide(Bits a, Bits b, rounding mode, std::uint8_t& flags) {
  if (is_nan(a) || is_nan(b)) return propagate<Bits>(flags, a, b);
  const Bits sign = (a ^ b) & sign_bit<Bits>;
  if (is_infinite(a)) return is_infinite(b) ? invalid<Bits>(flags) : sign | infinity<Bits>;
  if (is_infinite(b)) return sign;
  if (is_zero(b)) {
    if (is_zero(a)) return invalid<Bits>(flags);
    flags |= fflag::dz;
    return sign | infinity<Bits>;
  }
  exact p = unpack(a);
  const exact q = unpack(b);
  if (p.magnitude == 0) return sign;
  const int by = 126 - highest_bit(p.magnitude);
  p.magnitude <<= by;
  const u128 quotient = p.magnitude / q.magnitude;
  const bool rest = p.magnitude % q.magnitude != 0;
  return round<Bits>({sign != 0, p.exponent - by - q.exponent, quotient | rest}, mode, flags);
}

template <class Bits>
constexpr Bits square_root(Bits a, rounding mode, std::uint8_t& flags) {
  if (is_nan(a)) return propagate<Bits>(flags, a);
  if (is_zero(a)) return a;
  if (is_negative(a)) return invalid<Bits>(flags);
  if (is_infinite(a)) return a;
  exact e = unpack(a);
  int by = 125 - highest_bit(e.magnitude);
  if ((e.exponent - by) % 2 != 0) ++by;
  u128 rest = e.magnitude << by;
  u128 root = 0;
  for (u128 digit = u128{1} << 126; digit != 0; digit >>= 2) {
    if (rest >= root + digit) {
      rest -= root + digit;
      root = (root >> 1) + digit;
    } else
      root >>= 1;
  }
  return round<Bits>({false, (e.exponent - by) / 2 - 1, root << 1 | (rest != 0)}, mode, flags);
}

// a * b + c with one rounding
template <class Bits>
constexpr Bits fused(Bits a, Bits b, Bits c, rounding mode, std::uint8_t& flags) {
  const bool zero_times_infinity = (is_infinite(a) && is_zero(b)) || (is_zero(a) && is_infinite(b));
  if (zero_times_infinity) flags |= fflag::nv;
  if (is_nan(a) || is_nan(b) || is_nan(c)) return propagate<Bits>(flags, a, b, c);
  if (zero_times_infinity) return canonical_nan<Bits>;
  const Bits sign = (a ^ b) & sign_bit<Bits>;
  if (is_infinite(a) || is_infinite(b))
    return is_infinite(c) && is_negative(c) != (sign != 0) ? invalid<Bits>(flags) : sign | infinity<Bits>;
  if (is_infinite(c)) return c;
  const exact p = unpack(a), q = unpack(b);
  return round<Bits>(sum({sign != 0, p.exponent + q.exponent, p.magnitude * q.magnitude}, unpack(c), mode), mode,
                     flags);
}

template <class To, class From>
constexpr To convert(From v, rounding mode, std::uint8_t& flags) {
  if (is_nan(v)) return propagate<To>(flags, v);
  if (is_infinite(v)) return infinity<To> | (is_negative(v) ? sign_bit<To> : 0);
  return round<To>(unpack(v), mode, flags);
}

template <class Bits, class Integer>
constexpr Bits from_integer(Integer v, rounding mode, std::uint8_t& flags) {
  const bool negative = std::is_signed_v<Integer> && v < 0;
  const u64 magnitude = negative ? u64{0} - static_cast<u64>(v) : static_cast<u64>(v);
  return round<Bits>({negative, 0, magnitude}, mode, flags);
}

// Out of range: invalid, and the nearest integer there is (NaN: the largest).
template <class Integer, class Bits>
constexpr Integer to_integer(Bits v, rounding mode, std::uint8_t& flags) {
  constexpr Integer largest = std::numeric_limits<Integer>::max(), smallest = std::numeric_limits<Integer>::min();
  const auto saturate = [&](bool negative) {
    flags |= fflag::nv;
    return negative ? smallest : largest;
  };
  if (is_nan(v)) return saturate(false);
  if (is_infinite(v)) return saturate(is_negative(v));
  const exact e = unpack(v);
  if (e.magnitude != 0 && e.exponent + highest_bit(e.magnitude) > 64) return saturate(e.negative);
  bool inexact = false;
  const u128 rounded = round_shift(e.magnitude, -e.exponent, e.negative, mode, inexact);
  const u128 limit = e.negative ? (std::is_signed_v<Integer> ? static_cast<u128>(largest) + 1 : 0) : largest;
  if (rounded > limit) return saturate(e.negative);
  if (inexact) flags |= fflag::nx;
  const u64 magnitude = static_cast<u64>(rounded);
  return static_cast<Integer>(e.negative ? u64{0} - magnitude : magnitude);
}

} // namespace acf::cpu::soft_float
