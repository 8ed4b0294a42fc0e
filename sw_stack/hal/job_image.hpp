// The job image: what the host-side compiler hands to the firmware. One contiguous piece of DRAM at map::job_image;
// all offsets are bytes from its start. Versioned; firmware refuses what it does not know.
#pragma once

#include <cstdint>

namespace acf::hal::job {

inline constexpr std::uint32_t magic = 0x4A464341; // "ACFJ"
inline constexpr std::uint32_t version = 7;

// What every ring of a tile is for.
enum ring : std::uint32_t { setup = 0, step = 1, regrow = 2, evaluate = 3 };
// A fifth list, which firmware puts into the setup ring when a loss was not finite: what every layer makes of the last
// batch.
inline constexpr std::uint32_t diagnose = 4, lists = 5;

// How firmware fills the routing tables; xy is what they are after reset.
enum class routing : std::uint32_t { xy, yx, west_first, table };

struct ring_entry {
  std::uint64_t address = 0; // absolute, 64-byte aligned
  std::uint32_t length = 0;  // records
  std::uint32_t reserved = 0;
};

struct header {
  std::uint32_t magic = job::magic;
  std::uint32_t version = job::version;
  std::uint64_t bytes = 0; // of the whole image

  // The chip it was built for; firmware compares with the capability registers and names the first mismatch.
  std::uint32_t mesh_width = 0, mesh_height = 0, sram_kib = 0, lanes = 0;

  // The run: so many steps, behind steps_before that an earlier run has made.
  std::uint32_t steps = 0, steps_per_epoch = 0, epochs = 0, steps_before = 0;
  std::uint32_t train_samples = 0, test_samples = 0, batch = 0, classes = 0;

