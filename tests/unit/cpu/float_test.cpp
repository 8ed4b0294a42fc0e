// Floating point: the proof that host arithmetic under host_fpu.hpp equals the integer arithmetic of
// soft_float.hpp. RISC-V's own rules, by example, are in instructions/.
#include "models/cpu/soft_float.hpp"
#include "tests/unit/cpu/machine.hpp"
#include <gtest/gtest.h>
#include <random>

using namespace acf::cpu;
using namespace acf::cpu::test;
namespace soft = acf::cpu::soft_float;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

namespace {

constexpr u64 boxed(u32 v) { return u64{v} | 0xffffffff00000000u; }

// Values where rounding, overflow, underflow and cancellation happen.
template <class Bits>
Bits interesting(std::mt19937_64& random) {
  using t = soft::traits<Bits>;
  constexpr unsigned width = sizeof(Bits) * 8;
  const Bits sign = static_cast<Bits>(random() & 1) << (width - 1);
  Bits fraction = static_cast<Bits>(random()) & ((Bits{1} << t::fraction) - 1);
  if (random() % 3 == 0) fraction &= ~Bits{0} << (random() % t::fraction); // short: ties become likely
  if (random() % 8 == 0) fraction = static_cast<Bits>(~fraction) & ((Bits{1} << t::fraction) - 1);
  Bits exponent = 0;
  switch (random() % 6) {
  case 0: exponent = static_cast<Bits>(random() % 3); break;                                     // tiny
  case 1: exponent = static_cast<Bits>(2 * t::bias + 1 - static_cast<int>(random() % 4)); break; // huge, infinite, NaN
  case 2: exponent = static_cast<Bits>(random() % (2 * t::bias + 2)); break;
  case 3: exponent = static_cast<Bits>(t::bias / 2 + static_cast<int>(random() % 8)); break; // products become tiny
  default: exponent = static_cast<Bits>(t::bias - 4 + static_cast<int>(random() % 9)); break;
  }
  return sign | exponent << t::fraction | fraction;
}

struct result {
  u64 value;
  std::uint8_t flags;
  bool operator==(const result&) const = default;
};

// One instruction on the hart (dynamic rounding), many operands: a loop would hide which ones differ.
class unit {
public:
  unit(std::string_view name, unsigned operands) {
    if (operands == 3)
      m.put(name, {3, 0, 1, 2});
    else
      m.put(name, {3, 0, 1});
    m.put("jal", {zero, -4});
    m.cpu.run(1);
  }
  template <class Bits>
  result operator()(Bits a, Bits b, Bits c, rounding mode) {
    m.cpu.pc = memory_base;
    const auto put = [&](unsigned r, Bits v) { m.cpu.f[r] = sizeof(Bits) == 4 ? boxed(static_cast<u32>(v)) : v; };
    put(0, a), put(1, b), put(2, c);
    m.cpu.fflags = 0;
    m.cpu.frm = static_cast<std::uint8_t>(mode);
    m.cpu.run(1);
    return {m.cpu.f[3], m.cpu.fflags};
  }

private:
  machine m;
};

template <class Bits, class Exact>
void prove(std::string_view name, Exact exact, unsigned operands) {
  unit hart_unit(name, operands);
  std::mt19937_64 random(operands);
  for (int n = 0; n < 60'000; ++n) {
    const Bits a = interesting<Bits>(random), b = interesting<Bits>(random);
    Bits c = interesting<Bits>(random);
    const auto mode = static_cast<rounding>(random() % 5);
    if (operands == 3 && n % 4 == 0) { // cancellation
      std::uint8_t ignored = 0;
      c = soft::multiply<Bits>(a, b, rounding::rne, ignored) ^ soft::sign_bit<Bits>;
    }
    std::uint8_t flags = 0;
    const Bits expected = exact(a, b, c, mode, flags);
    const result r = hart_unit(a, b, c, mode);
    ASSERT_EQ(r, (result{sizeof(Bits) == 4 ? boxed(static_cast<u32>(expected)) : expected, flags}))
        << name << std::hex << " of " << +a << ' ' << +b << ' ' << +c << " mode " << static_cast<int>(mode) << ": hart "
        << r.value << " flags " << +r.flags << ", exact " << +expected << " flags " << +flags;
  }
}

template <class Bits>
void prove_all(const std::string& suffix) {
  prove<Bits>(
      "fadd" + suffix, [](auto a, auto b, auto, auto m, auto& f) { return soft::add(a, b, m, f); }, 2);
  prove<Bits>(
      "fsub" + suffix, [](auto a, auto b, auto, auto m, auto& f) { return soft::subtract(a, b, m, f); }, 2);
  prove<Bits>(
      "fmul" + suffix, [](auto a, auto b, auto, auto m, auto& f) { return soft::multiply(a, b, m, f); }, 2);
  prove<Bits>(
      "fdiv" + suffix, [](auto a, auto b, auto, auto m, auto& f) { return soft::divide(a, b, m, f); }, 2);
  prove<Bits>(
      "fmadd" + suffix, [](auto a, auto b, auto c, auto m, auto& f) { return soft::fused(a, b, c, m, f); }, 3);
}
template <class Bits>
void prove_root(std::string_view name) {
  machine m;
  m.put(name, {3, 0}).put("jal", {zero, -4});
  std::mt19937_64 random(5);
  for (int n = 0; n < 60'000; ++n) {
    const Bits a = interesting<Bits>(random);
    const auto mode = static_cast<rounding>(random() % 5);
    m.cpu.pc = memory_base;
    m.cpu.f[0] = sizeof(Bits) == 4 ? boxed(static_cast<u32>(a)) : a;
    m.cpu.fflags = 0;
    m.cpu.frm = static_cast<std::uint8_t>(mode);
    m.cpu.run(1);
    std::uint8_t flags = 0;
    const Bits expected = soft::square_root(a, mode, flags);
    ASSERT_EQ(static_cast<Bits>(m.cpu.f[3]), expected)
        << name << std::hex << ' ' << +a << " mode " << static_cast<int>(mode);
    ASSERT_EQ(m.cpu.fflags, flags) << name << std::hex << ' ' << +a << " mode " << static_cast<int>(mode);
  }
}

TEST(cpu_float, host_arithmetic_is_exact_single) { prove_all<u32>(".s"); }
TEST(cpu_float, host_arithmetic_is_exact_double) { prove_all<u64>(".d"); }
TEST(cpu_float, host_square_root_is_exact) {
  prove_root<u32>("fsqrt.s");
  prove_root<u64>("fsqrt.d");
}

} // namespace
