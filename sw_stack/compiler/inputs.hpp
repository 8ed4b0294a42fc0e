// What the compiler is told: the chip, the training run, the data. Plain structs; compile.hpp turns them into an image.
#pragma once

#include "sw_stack/compiler/network.hpp"
#include "sw_stack/data/data_set.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace acf::compiler {

using data::data_set;
using data::input_error;
using data::samples;

// Who owns the live blocks of a sparse layer (block_owners.hpp): tiles get neighbouring columns, as METIS cuts them or
// simply in their order, or whatever blocks chance gives them.
enum class block_owners { metis, columns, random };

struct chip {
  std::uint32_t mesh_width = 4, mesh_height = 4;
  std::uint32_t sram_bytes = 512 * 1024; // per tile
  std::uint32_t lanes = 64;              // of a tile's matrix engine
  std::uint32_t channels = 8;            // of DRAM
  bool packs = true;                     // tiles have units that pack and unpack zeros
  block_owners owners = block_owners::metis;
  std::uint32_t tiles() const { return mesh_width * mesh_height; }
};

enum class schedule { constant, cosine, step };
enum class optimiser { momentum, adamw };
enum class storage { bf16, fp32, fp16 };
// block4x4: blocks that live are listed; masked_blocks: of dense weights, some blocks are zero.
enum class pattern { dense, block4x4, masked_blocks, unstructured, n_of_m };

// What a recipe does beside a dense step, by file of methods/; plain: nothing, or 4x4 blocks that move.
enum class method_kind {
  plain,
  srste,
  bdwp, // weights
  rigl,
  set,
  magnitude,
  momentum, // single weights, or masked blocks
  dts,
  held,
  topk,
  gaussian,
  random // gradients
};

// Where a threshold of gradients (hal::threshold_record) stands between two steps.
struct threshold_state {
  float value = 0;
  std::uint32_t commits = 0;
};

// A layer to start from: W[outputs][inputs] row-major, without padding, and which of the weights may be other than
// zero.
struct given_layer {
  std::vector<float> weights;
  std::vector<float> bias; // [outputs]
  std::vector<bool> live;  // of each weight
  // What an earlier run has left beside them; empty: nothing.
  std::vector<float> weight_momenta, bias_momenta; // first moments
  std::vector<float> weight_seconds, bias_seconds; // second moments
  std::optional<threshold_state> threshold;
};

// A batch normalisation to start from: [training::norm_parts()][channels].
struct given_norm {
  std::vector<float> state;
};

struct training {
  std::vector<std::uint32_t> layers{784, 128, 10}; // of a perceptron; unused if there is a network
  std::optional<network_description> network;
  std::uint32_t batch = 64;
  std::uint32_t epochs = 5;
  float lr = 0.05f;
  schedule rate = schedule::constant; // step: a tenth from half of the steps on, a hundredth from three quarters on
  std::uint32_t warmup_steps = 0;     // in which the rate grows from nothing
  optimiser rule = optimiser::momentum;
  float momentum = 0.9f;                 // of AdamW: beta1
  float beta2 = 0.999f, epsilon = 1e-8f; // of AdamW
  float weight_decay = 0;                // of weights, not of biases
  float clip_value = 0;                  // bound of a gradient's magnitude; 0: none
  float clip_norm = 0;                   // bound of the norm of all gradients together; 0: none
  float largest_logit = 10000;           // in magnitude: training ends beyond; 0: only where one is not finite
  // fp16: the loss is multiplied by a power of two, which halves when gradients overflow, and doubles after so many
  // steps in which they do not.
  float loss_scale = 65536;
  std::uint32_t loss_scale_good = 0, loss_scale_interval = 2000; // good: steps so far, of an earlier run
  std::uint64_t seed = 0;
  storage dtype = storage::bf16;
  pattern weights = pattern::dense;
  method_kind method = method_kind::plain;
  double sparsity = 0.9;                   // share of the 4x4 blocks, or of the weights, that is zero
  std::vector<std::uint32_t> dense_layers; // of those with weights, from 1 on: what makes zeros leaves them out
  std::uint32_t kept = 2, group = 8;       // n_of_m
  double gradient_sparsity = 0.5;          // share of the gradients of hidden layers that is stored as zeros
  std::uint32_t regrow_period = 100;       // steps between changes of the mask; 0: never
  float growth_threshold = 0;              // of `acf`: blocks with this mean gradient grow; 0: as many as planned
  bool skip_a = true, skip_b = true;       // sides whose zeros the engine may bypass
  bool pack_images = false;                // in DRAM, where the chip can unpack them
  std::uint32_t max_steps = 0;             // stop early, for tests; 0: all epochs
  std::vector<given_layer> start;          // instead of random weights and masks; empty: none
  std::vector<given_norm> norm_start;      // with `start`
  std::uint32_t steps_before = 0;          // that led to `start`: this run makes the ones behind them

  bool scales_loss() const { return dtype == storage::fp16; }
  // All gradients are looked at before any weight is updated.
  bool controlled() const { return clip_norm != 0 || scales_loss(); }
  std::uint32_t states() const { return rule == optimiser::adamw ? 2 : 1; } // that the optimiser keeps of a weight
  std::uint32_t norm_parts() const { return 2 * (2 + states()); }           // hal::job::norm_record
};

} // namespace acf::compiler
