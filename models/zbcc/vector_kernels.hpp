// The innermost loops of the matrix kernels, once for each width of vector registers; private to kernels.cpp, where the
// layouts are made. All give the same bits: lanes run over outputs, and nothing is fused (-ffp-contract=off).
#pragma once

#include "models/zbcc/kernels.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace acf::zbcc {

inline constexpr std::size_t lanes = 16;         // floats that are worked on together
inline constexpr std::size_t beyond = lanes - 4; // floats that must follow where four of them are read
inline constexpr std::size_t batch = 8;          // most groups of four rows of A in one call of `blocks`

struct sampled_pair {
  const float* a; // [k][16]
  const float* b; // [k][4] and `beyond` more
};

struct vector_kernels {
  // C[rows][width], rows `pitch` apart, += A[rows][depth] times one or two panels [depth][16]; width at most 32.
  void (*strip)(const float* a, std::size_t rows, std::size_t depth, const float* panels, std::size_t width, float* c,
                std::size_t pitch);
  // 4x4 outer products of a block row: lane 4 x + y of group g's sums is output (x, y). A comes with every value four
  // times ([k][x x x x], groups `pitch` apart), values as [k][y y y y], 16 for each of n entries.
  void (*blocks)(const float* a, std::size_t groups, std::size_t pitch, const block_entry* entries, std::size_t n,
                 const float* values, float* sums);
  void (*sampled)(const sampled_pair* pairs, std::size_t n, std::size_t depth, float* d);
};

// By `finite`: where an operand may be an infinity or a NaN (false) products with a zero are left out one by one; with
// finite operands they never change a sum, which is never -0.
struct vector_kernel_set {
  const char* name;
  std::array<vector_kernels, 2> kernels;
};
std::vector<vector_kernel_set> vector_kernel_sets_of_host(); // the widest registers first

const vector_kernels& vector_kernels_of_host(bool finite); // of the first of them

} // namespace acf::zbcc
