// The recipe of a run in numbers, before any chip is known: shapes, first weights, batches, rates, mask changes, as
// RECIPE.md defines them.
#pragma once

#include "sw_stack/compiler/inputs.hpp"
#include "sw_stack/compiler/network.hpp"

#include <array>
#include <vector>

namespace acf::compiler {

// Weights [outputs][inputs] and biases [outputs] padded, fp32, zero in dead blocks, and their momenta; `blocks` lists
// the live ones, ascending.
struct layer_start {
  std::vector<float> weights, bias, weight_momenta, bias_momenta, weight_seconds, bias_seconds;
  std::vector<std::uint32_t> blocks;
  std::vector<std::uint8_t> mask; // of single weights, [outputs][inputs]: 1 live, 0 dead, 2 padding; or none
};

struct recipe {
  std::vector<node> nodes;
  std::vector<layer_shape> layers;
  std::vector<volume> norms;
  std::vector<layer_start> start;
  std::uint32_t steps_per_epoch = 0, steps = 0;  // those of this run: training::steps_before are left out of all tables
  std::vector<float> rate;                       // [steps]
  std::vector<float> inverse_batch;              // [steps], 1 / valid rows
  std::vector<std::array<float, 2>> corrections; // [steps], of AdamW's moments
  std::vector<std::uint32_t> order;        // [steps][batch], sample or `samples` (the zero row) where there is none
  std::vector<std::uint32_t> regrow_steps; // after these many steps
  std::vector<std::uint32_t> regrow_count; // [regrow][sparse layers], blocks or weights dropped and grown
  std::vector<std::uint32_t> regrow_share; // [regrow], 2^32 times what dies, where firmware says how many; or nothing
};

// Streams of hal::numeric::random_stream{training.seed, ...}.
namespace random_use {
inline constexpr std::uint64_t weights = 0x100; // + layer
inline constexpr std::uint64_t mask = 0x200;    // + layer
inline constexpr std::uint64_t order = 0x300;   // + epoch
inline constexpr std::uint64_t owners = 0x3FF;  // of blocks, where chance decides: no weight depends on them
inline constexpr std::uint64_t steps = 0x400;   // in the upper half, a step in the lower one: drawn by the fabric
inline constexpr std::uint64_t dropout = 0x500; // likewise
} // namespace random_use

// Random words of a step that belong to a layer start at layer << draws_of_a_layer.
inline constexpr std::uint32_t draws_of_a_layer = 27;

// The first `take` of a random permutation of 0 .. n-1: "draw" of RECIPE.md.
std::vector<std::uint32_t> draw(std::uint64_t seed, std::uint64_t stream, std::uint32_t n, std::uint32_t take);

// After how many steps of the whole run masks change: at every period in its first three quarters. 0: never.
std::vector<std::uint32_t> change_steps(std::uint32_t period, std::uint32_t all_steps);
// Of what lives, how much a change drops and grows, as RigL has it: 0.3 at the start, nothing at three quarters.
double falling_share(std::uint32_t step, std::uint32_t all_steps);

recipe make_recipe(const training& t, std::uint32_t train_samples);

} // namespace acf::compiler
