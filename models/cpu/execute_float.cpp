// F and D. Arithmetic that rounds is the host's where the host knows the rounding mode (see host_fpu.hpp), and
// soft_float.hpp's otherwise; the rest is integer work on the bits.
#include "models/cpu/execute.hpp"
#include "models/cpu/host_fpu.hpp"
#include "models/cpu/soft_float.hpp"
#include <cmath>

namespace acf::cpu {
namespace {

using namespace encode;
namespace soft = soft_float;
using u8 = std::uint8_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s32 = std::int32_t;
using s64 = std::int64_t;
using host_fpu::opaque;

template <class Bits>
using number = std::conditional_t<sizeof(Bits) == 4, float, double>;

// A single that is not properly NaN-boxed reads as the canonical NaN.
template <class Bits>
Bits get(const hart& h, unsigned r) {
  if constexpr (sizeof(Bits) == 4)
    return h.f[r] >> 32 == 0xffffffff ? static_cast<u32>(h.f[r]) : soft::canonical_nan<u32>;
  else
    return h.f[r];
}
template <class Bits>
void set(hart& h, unsigned r, Bits v) {
  h.f[r] = sizeof(Bits) == 4 ? u64{v} | 0xffffffff00000000u : u64{v};
  h.float_used();
}

// ---- arithmetic that rounds: `native` on host numbers, `exact` on bits ----

template <class Bits, class... N>
Bits compute(auto native, N... operands) {
  const number<Bits> result = opaque(native(opaque(std::bit_cast<number<Bits>>(operands))...));
  return result != result ? soft::canonical_nan<Bits> : std::bit_cast<Bits>(result);
}

template <unsigned Operands, class Bits, class Work>
Bits with_operands(const hart& h, const insn& i, Work work) {
  if constexpr (Operands == 1)
    return work(get<Bits>(h, i.rs1));
  else if constexpr (Operands == 2)
    return work(get<Bits>(h, i.rs1), get<Bits>(h, i.rs2));
  else
    return work(get<Bits>(h, i.rs1), get<Bits>(h, i.rs2), get<Bits>(h, i.rs3()));
}

// The rounding mode is reserved, or not the one that the host has at the moment.
template <unsigned Operands, class Bits, class Native, class Exact>
[[gnu::noinline]] flow arithmetic_other_mode(hart& h, insn* i, s64 left) {
  const unsigned mode = i->rm() == 7 ? h.frm : i->rm();
  if (mode > 4) return h.illegal(i, left);
  u8 raised = 0;
  const Bits result = with_operands<Operands, Bits>(
      h, *i, [&](auto... operands) { return Exact{}(operands..., static_cast<rounding>(mode), raised); });
  h.accrue(raised);
  set(h, i->rd, result);
  return next(h, i, left);
}
template <unsigned Operands, class Bits, class Native, class Exact>
flow run_arithmetic(hart& h, insn* i, s64 left) {
  const unsigned mode = i->rm();
  if ((mode == 7 ? h.frm : mode ^ h.frm ? 7u : mode) > 3) [[unlikely]]
    return arithmetic_other_mode<Operands, Bits, Native, Exact>(h, i, left);
  set(h, i->rd, with_operands<Operands, Bits>(h, *i, [](auto... o) { return compute<Bits>(Native{}, o...); }));
  return next(h, i, left);
}

constexpr auto exact_add = [](auto a, auto b, rounding mode, u8& raised) { return soft::add(a, b, mode, raised); };
constexpr auto exact_subtract = [](auto a, auto b, rounding mode, u8& raised) {
  return soft::subtract(a, b, mode, raised);
};
constexpr auto exact_multiply = [](auto a, auto b, rounding mode, u8& raised) {
  return soft::multiply(a, b, mode, raised);
};
constexpr auto exact_divide = [](auto a, auto b, rounding mode, u8& raised) {
  return soft::divide(a, b, mode, raised);
};
constexpr auto exact_root = [](auto a, rounding mode, u8& raised) { return soft::square_root(a, mode, raised); };

template <class Bits>
constexpr unsigned double_bit = sizeof(Bits) == 8;

template <class Bits, unsigned Operands, class Native, class Exact>
constexpr opcode arithmetic(std::string_view name, unsigned f7, cost price, Native, Exact) {
  const encoding e = Operands == 1 ? fp_rs2(f7 | double_bit<Bits>, 0, format::float_unary)
                                   : fp(f7 | double_bit<Bits>, format::float_binary);
  return {name, e.match, e.mask, e.shape, price, rounds | uses_float, &run_arithmetic<Operands, Bits, Native, Exact>};
}

// ---- fused multiply-add: the signs of product and addend make four instructions of it ----

template <bool Product, bool Addend>
struct native_fused {
  template <class T>
  T operator()(T a, T b, T c) const {
    return std::fma(Product ? -a : a, b, Addend ? -c : c);
  }
};
template <bool Product, bool Addend>
struct exact_fused {
  template <class Bits>
  Bits operator()(Bits a, Bits b, Bits c, rounding mode, u8& raised) const {
    const auto negate = [](Bits v) { return soft::is_nan(v) ? v : v ^ soft::sign_bit<Bits>; };
    return soft::fused<Bits>(Product ? negate(a) : a, b, Addend ? negate(c) : c, mode, raised);
  }
};
template <class Bits, bool Product, bool Addend>
flow run_fused(hart& h, insn* i, s64 left) {
  const unsigned mode = i->rm();
  using native = native_fused<Product, Addend>;
  using exact = exact_fused<Product, Addend>;
  if ((mode == 7 ? h.frm : mode ^ h.frm ? 7u : mode) > 3) [[unlikely]]
    return arithmetic_other_mode<3, Bits, native, exact>(h, i, left);
  const Bits a = get<Bits>(h, i->rs1), b = get<Bits>(h, i->rs2), c = get<Bits>(h, i->rs3());
  const Bits result = compute<Bits>(native{}, a, b, c);
  // Hosts differ on infinity * 0 + NaN; RISC-V calls it invalid.
  if (result == soft::canonical_nan<Bits> &&
      ((soft::is_infinite(a) && soft::is_zero(b)) || (soft::is_zero(a) && soft::is_infinite(b))))
    h.accrue(fflag::nv);
  set(h, i->rd, result);
  return next(h, i, left);
}
template <class Bits, bool Product, bool Addend>
constexpr opcode fma(std::string_view name, unsigned op) {
  const encoding e = fused(op, double_bit<Bits>);
  return {name, e.match, e.mask, e.shape, cost::fp_fma, rounds | uses_float, &run_fused<Bits, Product, Addend>};
}

// ---- conversions ----

template <class F>
flow run_conversion(hart& h, insn* i, s64 left) {
  const unsigned mode = i->rm() == 7 ? h.frm : i->rm();
  if (mode > 4) [[unlikely]]
    return h.illegal(i, left);
  F{}(h, *i, static_cast<rounding>(mode));
  return next(h, i, left);
}
template <class F>
constexpr opcode conversion(std::string_view name, unsigned f7, unsigned rs2, format shape, F) {
  const encoding e = fp_rs2(f7, rs2, shape);
  return {name, e.match, e.mask, e.shape, cost::fp_convert, rounds | uses_float, &run_conversion<F>};
}
template <class Integer, class Bits>
constexpr opcode to_integer(std::string_view name, unsigned rs2) {
  return conversion(name, 0x60 | double_bit<Bits>, rs2, format::float_to_integer,
                    [](hart& h, const insn& i, rounding mode) {
                      u8 raised = 0;
                      const auto v = soft::to_integer<Integer>(get<Bits>(h, i.rs1), mode, raised);
                      h.accrue(raised);
                      ++h.float_instret;
                      h.x[i.rd] = static_cast<u64>(static_cast<s64>(static_cast<std::make_signed_t<Integer>>(v)));
                    });
}
template <class Integer, class Bits>
constexpr opcode from_integer(std::string_view name, unsigned rs2) {
  return conversion(name, 0x68 | double_bit<Bits>, rs2, format::integer_to_float,
                    [](hart& h, const insn& i, rounding mode) {
                      u8 raised = 0;
                      const auto v = soft::from_integer<Bits>(static_cast<Integer>(h.x[i.rs1]), mode, raised);
                      h.accrue(raised);
                      set(h, i.rd, v);
                    });
}
template <class To, class From>
constexpr opcode between(std::string_view name) {
  return conversion(name, 0x20 | double_bit<To>, double_bit<From>, format::float_unary,
                    [](hart& h, const insn& i, rounding mode) {
                      u8 raised = 0;
                      const To v = soft::convert<To>(get<From>(h, i.rs1), mode, raised);
                      h.accrue(raised);
                      set(h, i.rd, v);
                    });
}

// ---- what does not round ----

template <class F>
constexpr opcode simple(std::string_view name, encoding e, F) {
  return {name, e.match, e.mask, e.shape, cost::fp_move, uses_float, &run_simple<F>};
}

template <class Bits>
bool less(Bits a, Bits b) { // neither is a NaN; -0 < +0
  using S = std::make_signed_t<Bits>;
  const S p = static_cast<S>(a), q = static_cast<S>(b);
  return p < 0 && q < 0 ? q < p : p < q;
}
template <class Bits>
bool both_zero(Bits a, Bits b) {
  return soft::is_zero(a) && soft::is_zero(b);
}

template <class Bits>
Bits smaller_or_larger(hart& h, Bits a, Bits b, bool larger) {
  if (soft::is_signaling(a) || soft::is_signaling(b)) h.accrue(fflag::nv);
  if (soft::is_nan(a)) return soft::is_nan(b) ? soft::canonical_nan<Bits> : b;
  if (soft::is_nan(b)) return a;
  return less(a, b) != larger ? a : b;
}

enum class relation { equal, less, less_equal };
template <class Bits>
bool holds(hart& h, relation what, Bits a, Bits b) {
  if (soft::is_nan(a) || soft::is_nan(b)) {
    if (what != relation::equal || soft::is_signaling(a) || soft::is_signaling(b)) h.accrue(fflag::nv);
    return false;
  }
  const bool same = a == b || both_zero(a, b);
  if (what == relation::equal) return same;
  return same ? what == relation::less_equal : less(a, b);
}

template <class Bits>
u64 classify(Bits v) {
  const bool negative = soft::is_negative(v), subnormal = !soft::is_zero(v) && !(v & soft::infinity<Bits>);
  if (soft::is_nan(v)) return soft::is_signaling(v) ? 1 << 8 : 1 << 9;
  if (soft::is_infinite(v)) return negative ? 1 << 0 : 1 << 7;
  if (soft::is_zero(v)) return negative ? 1 << 3 : 1 << 4;
  if (subnormal) return negative ? 1 << 2 : 1 << 5;
  return negative ? 1 << 1 : 1 << 6;
}

template <class Bits, class F>
constexpr opcode sign_injection(std::string_view name, unsigned f3, F) {
  return simple(name, fp_f3(0x10 | double_bit<Bits>, f3, format::float_binary), [](hart& h, const insn& i) {
    const Bits a = get<Bits>(h, i.rs1), b = get<Bits>(h, i.rs2);
    set(h, i.rd, static_cast<Bits>((a & ~soft::sign_bit<Bits>) | (F{}(a, b) & soft::sign_bit<Bits>)));
  });
}
template <class Bits, bool Larger>
constexpr opcode extremum(std::string_view name) {
  return simple(name, fp_f3(0x14 | double_bit<Bits>, Larger, format::float_binary), [](hart& h, const insn& i) {
    set(h, i.rd, smaller_or_larger(h, get<Bits>(h, i.rs1), get<Bits>(h, i.rs2), Larger));
  });
}
template <class Bits, relation What>
constexpr opcode comparison(std::string_view name, unsigned f3) {
  return simple(name, fp_f3(0x50 | double_bit<Bits>, f3, format::float_compare), [](hart& h, const insn& i) {
    h.x[i.rd] = holds(h, What, get<Bits>(h, i.rs1), get<Bits>(h, i.rs2));
    ++h.float_instret;
  });
}
template <class Bits>
constexpr opcode classification(std::string_view name) {
  return simple(name, fp_all(0x70 | double_bit<Bits>, 0, 1, format::float_to_integer), [](hart& h, const insn& i) {
    h.x[i.rd] = classify(get<Bits>(h, i.rs1));
    ++h.float_instret;
  });
}

constexpr auto plus = [](auto a, auto b) { return a + b; };
constexpr auto minus = [](auto a, auto b) { return a - b; };
constexpr auto times = [](auto a, auto b) { return a * b; };
constexpr auto over = [](auto a, auto b) { return a / b; };
constexpr auto root = [](auto a) {
#if defined(__x86_64__) // std::sqrt would set errno
  if constexpr (sizeof a == 4)
    return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(a)));
  else
    return _mm_cvtsd_f64(_mm_sqrt_sd(_mm_setzero_pd(), _mm_set_sd(a)));
#else
  return std::sqrt(a);
#endif
};
constexpr auto second = [](auto, auto b) { return b; };
constexpr auto not_second = [](auto, auto b) { return ~b; };
constexpr auto either = [](auto a, auto b) { return a ^ b; };
constexpr auto add_cost = cost::fp_add, mul_cost = cost::fp_mul, div_cost = cost::fp_div, sqrt_cost = cost::fp_sqrt;

