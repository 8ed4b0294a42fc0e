// Cycles per class of instruction: an in-order, single-issue core with a short pipeline and its data in a first-level
// memory. Accesses that leave for a device add the latency that the bus reports.
#pragma once
#include <array>
#include <cstdint>

namespace acf::cpu {

enum class cost : std::uint8_t {
  alu,
  mul,
  div,
  branch,
  jump,
  load,
  store,
  atomic,
  csr,
  fence,
  cache_block,
  system,
  fp_move,
  fp_add,
  fp_mul,
  fp_fma,
  fp_div,
  fp_sqrt,
  fp_convert,
  count
};

struct timing {
  // In the order of `cost`. Sources: the latencies of a five-stage core of the SiFive U54/Rocket kind, rounded.
  std::array<std::uint8_t, static_cast<std::size_t>(cost::count)> of{
      1,  // alu: one result per cycle, forwarded
      3,  // mul: pipelined multiplier, the result is waited for
      20, // div, rem: radix-8 divider, typical operands
      1,  // branch not taken; a taken one adds `taken`
      1,  // jump; always adds `taken`
      2,  // load from direct memory: one cycle load-to-use
      1,  // store to direct memory: buffered
      6,  // lr, sc, amo
      3,  // csr: drains the pipeline
      3,  // fence
      8,  // cbo: a block of 64 bytes, 8 at a time
      3,  // ecall, mret, sret, wfi, sfence.vma
      1,  // sign injection, classification, moves, compare, min, max
      4,  4, 5,
      20, // fdiv
      25, // fsqrt
      3,
  };
  std::uint8_t taken = 2; // refill after a taken branch or jump
  std::uint8_t trap = 4;  // entry into a trap handler
  constexpr std::uint8_t operator[](cost c) const { return of[static_cast<std::size_t>(c)]; }
};

} // namespace acf::cpu
