// Everything that can be chosen about a run, as plain structs: the default chip (ACF-1) and the default training job
// are the member initialisers. schema.hpp gives each of them its key, its range and its text; reader.hpp fills them in.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace acf::platform {

struct mesh_config {
  std::uint32_t width = 4;            // tiles; 4 x 4 tiles x 64 lanes = 1024 lanes, as the published designs compare
  std::uint32_t height = 4;           // tiles
  std::uint32_t virtual_channels = 2; // per message class; two let a stalled packet be passed
  std::uint32_t buffer_flits = 8;     // per virtual channel; 64 bytes each, covers the credit round trip
  std::string routing = "xy";         // how the job's firmware fills the routing tables; or a file
  std::string route_check = "on";     // off: it uses them unchecked
  std::string placement = "metis";    // which tiles own which blocks of sparse weights
};

struct zbcc_config {
  std::string engine = "zbcc"; // micro-architecture of the compute core
  std::uint32_t lanes = 64;    // multiply-accumulate units of a tile
  std::uint32_t rows = 0;      // processing elements of a tile: rows ... (0: the engine's own shape)
  std::uint32_t columns = 0;   // ... and columns; each has lanes / (rows * columns) lanes
  std::string skip = "both";   // whose zeros may be bypassed: both operands, weights, none
  std::uint32_t depth = 0;     // operand rows that a lane chooses from (engines that look ahead; 0: the engine's own)
};

// What one engine alone has; the reasons for defaults are in models/zbcc/ENGINES.md.
struct dense_config {
  std::string shape = "broadcast"; // systolic: operands hop, so every pass fills and empties the array
};
struct tensordash_config {
  std::string sided = "one";            // operands that the schedulers look at, where both may be skipped
  std::string movements;                // "step,lane ..." in priority order; empty: the published ones
  std::string lane_order = "ascending"; // in which lanes are given their level
  double gate_percent = 0;              // operands with at most so many zeros bypass the scheduler
};
struct spartann_config {
  std::uint32_t gap_bits = 8;         // of a relative index
  std::uint32_t dense_vectors = 512;  // of T elements in the large dense buffer
  std::uint32_t output_vectors = 256; // in the output buffer
  std::uint32_t column_cycles = 0;    // lost per column of the sparse operand
};
struct sat_config {
  std::string pattern = "found";       // N:M of the weights, or found from the masks
  std::uint32_t dense_group = 8;       // M of products that run dense
  std::string dataflow = "best";       // ws, os, or the cheaper of them per product
  std::uint32_t accumulate_cycles = 4; // latency of the fp32 accumulator
  std::uint32_t interleave = 4;        // independent outputs in turn
};

struct tile_config {
  std::string engine; // of this tile only; empty: zbcc.engine
};

struct vector_config {
  std::uint32_t lanes = 32; // fp32, beside the matrix engine; 16 would expose batch normalisation
};

struct same_config {
  std::uint32_t sram_kib = 512;      // per tile; 16 banks x 16 bytes a cycle
  std::string compression = "on";    // of packets between tiles: zeros are packed, 64 elements a cycle
  std::uint32_t line_buffer_kib = 0; // in front of the matrix engine, for windows of convolutions; 0: none
  std::uint32_t bank_cache_kib = 0;  // between that and the SRAM's banks; 0: none
};

struct fabric_config {
  std::uint32_t freq_mhz = 1000; // at 1 GHz bytes per cycle are GB/s
};

struct cpu_config {
  std::uint32_t harts = 1;
  std::uint32_t freq_mhz = 1000;
  std::string misaligned = "emulate"; // loads and stores of memory; or trap
};

struct dram_config {
  std::string preset = "hbm2";      // 32 bytes a cycle and channel: 8 channels feed the 10x rate
  std::uint32_t channels = 8;       // each a node of the mesh; reading a preset sets the preset's
  std::uint32_t width_bits = 0;     // of a channel; 0: the preset's
  std::uint32_t size_mib = 8192;    // BERT-base with Adam needs 1.5 GB
  std::string page_policy = "open"; // counts in at timing; lt has no rows
  std::string power_on = "random";  // contents at reset; firmware that relies on zeros fails on silicon
};

struct data_config {
  std::string path;                      // directory with IDX files, plain or gz; empty: the generated digits
  std::uint32_t train_samples = 0;       // use at most so many of the set; 0: all
  std::uint32_t test_samples = 0;        // likewise
  std::uint32_t generated_train = 24000; // size of the generated set
  std::uint32_t generated_test = 2000;
  std::uint64_t seed = 0;          // of the generated set
  std::string compression = "off"; // on: images lie packed in DRAM, where tiles can unpack them
};

