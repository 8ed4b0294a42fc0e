// Timing and event counts of one chunk whose operands are resident. Pure: no clock, no SystemC, no arithmetic.
// One file per machine (dense.cpp, zbcc.cpp, tensordash.cpp, spartann.cpp, sat.cpp), chosen by name; a new one adds its
// file and a line in engine.cpp. ENGINES.md says how each maps a product, so that others can agree to the cycle.
#pragma once

#include "models/zbcc/bit_matrix.hpp"
#include "models/zbcc/kernels.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acf::zbcc {

using cycles = std::uint64_t;
using hal::phase;

struct dense_options {
  bool systolic = false; // operands hop from element to element: every pass fills and empties the array
};

// Where a lane may take its operand pair from: `step` steps ahead, `lane` lanes to the right (a ring).
struct movement {
  std::uint32_t step = 0;
  std::int32_t lane = 0;
};

struct tensordash_options {
  std::vector<movement> movements; // in priority order, (0, 0) first; empty: the published ones for depth and lanes
  bool two_sided = false;          // the schedulers look at both operands (a private one per element) or at one
  bool lanes_descending = false;   // order in which lanes are given their level; the paper does not say
  // A targeted operand with at most so many per cent zeros bypasses scheduler and staging: the producer counted them.
  double gate_percent = 0;
};

struct spartann_options {
  std::uint32_t gap_bits = 8;         // of a relative index; larger gaps need fillers
  std::uint32_t dense_vectors = 512;  // vectors of `lanes` elements in the large dense buffer: 64 KB of fp32 at T = 32
  std::uint32_t output_vectors = 256; // in the output buffer: 32 KB
  std::uint32_t column_cycles = 0;    // lost per column of the sparse operand; "negligible overhead" leaves none
};

enum class dataflow : std::uint8_t { best, weight_stationary, output_stationary };

struct sat_options {
  std::uint32_t kept = 0, group = 0;   // N:M of the weights; 0: found from the masks
  std::uint32_t dense_group = 8;       // M of products that run dense: 2:8 is the method's main ratio
  dataflow flow = dataflow::best;      // best: the offline scheduler's choice per product
  std::uint32_t accumulate_cycles = 4; // latency of the fp32 accumulator, which a pipeline at 200 MHz in an FPGA needs
  std::uint32_t interleave = 4;        // independent outputs in turn: hides the latency when at least as large
};

struct engine_config {
  std::string name = "zbcc";
  std::uint32_t lanes = 64;  // multipliers
  std::uint32_t rows = 0;    // processing elements: rows ...
  std::uint32_t columns = 0; // ... and columns; ENGINES.md says which outputs they hold. 0: the engine's own shape
  std::uint32_t depth = 0;   // steps that a front end looks at: zbcc 16 a cycle, tensordash 2 to 5 staged. 0: its own
  std::uint64_t line_buffer_bytes = 0; // in front of the engine, for windows (line_buffer.hpp); 0: none
  std::uint64_t bank_cache_bytes = 0;  // between that and the SRAM (bank_cache.hpp), whole KiB; 0: none
  dense_options dense{};
  tensordash_options tensordash{};
  spartann_options spartann{};
  sat_options sat{};
};

// Which operand's zeros the engine may bypass. None of them: the machine's dense twin.
struct sides {
  bool a = false, b = false;
  bool any() const { return a || b; }
};

// Work for one engine: C[M, N] = A[M, K] B[N, K]^T, or some of its 4x4 blocks.
struct chunk {
  phase what = phase::forward;
  std::size_t m = 0, n = 0, k = 0;
  bit_matrix a, b; // m x k, n x k: 1 where the operand is not zero
  sides skip;
  // B as BSR 4x4: the memory engine leaves the other blocks out before they reach the core. Their bits in b are 0.
  std::optional<sparse_rows> live;
  // Sampled form: only these 4x4 blocks of C, all of K each (m and n are multiples of 4 then).
  std::optional<std::vector<output_block>> outputs;
  std::uint32_t bytes_a = 2, bytes_b = 2; // of an element in SRAM
  bool b_in_groups = true;                // an N:M operand lies in SRAM as values with indices, else with its zeros
  bool a_is_gradient = false;             // in backward products: which operand is the gradient of the outputs (else b)

