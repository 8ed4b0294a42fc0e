// How the compiled programs use a tile's scalars and semaphores.
#pragma once

#include <cstdint>

namespace acf::compiler {

namespace scalar {
enum : std::uint32_t {
  images_now = 0,    // offset of the image buffer of this step
  images_next = 1,   // of the next step
  images_fill = 2,   // of the one after that
  record = 3,        // offset of this step's record in the step table
  rate = 4,          // learning rate, fp32 bits
  inverse_batch = 5, // fp32 bits
  fences = 6,        // FENCE commands so far
  exchange = 7,      // for moves
  test_rows = 8,     // offset in the table of test images
  test_left = 9,     // pairs of test batches left
  event = 10,        // offset in the table of mask changes
  change = 11,       // blocks or weights to drop and grow; gradients to keep
  draws = 12,        // random stream of this step
  log = 13,          // offset in the table of thresholds
  corrections = 14,  // 1 / (1 - beta^t) of both moments, fp32 bits in the lower and the upper half
  dropout = 15,      // random stream of this step's dropout
  test_sizes = 7,    // in the evaluate job, which moves nothing: offset in the table of sizes of packed test images
};
}

// Between jobs all semaphores are as the setup job left them. A semaphore that all tiles wait for may be raised again
// only by tiles that know that all have passed it: `ready` follows `acts` of the same step, `acts` follows `ready` of
// the step before, and every tile raises both. `ready`, `acts` and their like are waited for by the sequencer, so that
// every command listed behind such a wait comes after everything that raised it.
namespace semaphore {
enum : std::uint32_t {
  // From all tiles to all tiles.
  ready = 0,      // end of a job's work: weights, biases and images have arrived
  acts = 1,       // activations, gradients and the first images of all rows have arrived
  evaluating = 2, // all tiles are in the evaluate job
  evaluated = 3,  // and have finished with its buffers

  product = 5,     // matrix engine -> channel 0, which sends it
  logits = 6,      // matrix engine -> vector unit
  loss = 7,        // vector unit -> channel 0, channel 1, matrix engine
  reported = 8,    // statistics are in DRAM
  gradient = 9,    // matrix engine -> vector unit
  updated = 10,    // vector unit -> channel 0
  stored = 11,     // DRAM has it: weights; in the regrow and evaluate jobs other tables
  indexed = 12,    // sample numbers have been loaded
  gathered = 13,   // own rows of a batch are in SRAM; 1 between steps when two batches are fetched ahead
  loaded = 14,     // setup
  relay = 15,      // matrix engine -> vector unit, which raises two others
  to_vector = 50,  // matrix engine -> vector unit: what the next layer reads
  to_matrix = 51,  // vector unit -> matrix engine
  to_channel = 52, // vector unit -> channel 0
  finished = 39,   // the vector unit has done everything listed
  committed = 54,  // vector unit -> channel 0: a threshold
  logged = 55,     // it is in DRAM

  normed = 56,    // sums of squares of all tiles' gradients have arrived
  summed = 57,    // vector unit -> channel 0: sums of own rows
  norm_sums = 58, // sums of all rows have arrived: a pair, exchanges take turns

  // Pairs, one for each stage.
  weights_loaded = 16, // stage of weights full
  weights_free = 18,   // stage of weights empty; 1 each between jobs
  masters_loaded = 20, // stages of masters and momenta full; 2 signals
  masters_free = 22,   // stages of masters and copies empty; 2 signals
  momenta_free = 24,   // stage of momenta empty
  gradient_free = 26,  // stage of gradients empty
  test_loaded = 28,
  test_free = 30,
  test_sized = 62, // sizes of packed images have been loaded

  // The regrow job; those of a choice (choice.hpp) in steps that choose among gradients, too.
  inputs = 4,          // columns that owners of blocks had not got
  scores = 32,         // root: scores of live blocks have arrived
  scored = 33,         // vector unit -> channel 0
  ranged = 34,         // matrix engine -> vector unit: scores of other blocks
  listed = 35,         // root: vector unit -> channel 0
  topology = 36,       // new block lists have arrived
  moved = 37,          // masters are where the new lists want them
  cast = 38,           // vector unit -> channel 0
  momenta_loaded = 40, // stages of momenta full, a pair
  masked = 42,         // own part of the mask has arrived
  counted = 43,        // vector unit -> channel 0: a histogram
  row_counts = 44,     // first tile of a row: histograms of its row have arrived
  column_counts = 45,  // root: those of the rows
  chosen = 46,         // root: vector unit -> channel 0: a digit of the selection
  selected = 47,       // it has arrived
  grown = 48,          // vector unit -> channel 0: own part of the mask
  blocks_added = 53,   // what other tiles add to the gradients of blocks has arrived
  masks = 49,          // root: parts of masks have arrived
  taken = 60,          // root: DRAM has how many grow
  budgeted = 61,       // root: firmware has said how many die and grow
};
}

} // namespace acf::compiler
