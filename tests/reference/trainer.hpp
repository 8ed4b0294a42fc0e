// Trains a perceptron as sw_stack/compiler/RECIPE.md and models/zbcc/ARITHMETIC.md say, with one plain loop for every
// sum. It knows these two pages and nothing of the chip: no tiles, no chunks, no commands.
#pragma once

#include "tests/reference/arithmetic.hpp"
#include "tests/reference/compare.hpp"
#include "tests/reference/recipes.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace acf::reference {

enum class schedule { constant, cosine, step };

struct settings {
  std::vector<std::uint32_t> widths; // pixels, hidden widths, classes
  std::uint32_t batch = 64, epochs = 5;
  std::uint32_t step_limit = 0; // 0: none
  double lr = 0.05, momentum = 0.9, decay = 0;
  schedule rates = schedule::cosine;
  double largest_logit = 0; // training has diverged beyond; 0: only where one is not finite
  // Of networks (network_trainer.hpp) only.
  bool adamw = false;
  double beta2 = 0.999, epsilon = 1e-8;
  double clip_value = 0, clip_norm = 0; // 0: none
  bool fp16 = false;                    // storage type; bf16 is not looked at then
  double loss_scale = 65536;
  std::uint32_t loss_scale_interval = 2000;
  std::uint32_t warmup = 0; // steps
  std::uint64_t seed = 0;
  bool bf16 = true;             // storage type; else fp32
  bool sparse = false;          // blocks or single weights that die and grow
  method recipe = method::rigl; // of a run that is not sparse: what thins out weights or gradients otherwise
  bool unstructured = false;    // single weights instead of 4x4 blocks
  double sparsity = 0.9;
  std::uint32_t dense_layer = 0; // of networks: with weights, from 1 on, no recipe makes zeros in it; 0: none
  n_of_m pattern{};              // srste, bdwp
  double gradient_sparsity = 0.5;
  std::uint32_t regrow_period = 0;
  double growth_threshold = 0; // mean magnitude of a block's gradients from which on it grows; 0: as many as planned
  arithmetic how;

  bool beyond_all_bounds(std::span<const float> logits) const {
    const double bound = largest_logit != 0 ? largest_logit : std::numeric_limits<float>::max();
    return !std::all_of(logits.begin(), logits.end(), [bound](double x) { return std::fabs(x) <= bound; });
  }
};

struct samples {
  std::vector<std::vector<std::uint8_t>> images;
  std::vector<std::uint8_t> labels;
};

struct trained {
  std::vector<layer_tensors> layers;
  std::vector<norm_tensors> norms;
  std::uint32_t mask_changes = 0;   // how often blocks died and grew ...
  std::uint32_t blocks_moved = 0;   // ... and how many of all layers
  std::uint32_t diverged_step = 0;  // from 1, whose loss was not finite in some row, and which changed nothing; 0: none
  std::uint32_t skipped = 0;        // steps whose gradients were not finite
  std::uint32_t clipped = 0;        // steps whose gradients were too long
  double first_loss = 0, loss = 0;  // mean of the first and of the last batch
  std::vector<float> thresholds;    // of every hidden layer that is thinned out, in the last batch ...
  std::vector<std::uint32_t> zeros; // ... and its zeros then
};

trained train(const settings& given, const samples& set);

} // namespace acf::reference