  // Multiply-accumulates of the chunk without any sparsity.
  std::uint64_t macs() const { return outputs ? outputs->size() * 16 * k : std::uint64_t{m} * n * k; }
};

// Why a lane was idle. An engine uses those that apply to it; names are what reports print.
enum class stall : std::uint8_t { edge, imbalance, front_end, reach, window, filler, fill, latency, sram };
inline constexpr std::array<std::string_view, 9> stall_names{
    "edge",      // sizes are not multiples of the array, or the last pack of a task is not full
    "imbalance", // a part of the engine has finished while another still works
    "front_end", // the zero detector cannot find pairs as fast as the lanes could take them
    "reach",     // pairs are staged, but none where this lane could take it from
    "window",    // everything staged has been taken: the staging buffer or the stream is not deeper
    "filler",    // elements that only bridge gaps of a relative index, and column overhead
    "fill",      // a systolic array fills and empties
    "latency",   // an accumulator is not ready for its next product
    "sram"};     // operands or results wait for SRAM bandwidth

struct chunk_cost {
  cycles busy = 0;
  std::uint64_t executed = 0, skipped = 0;              // multiply-accumulates; their sum is chunk::macs()
  std::array<std::uint64_t, stall_names.size()> idle{}; // lane slots by reason: executed + sum(idle) = busy * lanes
  std::uint64_t bytes_read = 0, bytes_written = 0;      // SRAM traffic
  // Operands' bytes that came by way of line buffer or bank cache: delivered to the engine, found in the bank cache,
  // fetched from SRAM. The line buffer had the rest.
  std::uint64_t delivered = 0, cached = 0, fetched = 0;
  cycles sparse_logic = 0; // of `busy`: in which the machine's zero-skipping logic was powered
  // What the engine decided for this product, for people: "ws, 2:8", "dense: not N:M".
  std::string mode{};

  std::uint64_t& operator[](stall s) { return idle[static_cast<std::size_t>(s)]; }
  std::uint64_t operator[](stall s) const { return idle[static_cast<std::size_t>(s)]; }
  std::uint64_t idle_slots() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t slots : idle) sum += slots;
    return sum;
  }
};

class gatherer; // gather_order.hpp

// Processing elements of an array.
struct grid {
  std::uint32_t rows = 0, columns = 0;
};

class engine {
public:
  virtual ~engine() = default;
  // Operand reads are counted; results and epilogue are the datapath's.
  virtual chunk_cost cost(const chunk& work) const = 0;
  // Tells the operands' values that are read, in order: those that cost() counts, but for what has no place in SRAM
  // (rows and columns beyond the operands). The default is an array of 4 x 4 outputs that reads all values.
  virtual void gather(const chunk& work, gatherer& to) const;
  virtual std::uint32_t lanes() const = 0;
  // Rescaled by rows and columns, with the lanes of an element as they are; none: by lanes.
  virtual grid elements() const { return {}; }
};

// Throws std::invalid_argument naming the broken rule, or the known names.
std::unique_ptr<engine> make_engine(const engine_config& config);
std::vector<std::string_view> engine_names();

// The side whose zeros a one-sided machine skips: the allowed one, or of both the one with the larger share of zeros
// (b at ties). Nothing if none is allowed.
enum class side : std::uint8_t { a, b };
std::optional<side> targeted(const chunk& work);

// The product seen from that side: `streams` outputs per targeted operand's rows, `shared` along the other operand.
struct oriented {
  const bit_matrix& sparse; // streams x k
  std::size_t streams, shared, k;
  std::uint32_t bytes_sparse, bytes_shared; // per element
  // Sampled form: how often each group of four streams meets a group of four shared outputs; empty otherwise.
  std::vector<std::uint64_t> blocks_of;
};
oriented orient(const chunk& work, side which);

// Stretches a chunk to what an SRAM of that width can feed; the difference is the stall "sram".
void limit_by_sram(chunk_cost& cost, std::uint32_t lanes, std::uint32_t bytes_per_cycle);

} // namespace acf::zbcc
