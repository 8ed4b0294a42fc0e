// Seeded random programs about privilege: blocks of instructions in M, S and U mode, behind page tables and PMP entries
// of their own, with delegated and other traps and interrupts. As random_program.hpp otherwise.
//
// A window of memory has random rights: in bare and machine mode at `window_physical`, else at `window_virtual` by 4
// KiB pages and 2 MiB behind it as one megapage. The block's code is all there is outside of it. A block ends with
// ebreak, which is never delegated.
#pragma once
#include "tests/unit/cpu/random_program.hpp"

namespace acf::cpu::test {

inline constexpr std::uint64_t window_physical = 0x8e00'0000, window_virtual = 0x3000'0000, page_tables = 0x8e20'0000;
inline constexpr unsigned window_pages = 16;

// Shared with privileged_frame.S, which knows the offsets.
struct privileged_outcome {
  std::uint64_t x[32], f[32], fcsr, mstatus, sepc, scause, stval, mie, mip, satp, mepc, memory, traps;
  struct {
    std::uint64_t cause, pc, value, status;
  } trap[8]; // the last ones
};
struct privileged_start {
  std::uint64_t x[32], f[32], fcsr, entry, mstatus, medeleg, mideleg, mie, mip, satp, pmpcfg, pmpaddr[4],
      pages[window_pages], megapage, seed, saved[6];
};
struct privileged_record {
  privileged_start in;
  privileged_outcome out;
};

struct privileged_block {
  privileged_start start;
  std::vector<item> items;
};

privileged_block make_privileged_block(std::mt19937_64& random, unsigned items);
image link(const std::vector<privileged_block>& blocks, const std::vector<std::uint8_t>& frame);

} // namespace acf::cpu::test
