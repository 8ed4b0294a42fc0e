// Zero detection: one bit per element of a stored operand, 1 where its converted value is neither +0 nor -0.
#pragma once

#include "models/zbcc/bit_matrix.hpp"
#include "models/zbcc/kernels.hpp"

namespace acf::zbcc {

bit_matrix non_zeros(const stored_matrix& m);
// Of BSR 4x4 blocks of a float type, [rows, cols]; the elements of a block are [n][k], or [k][n] if transposed.
bit_matrix non_zeros(const std::uint8_t* blocks, element type, const sparse_rows& s, std::size_t cols,
                     bool transposed_blocks);

// Elements of a packed float array that are not zero.
std::uint64_t count_non_zeros(const std::uint8_t* from, element type, std::size_t n);

} // namespace acf::zbcc
