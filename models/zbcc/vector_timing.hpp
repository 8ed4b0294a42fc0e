// What the vector unit takes: one table, in element operations per element. TIMING.md explains the numbers.
#pragma once

#include <cstdint>

namespace acf::zbcc::vector_timing {

inline constexpr std::uint64_t startup = 8; // cycles: read operands, fill the pipeline, first result

inline constexpr std::uint64_t copy = 1;           // per element, with or without conversion
inline constexpr std::uint64_t gather = 1;         // per element moved
inline constexpr std::uint64_t scatter_add = 2;    // per element added
inline constexpr std::uint64_t ewise = 1;          // per element of the result
inline constexpr std::uint64_t reduce = 1;         // per element of the source
inline constexpr std::uint64_t reduce_squares = 2; // multiply, add
inline constexpr std::uint64_t softmax = 20; // per logit: compare, subtract, exp (14), add, divide, subtract, multiply
inline constexpr std::uint64_t softmax_row = 20;        // per row: log and the accumulators
inline constexpr std::uint64_t pool_tap = 1;            // per tap of an output: compare, or add
inline constexpr std::uint64_t pool_output = 1;         // per output: its factor, or its choice
inline constexpr std::uint64_t pool_gate = 1;           // per element of a gated gradient
inline constexpr std::uint64_t norm_sums = 3;           // per element: square, two sums
inline constexpr std::uint64_t norm_gradient_sums = 5;  // per element: normalise (2), product, two sums
inline constexpr std::uint64_t norm_forward = 3;        // per element: subtract, multiply, add
inline constexpr std::uint64_t norm_backward = 6;       // per element: normalise (2), three steps, factor
inline constexpr std::uint64_t norm_channel = 32;       // per channel: root, divisions, running mean and variance
inline constexpr std::uint64_t update = 4;              // per weight: two multiplications, an addition, a subtraction
inline constexpr std::uint64_t update_adamw = 14;       // moments (7), corrections (2), root, sum, quotient, step (2)
inline constexpr std::uint64_t update_decay = 2;        // more with weight decay
inline constexpr std::uint64_t update_scale = 1;        // more with a factor
inline constexpr std::uint64_t update_clip = 2;         // more with a bound: two comparisons
inline constexpr std::uint64_t gradients = 2;           // per element: square, wide addition
inline constexpr std::uint64_t gradients_record = 5;    // per record: the words of its sum
inline constexpr std::uint64_t gradients_decision = 24; // per command: root, quotients, comparisons
inline constexpr std::uint64_t score = 1;               // per element
inline constexpr std::uint64_t select = 5;              // per score: four histogram passes, one to find the last
inline constexpr std::uint64_t select_bins = 4 * 256;   // per command: scans of the histograms
inline constexpr std::uint64_t select_count = 1;        // per score: compare with the digits so far, count
inline constexpr std::uint64_t selected = 1;            // per element: compare with the last one taken
inline constexpr std::uint64_t mask_update = 2;         // per mask entry: compare, prefix sum
inline constexpr std::uint64_t mask_update_live = 4;    // per live block: number, remap, two list entries
inline constexpr std::uint64_t nm_select = 1;           // per element: serial insertion sorters
inline constexpr std::uint64_t dts = 2;                 // per element: compare; count and maximum
inline constexpr std::uint64_t dts_commit = 8;          // per record
inline constexpr std::uint64_t random = 11;             // per element: ten rounds make four words; compare
inline constexpr std::uint64_t dropout = 12;            // per element: the same, and the product
inline constexpr std::uint64_t deviation = 24;          // per command: division, square root, product
inline constexpr std::uint64_t convert = 2;             // per element: test or place, prefix sum
inline constexpr std::uint64_t transpose = 1;           // per element
inline constexpr std::uint64_t transpose_block = 2;     // per block of a list: count, place

} // namespace acf::zbcc::vector_timing
