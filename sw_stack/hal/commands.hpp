// The 64-byte commands that a tile's sequencer executes, their extension record, and the 64-byte view record.
// README.md beside this file says what every command does with them. Freestanding C++20.
#pragma once

#include <array>
#include <cstdint>

namespace acf::hal {

inline constexpr std::uint32_t command_bytes = 64;
inline constexpr std::uint32_t view_count = 512; // views of a tile
inline constexpr std::uint16_t no_view = 0xFFFF;
inline constexpr std::uint32_t no_index = 0xFFFF'FFFF; // in GATHER: a row of zeros
inline constexpr std::uint8_t no_label = 0xFF;         // in SOFTMAX_XENT: a row that does not count

enum class opcode : std::uint8_t {
  defview = 1,
  setreg = 2,
  loop = 3,
  sem = 4,
  fence = 5,
  copy = 6,
  convert = 7,
  gather = 8,
  transpose = 9,
  reduce = 10,
  dts_store = 11,
  sparsify = 12,
  nm_select = 13,
  score = 14,
  select_k = 15,
  mask_update = 16,
  mm = 17,
  sddmm = 18,
  ewise = 19,
  rowred = 20,
  norm = 21,
  pool = 22,
  softmax_xent = 23,
  update = 24,
  counters = 25,
  scatter = 26,
  gradients = 27,
};

namespace flag {
inline constexpr std::uint8_t extended = 1;      // the next record is this command's extension
inline constexpr std::uint8_t channel = 2;       // DMA channel 1 instead of 0
inline constexpr std::uint8_t signal_remote = 4; // COPY send: the signal is raised at every tile of the set
inline constexpr std::uint8_t compress = 8;      // packets, or rows in DRAM, whose zeros are packed away
inline constexpr std::uint8_t known = extended | channel | signal_remote | compress;
} // namespace flag

// A wait or a signal: semaphore in bits 15..10, count in bits 9..0; count 0 means none.
// A wait holds the command back until the semaphore is >= count, then subtracts count.
constexpr std::uint16_t on(std::uint32_t semaphore, std::uint32_t count) {
  return static_cast<std::uint16_t>(semaphore << 10 | (count & 0x3FF));
}
constexpr std::uint32_t semaphore_of(std::uint16_t w) { return w >> 10; }
constexpr std::uint32_t count_of(std::uint16_t w) { return w & 0x3FF; }

// An offset in bytes: immediate (below 2^31), or scalar register r plus an immediate below 2^27.
constexpr std::uint32_t from_scalar(std::uint32_t r, std::uint32_t immediate = 0) {
  return 0x8000'0000u | immediate << 4 | r;
}

// A rectangle of tiles, corners included.
constexpr std::uint32_t tile_set(std::uint32_t x0, std::uint32_t y0, std::uint32_t x1, std::uint32_t y1) {
  return x0 | y0 << 8 | x1 << 16 | y1 << 24;
}

struct command {
  std::uint8_t op = 0;
  std::uint8_t flags = 0;
  std::uint16_t tag = 0; // free for software: shown in traces and reports (layer and phase)
  std::uint32_t reserved0 = 0;
  std::array<std::uint16_t, 2> wait{};
  std::uint16_t signal = 0;
  std::uint16_t reserved1 = 0;
  std::array<std::uint16_t, 4> view{no_view, no_view, no_view, no_view};
  std::array<std::uint32_t, 4> offset{};
  std::array<std::uint32_t, 6> param{};
};
static_assert(sizeof(command) == command_bytes);

struct extension {
  std::array<std::uint16_t, 4> view{no_view, no_view, no_view, no_view};
  std::array<std::uint32_t, 4> offset{};
  std::array<std::uint32_t, 10> param{};
};
static_assert(sizeof(extension) == command_bytes);

enum class element : std::uint8_t { f32 = 0, f16 = 1, bf16 = 2, u8 = 3, i8 = 4, u16 = 5, u32 = 6, u64 = 7 };
enum class format : std::uint8_t { dense = 0, bsr4x4 = 1, bitmap = 2 };

constexpr std::uint32_t bytes_of(element e) {
  constexpr std::uint32_t size[] = {4, 2, 2, 1, 1, 2, 4, 8};
  return size[static_cast<std::uint8_t>(e) & 7];
}

// A tensor in the SRAM of a tile. Addresses are byte offsets into SRAM.
struct view_record {
  std::uint32_t base = 0;  // dense: elements. bsr4x4: blocks of 16. bitmap: packed non-zeros
  std::uint8_t type = 0;   // element
  std::uint8_t layout = 0; // format
  std::uint16_t window_flags = 0;
  std::array<std::uint32_t, 4> dim{};    // slowest first; unused trailing dimensions are 1 (or 0)
  std::array<std::uint32_t, 4> stride{}; // bytes between neighbours along each dimension (dense)
  std::uint32_t pointers = 0;            // bsr4x4: u32[rows/4+1]. bitmap: u32[rows+1], first non-zero of a row
  std::uint32_t indices = 0;             // bsr4x4: {u32 column block, u32 slot}[]. bitmap: bits, rows byte-aligned
  std::uint32_t capacity = 0;            // bsr4x4: blocks at `base`. bitmap: elements at `base`
  std::uint32_t pixels = 0;              // of a window: positions down (low half) and across (high half)
  std::array<std::uint8_t, 8> window{};  // kernel h, w, stride h, w, padding h, w, dilation h, w; kernel h 0: none
};
static_assert(sizeof(view_record) == 64);

namespace window_flag {
inline constexpr std::uint16_t reversed = 1; // taps from the last to the first
inline constexpr std::uint16_t spread = 2;   // not the positions but the pixels are `stride` apart, with zeros between
inline constexpr std::uint16_t known = reversed | spread;
} // namespace window_flag
constexpr std::uint32_t window_pixels(std::uint32_t down, std::uint32_t across) { return down | across << 16; }

// --- parameters by command -------------------------------------------------------------------------------------------
namespace setreg_op {
enum : std::uint32_t { set = 0, add = 1, exclusive_or = 2, load32 = 3, load64 = 4 };
}
namespace copy_mode {
enum : std::uint32_t { local = 0, load = 1, store = 2, send = 3, deal = 4 };
}
namespace deal_by { // which word of a list of blocks
enum : std::uint32_t { row = 0, column = 1 };
}
namespace owner_order { // of MASK_UPDATE's slots
enum : std::uint32_t { in_turn = 0, columns = 1 };
}
namespace table_in {
enum : std::uint32_t { dram = 0, sram = 1 };
}
namespace mm_flag {
inline constexpr std::uint32_t transpose_a = 1, transpose_b = 2, skip_a = 4, skip_b = 8, bias = 16, relu = 32,
                               gate = 64;
inline constexpr std::uint32_t phase_shift = 8; // 2 bits: phase
} // namespace mm_flag
enum class phase : std::uint32_t { forward = 0, input_gradient = 1, weight_gradient = 2 };
namespace sddmm_out {
enum : std::uint32_t { blocks = 0, score_sum = 1, score_max = 2 };
}
namespace ewise_fn {
enum : std::uint32_t {
  copy = 0,
  add = 1,
  sub = 2,
  mul = 3,
  relu = 4,
  gate = 5,
  scale = 6,
  fill = 7,
  abs = 8,
  uniform = 9,
  dropout = 10
};
}
namespace rowred_op {
enum : std::uint32_t { sum = 0, max = 1, sum_squares = 2, argmax = 3, all_finite = 4 };
}
namespace update_rule {
enum : std::uint32_t { momentum = 0, adamw = 1 };
}
namespace order {
enum : std::uint32_t { smallest = 0, largest = 1, largest_magnitude = 2 };
}

namespace pool_fn {
enum : std::uint32_t { max = 0, average = 1 };
}
namespace pool_step {
enum : std::uint32_t { forward = 0, backward = 1 };
}

// Accumulators that SOFTMAX_XENT adds to: integers, so that no order of addition changes them.
struct loss_record {
  std::uint64_t loss_q16 = 0; // sum of round(loss * 65536)
  std::uint64_t correct = 0;
  std::uint64_t rows = 0;
  std::uint64_t first_not_finite = 0; // the number of the first row without a finite loss, of those counted; 0: none
};

// SELECT_K at once, or by the digits of a radix selection whose histograms software adds up over tiles.
namespace select_step {
enum : std::uint32_t { whole = 0, count = 1, choose = 2 };
}
inline constexpr std::uint32_t select_bins = 256;
inline constexpr std::uint32_t select_digits = 8; // four bytes of the score's key, four of the index, highest first

// What SELECT_K finds: the key of the last element taken, ordered by score, then by index.
struct selection {
  std::uint32_t score_bits = 0;
  std::uint32_t index = 0;
  std::uint32_t count = 0; // elements taken
  std::uint32_t eligible = 0;
  std::uint32_t remaining = 0; // of those with the digits chosen so far, how many are taken
  std::array<std::uint32_t, 3> reserved{};
};
static_assert(sizeof(selection) == 32);

} // namespace acf::hal