  // Sections.
  std::uint64_t rings = 0;        // ring_entry[tiles][4]
  std::uint64_t scalars = 0;      // u64[tiles][16], written to SCALAR before the setup job
  std::uint64_t regrow_steps = 0; // u32[regrow_count], increasing: run the regrow ring after these steps of this run
  std::uint32_t regrow_count = 0;
  std::uint32_t rows_per_tile = 0; // of the batch: tile t has those from t * rows_per_tile on, as far as there are any
  std::uint64_t fence_word = 0;    // u32, written by the root's FENCE commands (their number so far)
  std::uint64_t train_stats = 0;   // loss_record[tiles], running totals since the setup job, stored every step
  std::uint64_t test_stats = 0;    // loss_record[tiles], stored at the end of the evaluate job
  std::uint64_t writable_begin = 0, writable_end = 0; // DMA window with write rights; the rest is read only
  std::uint64_t results = 0;                          // job::results, filled in by firmware
  std::uint64_t layers = 0; // layer_record[layer_count]: where the trained weights are after the evaluate job
  std::uint64_t layer_count = 0;
  std::uint64_t thresholds = 0; // threshold_line[steps][threshold_tensors], or 0: of recipes that have thresholds
  std::uint64_t threshold_tensors = 0; // gradients that are thinned out, of the layers that give one back
  std::uint64_t norms = 0;             // norm_record[norm_count]
  std::uint64_t norm_count = 0;
  job::routing routing = job::routing::xy;
  std::uint32_t routes_unchecked = 0; // 1: firmware does not run the checker
  std::uint64_t routes = 0;           // of routing::table: u8[nodes][tiles], output ports
  std::uint64_t step_record = 0;      // hal::step_record as the evaluate job leaves it, or 0
  std::uint64_t diagnose_lists = 0;   // ring_entry[tiles]
  std::uint64_t nodes = 0;            // node_record[node_count], in the order in which they compute
  std::uint64_t node_count = 0;
  std::uint64_t all_finite = 0; // u32[node_count][batch], written by the diagnosis: 1 where a row's outputs are finite
  std::uint64_t budget = 0;     // budget_record, or 0: changes of the mask are what the image says
};
static_assert(sizeof(header) == 256);

// Sparse momentum: how many entries, weights or blocks, a change of the mask drops and grows in each layer is
// firmware's to say. The regrow job has a fence more: at the first one the sums are there, and tile 0 waits for a
// semaphore.
struct budget_record {
  std::uint32_t layers = 0, semaphore = 0; // raised by a write of 1 to tile 0's register
  std::uint64_t shares = 0;                // u32[regrow_count]: 2^32 times the share of a layer that dies
  std::uint64_t by_layer = 0;              // budget_layer[layers]
  std::uint64_t changes = 0;               // budget_change[layers], written by firmware
};
static_assert(sizeof(budget_record) == 32);

struct budget_layer {
  std::uint32_t entries = 0, live = 0; // live ones: kept up to date by firmware
  std::uint32_t rows = 0, reserved = 0;
  std::uint64_t sums = 0; // fp32[rows] of the magnitudes of the momenta of live weights, written by the fabric
};
static_assert(sizeof(budget_layer) == 24);

struct budget_change {
  std::uint32_t dropped = 0, grown = 0;
};

// A layer that computes something, for messages.
struct node_record {
  char name[64] = {}; // ends with 0
};

// The weights of one layer and their momenta: fp32, as the evaluate job leaves them in DRAM.
// Dense: W[outputs][inputs], row-major. Sparse (live != 0): live blocks of 16, row-major; block i belongs to block
// number blocks[i] of outputs/4 x inputs/4, counted row by row; all other blocks are zero. Outputs and inputs are
// padded to multiples of four with zeros; input i is in column i / each * group_inputs + i % each, each = real_inputs /
// groups, where there are groups (the taps of a convolution, pixels that a linear layer sees). Of a convolution whose
// channels are in channel_groups, output o sees those of group g = o / (real_outputs / channel_groups), from column
// g * each of every tap on.
struct layer_record {
  std::uint32_t outputs = 0, inputs = 0;           // padded
  std::uint32_t real_outputs = 0, real_inputs = 0; // of the network
  std::uint32_t live = 0;                          // live blocks, 0 for a dense layer
  std::uint16_t groups = 0, group_inputs = 0;      // inputs come in groups, each padded for itself; 0: in one
  std::uint64_t masters = 0;                       // fp32[outputs][inputs] or fp32[live][16]
  std::uint64_t blocks = 0;                        // u32[live]
  std::uint64_t bias = 0;                          // fp32[outputs]
  std::uint64_t mask = 0; // u8[outputs][inputs], 1 where a weight of a dense layer is used; 0: everywhere
  // What the optimiser keeps, `states` numbers of each weight: fp32[outputs][states][inputs] or [live][states][16], and
  // [states][outputs].
  std::uint64_t momenta = 0;
  std::uint64_t bias_momenta = 0;
  std::uint32_t channel_groups = 1, states = 1;
};
static_assert(sizeof(layer_record) == 80);

// What makes up the state of a batch normalisation: factors, offsets, running means, running variances, then of every
// state of the optimiser that of the factors and that of the offsets.
inline constexpr std::uint32_t norm_momenta = 4; // the first of these

// A batch normalisation, as the evaluate job leaves it in DRAM.
struct norm_record {
  std::uint32_t channels = 0, real_channels = 0; // padded, and of the network
  std::uint64_t state = 0;                       // fp32[parts][channels]
  std::uint32_t parts = 0, reserved = 0;
};
static_assert(sizeof(norm_record) == 24);

// Room of a threshold_record (threshold_commands.hpp) in DRAM, as a step has left it.
inline constexpr std::uint32_t threshold_line = 64;

// Firmware's account of the run; the platform reads it for report.json.
struct results {
  std::uint32_t valid = 0; // magic when filled in
  std::uint32_t steps_done = 0;
  std::uint64_t test_correct = 0, test_rows = 0;
  std::uint64_t train_loss_q16 = 0, train_rows = 0; // last epoch
  std::uint32_t diverged_step = 0;                  // of the whole run, from 1; 0: none
  std::uint32_t reserved = 0;
};

} // namespace acf::hal::job
