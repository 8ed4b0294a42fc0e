// The arithmetic over arrays: conversion of rows, packing of matrix operands, and the three matrix kernels. Vector
// lanes run over outputs, never over k, so every output keeps the strict order of its dot product; see ARITHMETIC.md.
#pragma once

#include "models/zbcc/arithmetic.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace acf::zbcc {

// n elements, `stride` bytes apart, as fp32. `type` is a float type, u8, i8 or u16 (integers by value).
void load_row(const std::uint8_t* from, element type, std::size_t n, std::size_t stride, float* to);
// fp32 to n adjacent elements of a float type; NaN becomes the canonical NaN.
void store_row(const float* from, element type, std::size_t n, std::uint8_t* to);

constexpr bool is_float(element e) { return e == element::f32 || e == element::f16 || e == element::bf16; }
constexpr bool is_number(element e) { // what load_row takes
  return is_float(e) || e == element::u8 || e == element::i8 || e == element::u16;
}

// A stored matrix operand: rows x cols as they lie in memory. u8 values are multiplied by `scale` and rounded to `as`.
struct stored_matrix {
  const std::uint8_t* data = nullptr;
  element type = element::f32;
  std::size_t rows = 0, cols = 0;
  std::size_t row_stride = 0, col_stride = 0; // bytes
  float scale = 1.0f;
  element as = element::f32;

  void load(std::size_t row, float* to) const; // cols values
};

// Row-major fp32; `finite` is false if it holds an infinity or a NaN.
struct real_matrix {
  std::size_t rows = 0, cols = 0;
  std::vector<float> at;
  bool finite = true;
};
real_matrix load_matrix(const stored_matrix& m);
real_matrix transposed(const real_matrix& m);

// C[m][n] += sum over k of A[m][k] B[n][k], k ascending; B is stored [N, K], or [K, N] if `transposed`. C is row-major.
void multiply(const real_matrix& a, const stored_matrix& b, bool transposed, float* c);
// Only the columns [first, end) of C, whose rows still have N elements: parts for several threads.
void multiply_columns(const real_matrix& a, const stored_matrix& b, bool transposed, std::size_t first, std::size_t end,
                      float* c);

// One 4x4 block of a sparse matrix: where it stands, and where its values are.
struct block_entry {
  std::uint32_t column = 0, slot = 0;
};
struct sparse_rows {                // BSR 4x4 by block row
  std::vector<std::uint32_t> first; // block rows + 1, starting at 0
  std::vector<block_entry> entries;
  std::uint32_t block_rows() const { return static_cast<std::uint32_t>(first.size()) - 1; }
};
// The blocks of the entries, in their order, as [k][n]; stored [n][k], or [k][n] if `transposed`.
struct packed_blocks {
  std::vector<float> at; // 16 each, and a few more so that a wide load of the last one stays inside
  bool finite = true;
};
packed_blocks load_blocks(const std::uint8_t* blocks, element type, const sparse_rows& b, bool transposed);

// C[m][4 r + j] += the same sum over the live blocks of block row r.
void multiply_blocks(const real_matrix& a, const sparse_rows& b, const packed_blocks& values, float* c);

// D[i][4 x + y] += sum over k of A[k][4 r + x] B[k][4 c + y] for the blocks {r, c} of a list; A, B stored [K, M], [K,
// N].
struct output_block {
  std::uint32_t row = 0, column = 0;
};
void multiply_sampled(const stored_matrix& a, const stored_matrix& b, std::span<const output_block> blocks, float* d);

// Sum, from +0 in order, or maximum of magnitudes.
float block_score(std::span<const float> values, bool maximum);

} // namespace acf::zbcc
