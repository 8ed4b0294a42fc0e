// One matrix product C[M, N] = A[M, K] B[K, N] on one engine: masks, cycles and causes, and the exact result.
#pragma once

#include "models/zbcc/engine.hpp"
#include "platform/matmul/array_file.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace acf::platform {

enum class product_type { bf16, fp16, fp32, int8 };

struct product {
  product_type type = product_type::bf16;
  std::size_t m = 0, n = 0, k = 0;
  std::vector<std::uint8_t> a, b; // in that type, row-major: [M, K] and [K, N]

  std::uint32_t element_bytes() const;
};

// Masks become values of a normal distribution (int8: uniform from -127 to 127), never 0, drawn from Philox stream
// `stream` of `seed` at the element's index; numbers are rounded to nearest even (int8: and held within -128 to 127).
std::vector<std::uint8_t> operand(const array& from, product_type type, std::uint64_t seed, std::uint64_t stream);

// What engines see of it, with the targeted operand B in the backward phases' gradient place.
zbcc::chunk masks_of(const product& p, zbcc::phase phase, zbcc::sides skip);

// float32 by the arithmetic contract, or int32 (modulo 2^32) for int8.
using product_result = std::variant<std::vector<float>, std::vector<std::int32_t>>;
product_result multiply(const product& p);

// What the engine takes for it and the result, both exact, shared among host threads. Their number changes no bit.
struct executed_product {
  zbcc::chunk_cost cost;
  product_result c;
};
executed_product execute(const product& p, const zbcc::engine& machine, zbcc::phase phase, zbcc::sides skip,
                         unsigned threads);

// Pairs with the operands of the skipped sides not zero.
std::uint64_t effectual_macs(const zbcc::chunk& work);

} // namespace acf::platform
