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
  exchange = 7,
  test_rows = 8, // offset in the table of test images
  test_left = 9, // pairs of test batches left
  event = 10,    // offset in the table of mask changes
  change = 11,   // blocks to drop and grow
};
}

// Every job begins and ends with all semaphores as the setup job left them; `ready` and `acts` are waited for by the
// sequencer, so that every command listed behind such a wait comes after everything that raised it.
namespace semaphore {
enum : std::uint32_t {
  ready = 0,           // end of a job's work everywhere: weights, biases and images have arrived
  acts = 1,            // activations and gradients of all rows have arrived
  done = 2,            // root: statistics are in DRAM
  gathered = 3,        // own rows of a batch are in SRAM; 1 between steps when two batches are fetched ahead
  indexed = 4,         // sample numbers have been loaded
  product = 5,         // matrix engine -> channel 0, which sends it
  logits = 6,          // matrix engine -> vector unit
  loss = 7,            // vector unit -> channel 0, channel 1, matrix engine
  stored = 8,          // DRAM has it
  gradient = 9,        // matrix engine -> vector unit
  updated = 10,        // vector unit -> channel 0
  loaded = 11,         // setup
  weights_loaded = 12, // and 13: stage of weights full
  weights_free = 14,   // and 15: empty; 1 each between jobs
  masters_loaded = 16, // and 17: stage of masters and momenta full, 2 signals
  masters_free = 18,   // and 19: empty; 6 signals
  test_loaded = 20,    // and 21
  test_free = 22,      // and 23
  scores = 24,         // root: scores for the mask have arrived
  scored = 25,         // vector unit -> channel 0
  ranged = 26,         // matrix engine -> channel 0
  listed = 27,         // root: vector unit -> channel 0
  topology = 28,       // new block lists have arrived
  moved = 29,          // masters are where the new lists want them
  cast = 30,           // vector unit -> channel 0
  reported = 31,       // statistics are in DRAM
  relay = 32,          // matrix engine -> vector unit, which raises two others
};
}

} // namespace acf::compiler
