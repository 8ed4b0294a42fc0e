// The engines once more, one clock at a time: registers, muxes and counters, written from models/zbcc/ENGINES.md alone.
// Slow and plain on purpose; no code is shared with models/zbcc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace acf::reference {

using mask = std::vector<std::vector<bool>>; // [row][k]

struct product {
  std::size_t m = 0, n = 0, k = 0;
  mask a, b; // m x k, n x k: true where not zero
  bool skip_a = false, skip_b = false;
  int phase = 0; // 0 forward, 1 input gradient, 2 weight gradient
  bool a_is_gradient = false;
  bool sampled = false;
  std::vector<std::pair<std::size_t, std::size_t>> blocks; // of 4x4 outputs {row, column}, when sampled
};

struct tally {
  std::uint64_t cycles = 0, executed = 0, skipped = 0;
  std::map<std::string, std::uint64_t> idle; // lane slots by cause; causes that did not happen are absent
};

struct tensordash_machine {
  std::size_t rows, columns, lanes, depth; // lanes of an element
  bool two_sided = false;
};
tally run(const tensordash_machine& machine, const product& p);

struct sat_machine {
  std::size_t rows, columns;
  std::size_t dense_group = 8, latency = 4, interleave = 4;
};
tally run(const sat_machine& machine, const product& p);

struct spartann_machine {
  std::size_t lanes;
  unsigned gap_bits = 8;
  std::size_t dense_vectors = 512, column_cycles = 0;
};
tally run(const spartann_machine& machine, const product& p);

struct systolic_machine {
  std::size_t rows, columns, depth; // depth: multipliers of an element
};
tally run(const systolic_machine& machine, const product& p);

} // namespace acf::reference
