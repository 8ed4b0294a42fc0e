// The arithmetic side of a tile: what every command of the matrix engine and the vector unit does to SRAM, and how long
// the unit is occupied. SystemC-free. sw_stack/hal/README.md has the commands, ARITHMETIC.md the bits, TIMING.md the
// cycles.
//
//   command, views, scalars, SRAM --> prepare() --> prepared { cycles, ranges, counters }   at the start
//                                                      compute()  any thread, private buffers
//                                                      commit()   into SRAM                  at the end
#pragma once

#include "models/zbcc/engine.hpp"
#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/tile_registers.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace acf::zbcc {

// A command's view as the sequencer read it at dispatch; offset is to be added to record.base.
struct resolved_view {
  enum class state : std::uint8_t { none, undefined, defined }; // none: the command says 0xFFFF
  hal::view_record record{};
  std::uint64_t offset = 0;
  state is = state::none;
};

// ERROR_CAUSE and ERROR_ADDRESS. BAD_PARAMETER: 0..5 parameter of the command, 6..15 of the extension (p0 is 6).
// BAD_VIEW and SHAPE: 16 + i view i, 20 + i view i of the extension. RANGE: end of the access. INDEX: SRAM address of
// the word that is wrong. OVERLAP: first byte of the output. BAD_OPCODE: the opcode.
struct command_error {
  hal::tile::error cause = hal::tile::error::none;
  std::uint64_t address = 0;
  friend bool operator==(const command_error&, const command_error&) = default;
};

// SRAM bytes that a command touches: `rows` runs of `bytes`, `pitch` apart.
struct footprint {
  std::uint64_t begin = 0, bytes = 0, rows = 1, pitch = 0;
  std::uint64_t end() const { return bytes == 0 ? begin : begin + (rows - 1) * pitch + bytes; }
};
bool overlap(const footprint& a, const footprint& b);

struct vector_cost {
  cycles startup = 0, work = 0, sram = 0; // sram: waiting for bandwidth beyond the work
};

// Non-zeros and elements of the operands and, after compute(), of the result.
struct zero_count {
  std::uint64_t elements = 0, non_zeros = 0;

  zero_count& operator+=(const zero_count& other) {
    elements += other.elements, non_zeros += other.non_zeros;
    return *this;
  }
};

enum class unit : std::uint8_t { matrix, vector };

// What a lane multiplies: the type of both operands once u8 has been rounded to the other one's; of two different
// floating-point types the one that holds both.
enum class multiplier : std::uint8_t { bf16, fp16, fp32 };
inline constexpr std::array<std::string_view, 3> multiplier_names{"bf16", "fp16", "fp32"};
multiplier multiplier_of(hal::element a, hal::element b); // at most one of them u8

class operation; // a command's private half

class prepared {
public:
  prepared();
  prepared(prepared&&) noexcept;
  prepared& operator=(prepared&&) noexcept;
  ~prepared();

  unit where = unit::vector;
  cycles busy = 0;                                 // how long the unit is occupied
  chunk_cost matrix;                               // breakdown if `where` is matrix: matrix.busy = busy
  multiplier multiplies = multiplier::fp32;        // if `where` is matrix
  vector_cost vector;                              // breakdown if `where` is vector: their sum is busy
  std::uint64_t bytes_read = 0, bytes_written = 0; // SRAM traffic
  std::vector<footprint> reads, writes;            // an in-place output is in both
  zero_count a, b, result;

  // Reads SRAM, writes private memory: may run on any thread while nobody writes to `reads`. Fills `result`.
  void compute();
  // Copies the results to SRAM. Call after compute(), once.
  void commit();

private:
  friend class datapath;
  std::unique_ptr<operation> work;
};

// Between SRAM and matrix engine (feed.hpp).
struct matrix_feed {
  std::uint64_t line_buffer = 0, bank_cache = 0; // bytes; 0: none
};

struct outcome {
  std::optional<prepared> work; // if empty: error
  command_error error;
  explicit operator bool() const { return work.has_value(); }
};

class datapath {
public:
  explicit datapath(const engine_config& config, std::uint32_t vector_lanes = 32,
                    std::uint32_t sram_bytes_per_cycle = 256);

  // Views: v0..v3, then those of the extension (missing ones count as none). Never throws for what a guest can write;
  // time and memory are bounded by the size of the SRAM. `sram` must outlive the result.
  outcome prepare(const hal::command& command, const hal::extension* extension, std::span<const resolved_view> views,
                  std::span<const std::uint64_t, hal::tile::scalars> scalars, std::span<std::uint8_t> sram) const;

  const engine& core() const { return *matrix_engine; }
  std::uint32_t vector_width() const { return vector_lanes; } // lanes

  // Whether this datapath executes the command (COPY, GATHER, SCATTER: only their SRAM forms), and on which unit.
  static std::optional<unit> executes(const hal::command& command);

private:
  std::unique_ptr<engine> matrix_engine;
  std::uint32_t vector_lanes, sram_width;
  matrix_feed feed;
};

} // namespace acf::zbcc
