// The host's floating-point environment, lent to a hart.
//
// While a hart runs, the host rounds as the guest's frm says and accumulates the guest's exceptions in its own sticky
// flags, so that an addition costs an addition. Everything else in the process expects round-to-nearest: `host_fpu`
// gives it back whenever the hart is left, also for a call to the bus.
#pragma once
#include "models/cpu/state.hpp"
#include <cfenv>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace acf::cpu::host_fpu {

#if defined(__x86_64__)
inline void use(unsigned frm) { // flags cleared, exceptions masked
  constexpr unsigned control[] = {0x1f80, 0x7f80, 0x3f80, 0x5f80};
  _mm_setcsr(control[frm & 3]);
}
inline std::uint8_t flags() {
  const unsigned raised = _mm_getcsr();
  return static_cast<std::uint8_t>((raised & 0x20 ? fflag::nx : 0) | (raised & 0x10 ? fflag::uf : 0) |
                                   (raised & 0x08 ? fflag::of : 0) | (raised & 0x04 ? fflag::dz : 0) |
                                   (raised & 0x01 ? fflag::nv : 0));
}
using environment = unsigned;
inline environment save() { return _mm_getcsr(); }
inline void restore(environment e) { _mm_setcsr(e); }
#else
inline void use(unsigned frm) {
  constexpr int mode[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
  std::feclearexcept(FE_ALL_EXCEPT);
  std::fesetround(mode[frm & 3]);
}
inline std::uint8_t flags() {
  const int raised = std::fetestexcept(FE_ALL_EXCEPT);
  return static_cast<std::uint8_t>((raised & FE_INEXACT ? fflag::nx : 0) | (raised & FE_UNDERFLOW ? fflag::uf : 0) |
                                   (raised & FE_OVERFLOW ? fflag::of : 0) | (raised & FE_DIVBYZERO ? fflag::dz : 0) |
                                   (raised & FE_INVALID ? fflag::nv : 0));
}
using environment = std::fenv_t;
inline environment save() {
  std::fenv_t e;
  std::fegetenv(&e);
  return e;
}
inline void restore(const environment& e) { std::fesetenv(&e); }
#endif

// Keeps the compiler from moving arithmetic on `value` across changes of the environment, or folding it.
template <class T>
[[gnu::always_inline]] inline T opaque(T value) {
#if defined(__x86_64__)
  asm volatile("" : "+x"(value));
#else
  asm volatile("" : "+m"(value));
#endif
  return value;
}

} // namespace acf::cpu::host_fpu
