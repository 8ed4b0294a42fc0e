// Timing and event counts of one chunk whose operands are resident. Pure: no clock, no SystemC, no arithmetic.
// One file per machine (dense.cpp, zbcc.cpp), chosen by name; a new one adds its file and a line in engine.cpp.
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

struct engine_config {
  std::string name = "zbcc";
  std::uint32_t lanes = 64;  // multipliers
  std::uint32_t rows = 4;    // dense: processing elements along outputs' rows (M) ...
  std::uint32_t columns = 4; // ... and columns (N); an element has lanes / (rows * columns) multipliers along k
  std::uint32_t depth = 16;  // zbcc: 4-element steps that the front end of a group inspects per cycle
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

  // Multiply-accumulates of the chunk without any sparsity.
  std::uint64_t macs() const { return outputs ? outputs->size() * 16 * k : std::uint64_t{m} * n * k; }
};

// Why a lane was idle. An engine uses those that apply to it; names are what reports print.
enum class stall : std::uint8_t { edge, imbalance, front_end, sram };
inline constexpr std::array<std::string_view, 4> stall_names{
    "edge",      // sizes are not multiples of the array, or the last pack of a task is not full
    "imbalance", // a part of the engine has finished while another still works
    "front_end", // the zero detector cannot find pairs as fast as the lanes could take them
    "sram"};     // operands or results wait for SRAM bandwidth

struct chunk_cost {
  cycles busy = 0;
  std::uint64_t executed = 0, skipped = 0;              // multiply-accumulates; their sum is chunk::macs()
  std::array<std::uint64_t, stall_names.size()> idle{}; // lane slots by reason: executed + sum(idle) = busy * lanes
  std::uint64_t bytes_read = 0, bytes_written = 0;      // SRAM traffic

  std::uint64_t& operator[](stall s) { return idle[static_cast<std::size_t>(s)]; }
  std::uint64_t operator[](stall s) const { return idle[static_cast<std::size_t>(s)]; }
  std::uint64_t idle_slots() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t slots : idle) sum += slots;
    return sum;
  }
};

class engine {
public:
  virtual ~engine() = default;
  // Operand reads are counted; results and epilogue are the datapath's.
  virtual chunk_cost cost(const chunk& work) const = 0;
  virtual std::uint32_t lanes() const = 0;
};

// Throws std::invalid_argument naming the broken rule, or the known names.
std::unique_ptr<engine> make_engine(const engine_config& config);
std::vector<std::string_view> engine_names();

// Stretches a chunk to what an SRAM of that width can feed; the difference is the stall "sram".
void limit_by_sram(chunk_cost& cost, std::uint32_t lanes, std::uint32_t bytes_per_cycle);

} // namespace acf::zbcc
