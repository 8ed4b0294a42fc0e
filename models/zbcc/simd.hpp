// Vectors of floats for the kernels; private to them.
#pragma once

#include <cstddef>
#include <cstring>

#define ACF_INLINE [[gnu::always_inline]] inline

namespace acf::zbcc {

// Vectors are passed between always-inlined functions only: no calling convention is involved (-Wno-psabi).
typedef float v4 __attribute__((vector_size(16)));
typedef float v16 __attribute__((vector_size(64)));
constexpr std::size_t lanes = 16;

ACF_INLINE v4 load4(const float* p) {
  v4 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
ACF_INLINE v16 load16(const float* p) {
  v16 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
ACF_INLINE void store16(float* p, v16 v) { std::memcpy(p, &v, sizeof v); }
// Four values, four times over. Reads 16: what comes after them must be readable.
ACF_INLINE v16 load_four_times(const float* p) {
  const v16 v = load16(p);
  return __builtin_shufflevector(v, v, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
}
constexpr std::size_t beyond = lanes - 4; // floats that must follow

} // namespace acf::zbcc
