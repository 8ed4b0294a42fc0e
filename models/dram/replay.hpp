// The memory alone under synthetic access patterns, driven as the points in reference/timing were: one in-order source
// of native bursts, with a window of outstanding requests or with arrival times of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "models/dram/bank_channel.hpp"

namespace acf::dram {

enum class access_pattern {
  seq_rd, // consecutive addresses
  seq_wr,
  rand_rd, // uniform over the whole memory
  rand_wr,
  stride_row_rd,  // the next row of the same bank: always a conflict
  stride_bank_rd, // the next bank, rank; then the next row
  mix_seq_1r1w,   // consecutive, read and write in turns
  mix_rand_2r1w   // random, two reads and a write
};
std::optional<access_pattern> find_access_pattern(std::string_view name);

struct access_load {
  access_pattern pattern = access_pattern::seq_rd;
  std::uint32_t outstanding = 1; // closed loop; 0: open loop
  double offered = 0;            // open loop: share of the peak bandwidth
  bool poisson = false;          // open loop: exponential gaps; otherwise equal ones
  std::uint64_t requests = 200'000;
  std::uint64_t left_out = 2'000; // first ones, not measured
  std::uint64_t seed = 12345;
};

struct access_result {
  double read_ns = 0, write_ns = 0; // mean, from being offered (or arriving) to completion
  double gb_per_s = 0;
  channel_activity activity; // of all channels
  std::uint64_t clocks = 0;
};

access_result run_accesses(const device& d, const access_load& load); // throws std::invalid_argument as validate()

} // namespace acf::dram