// When the timing changes in the middle of a run; empty: never. "marker:N", "step:N", "time:NNus".
struct switch_config {
  std::string to_at, to_lt;
};

struct energy_config {
  std::string table = "28nm"; // energy per event and area per unit: a process node, or a file of the same form
};

struct train_config {
  std::uint64_t seed = 0; // data order, initial weights, initial masks
  std::uint32_t epochs = 5;
  std::uint32_t batch = 64; // samples per step
  double lr = 0.05;         // learning rate at the first step
  std::string optimiser = "momentum";
  double momentum = 0.9;                // v = momentum v + g; w = w - lr v; of adamw: beta1
  double beta2 = 0.999, epsilon = 1e-8; // of adamw
  double weight_decay = 0;
  double clip_value = 0;                    // bound of a gradient's magnitude; 0: none
  double clip_norm = 0;                     // bound of the norm of all gradients; 0: none
  double largest_logit = 10000;             // in magnitude; training has diverged beyond; 0: no bound
  double loss_scale = 65536;                // of fp16, at the first step
  std::uint32_t loss_scale_interval = 2000; // steps without overflow after which it doubles
  std::uint32_t warmup_steps = 0;           // in which the rate grows from nothing
  std::string schedule = "cosine";
  std::string dtype = "bf16";              // storage of weights, activations, gradients; accumulators are fp32
  double sparsity = 0.9;                   // share of the weights that are zero
  std::string pattern = "block4x4";        // where zeros may be
  std::string recipe = "rigl";             // how masks are found; block: rigl in 4x4 blocks
  double gradient_sparsity = 0.5;          // share of zeros where gradients are thinned out, not weights
  std::uint32_t regrow_period = 100;       // steps between mask updates; 0: the first mask stays
  double growth_threshold = 0;             // acf: mean magnitude of a block's gradients from which on it grows
  std::uint32_t max_steps = 0;             // stop after so many steps; 0: all epochs
  std::vector<std::uint32_t> dense_layers; // what makes zeros leaves them out
  std::vector<std::uint32_t> hidden{128};  // widths of the hidden layers
  std::string network;                     // its layers (.yaml); empty: a perceptron with `hidden`
  std::string save;                        // weights, biases, masks, state of the optimiser after the run (.npz)
  std::string load;                        // the same, to start from
  bool resume = true;                      // at the step that the file names, or at the first
  bool twin = true;                        // also train the dense baseline, for speed-up and accuracy beside it
};

struct reference_config {
  std::string model = "none"; // what is replayed: the mesh alone, the DRAM alone
  std::string csv;            // points of a reference simulator
  std::string parameters;     // of its DRAM configurations
};

// Instead of one run of one chip: published figures beside ours, or all engines beside each other.
struct reproduce_config {
  std::string system = "none"; // all, or the one whose figures are measured
  std::string targets;         // the published figures (.csv)
  std::string tensordash;      // what the papers print of their own parts (.yaml)
  std::string spartann;
  std::string training = "off"; // of the scenario's network, for the rows that need it
};
struct compare_config {
  std::vector<std::string> engines; // each trains the scenario's job, beside its dense twin
  std::vector<std::string> recipes; // by each of these on each of the engines: "bdwp/2:8"; none: by the scenario's own
  std::string vary;                 // a key that takes each of the values in turn; empty: nothing varies
  std::vector<std::string> values;
};

struct config {
  std::string name = "default";
  std::string description;
  std::string firmware;   // name of an application of firmware/, or a path to an ELF file
  std::uint64_t seed = 0; // power-on contents and injected faults
  std::string timing = "lt";
  mesh_config mesh;
  zbcc_config zbcc;
  dense_config dense;
  tensordash_config tensordash;
  spartann_config spartann;
  sat_config sat;
  std::map<std::pair<std::uint32_t, std::uint32_t>, tile_config> tile; // by (x, y)
  vector_config vector;
  same_config same;
  fabric_config fabric;
  cpu_config cpu;
  dram_config dram;
  data_config data;
  energy_config energy;
  switch_config timing_switch;
  train_config train;
  reference_config reference;
  reproduce_config reproduce;
  compare_config compare;
  std::vector<std::string> expect; // expectation.hpp

  bool changes_timing() const { return !timing_switch.to_at.empty() || !timing_switch.to_lt.empty(); }
  std::uint32_t tiles() const { return mesh.width * mesh.height; }
  const std::string& engine_of(std::uint32_t x, std::uint32_t y) const {
    const auto own = tile.find({x, y});
    return own == tile.end() || own->second.engine.empty() ? zbcc.engine : own->second.engine;
  }
};

} // namespace acf::platform
