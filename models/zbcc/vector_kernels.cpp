#include "models/zbcc/vector_kernels.hpp"

#include "models/zbcc/clones.hpp"

#include <array>
#include <cstring>

// A vector that is wider than the registers of the instruction set lives in memory, so the loops are compiled for the
// width that each set has, and in its set from the first declaration on.
#define ACF_SET plain
#define ACF_REGISTER 16
#include "models/zbcc/vector_kernels.inc"
#undef ACF_SET
#undef ACF_REGISTER

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ACF_WIDER_SETS
#pragma GCC push_options
#pragma GCC target("avx2")
#define ACF_SET avx2
#define ACF_REGISTER 32
#include "models/zbcc/vector_kernels.inc"
#undef ACF_SET
#undef ACF_REGISTER
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f")
#define ACF_SET avx512
#define ACF_REGISTER 64
#include "models/zbcc/vector_kernels.inc"
#undef ACF_SET
#undef ACF_REGISTER
#pragma GCC pop_options
#endif

namespace acf::zbcc {

std::vector<vector_kernel_set> vector_kernel_sets_of_host() {
  std::vector<vector_kernel_set> sets;
#ifdef ACF_WIDER_SETS
  if (__builtin_cpu_supports("avx512f")) sets.push_back({"avx512f", avx512::kernels});
  if (__builtin_cpu_supports("avx2")) sets.push_back({"avx2", avx2::kernels});
#endif
  sets.push_back({"plain", plain::kernels});
  return sets;
}

const vector_kernels& vector_kernels_of_host(bool finite) {
  static const vector_kernel_set best = vector_kernel_sets_of_host().front();
  return best.kernels[finite];
}

} // namespace acf::zbcc