constexpr opcode table[] = {
    arithmetic<u32, 2>("fadd.s", 0x00, add_cost, plus, exact_add),
    arithmetic<u64, 2>("fadd.d", 0x00, add_cost, plus, exact_add),
    arithmetic<u32, 2>("fsub.s", 0x04, add_cost, minus, exact_subtract),
    arithmetic<u64, 2>("fsub.d", 0x04, add_cost, minus, exact_subtract),
    arithmetic<u32, 2>("fmul.s", 0x08, mul_cost, times, exact_multiply),
    arithmetic<u64, 2>("fmul.d", 0x08, mul_cost, times, exact_multiply),
    arithmetic<u32, 2>("fdiv.s", 0x0c, div_cost, over, exact_divide),
    arithmetic<u64, 2>("fdiv.d", 0x0c, div_cost, over, exact_divide),
    arithmetic<u32, 1>("fsqrt.s", 0x2c, sqrt_cost, root, exact_root),
    arithmetic<u64, 1>("fsqrt.d", 0x2c, sqrt_cost, root, exact_root),

    fma<u32, false, false>("fmadd.s", 0x43),
    fma<u64, false, false>("fmadd.d", 0x43),
    fma<u32, false, true>("fmsub.s", 0x47),
    fma<u64, false, true>("fmsub.d", 0x47),
    fma<u32, true, false>("fnmsub.s", 0x4b),
    fma<u64, true, false>("fnmsub.d", 0x4b),
    fma<u32, true, true>("fnmadd.s", 0x4f),
    fma<u64, true, true>("fnmadd.d", 0x4f),

    to_integer<s32, u32>("fcvt.w.s", 0),
    to_integer<s32, u64>("fcvt.w.d", 0),
    to_integer<u32, u32>("fcvt.wu.s", 1),
    to_integer<u32, u64>("fcvt.wu.d", 1),
    to_integer<s64, u32>("fcvt.l.s", 2),
    to_integer<s64, u64>("fcvt.l.d", 2),
    to_integer<u64, u32>("fcvt.lu.s", 3),
    to_integer<u64, u64>("fcvt.lu.d", 3),
    from_integer<s32, u32>("fcvt.s.w", 0),
    from_integer<s32, u64>("fcvt.d.w", 0),
    from_integer<u32, u32>("fcvt.s.wu", 1),
    from_integer<u32, u64>("fcvt.d.wu", 1),
    from_integer<s64, u32>("fcvt.s.l", 2),
    from_integer<s64, u64>("fcvt.d.l", 2),
    from_integer<u64, u32>("fcvt.s.lu", 3),
    from_integer<u64, u64>("fcvt.d.lu", 3),
    between<u32, u64>("fcvt.s.d"),
    between<u64, u32>("fcvt.d.s"),

    sign_injection<u32>("fsgnj.s", 0, second),
    sign_injection<u64>("fsgnj.d", 0, second),
    sign_injection<u32>("fsgnjn.s", 1, not_second),
    sign_injection<u64>("fsgnjn.d", 1, not_second),
    sign_injection<u32>("fsgnjx.s", 2, either),
    sign_injection<u64>("fsgnjx.d", 2, either),
    extremum<u32, false>("fmin.s"),
    extremum<u64, false>("fmin.d"),
    extremum<u32, true>("fmax.s"),
    extremum<u64, true>("fmax.d"),
    comparison<u32, relation::equal>("feq.s", 2),
    comparison<u64, relation::equal>("feq.d", 2),
    comparison<u32, relation::less>("flt.s", 1),
    comparison<u64, relation::less>("flt.d", 1),
    comparison<u32, relation::less_equal>("fle.s", 0),
    comparison<u64, relation::less_equal>("fle.d", 0),
    classification<u32>("fclass.s"),
    classification<u64>("fclass.d"),

    simple("fmv.x.w", fp_all(0x70, 0, 0, format::float_to_integer),
           [](hart& h, const insn& i) {
             h.x[i.rd] = static_cast<u64>(static_cast<s64>(static_cast<s32>(h.f[i.rs1])));
             ++h.float_instret;
           }),
    simple("fmv.x.d", fp_all(0x71, 0, 0, format::float_to_integer),
           [](hart& h, const insn& i) {
             h.x[i.rd] = h.f[i.rs1];
             ++h.float_instret;
           }),
    simple("fmv.w.x", fp_all(0x78, 0, 0, format::integer_to_float),
           [](hart& h, const insn& i) { set(h, i.rd, static_cast<u32>(h.x[i.rs1])); }),
    simple("fmv.d.x", fp_all(0x79, 0, 0, format::integer_to_float),
           [](hart& h, const insn& i) { set(h, i.rd, h.x[i.rs1]); }),
};

} // namespace

std::span<const opcode> float_opcodes() { return table; }

} // namespace acf::cpu
