// The recipe of a run in numbers, before any chip is known: shapes, first weights, batches, rates, mask changes, as
// RECIPE.md defines them.
#pragma once

#include "sw_stack/compiler/inputs.hpp"
#include "sw_stack/compiler/network.hpp"

#include <vector>

namespace acf::compiler {

// Weights [outputs][inputs] and biases [outputs] padded, fp32, zero in dead blocks; `blocks` lists the live ones,
// ascending.
struct layer_start {
  std::vector<float> weights, bias;
  std::vector<std::uint32_t> blocks;
};

struct recipe {
  std::vector<node> nodes;
  std::vector<layer_shape> layers;
  std::vector<layer_start> start;
  std::uint32_t steps_per_epoch = 0, steps = 0;
  std::vector<float> rate;                 // [steps]
  std::vector<float> inverse_batch;        // [steps], 1 / valid rows
  std::vector<std::uint32_t> order;        // [steps][batch], sample or `samples` (the zero row) where there is none
  std::vector<std::uint32_t> regrow_steps; // after these many steps
  std::vector<std::uint32_t> regrow_count; // [regrow][sparse layers], blocks dropped and grown
};

// Streams of hal::numeric::random_stream{training.seed, ...}.
namespace random_use {
inline constexpr std::uint64_t weights = 0x100; // + layer
inline constexpr std::uint64_t mask = 0x200;    // + layer
inline constexpr std::uint64_t order = 0x300;   // + epoch
} // namespace random_use

recipe make_recipe(const training& t, std::uint32_t train_samples);

} // namespace acf::compiler
