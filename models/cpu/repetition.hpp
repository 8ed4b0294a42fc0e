// Loops of one block whose iterations need no interpreter.
//
//   copies  loads whose values are only stored, stores of such values or of constants, counters that move by a
//   constant,
//           a branch that compares counters: memcpy, memset, delay loops. Many iterations are done at once.
//   polls   loads and arithmetic in which no iteration depends on the one before, and no store: each iteration repeats
//           the one before until somebody else writes, which nobody can before the slice ends.
//
// Either way the hart ends up where the interpreter would have taken it, with the same cycles and instructions.
#pragma once
#include "models/cpu/decode.hpp"
#include <optional>
#include <span>
#include <vector>

namespace acf::cpu {

struct repetition {
  struct stream { // one access per iteration: base register plus offset, moved by `stride`
    std::uint8_t base, width;
    std::int64_t offset, stride;
  };
  struct transfer {
    stream to;
    std::optional<std::uint8_t> load; // index of the load whose value it is; none: that of `constant`
    std::uint8_t constant;
  };
  struct counter {
    std::uint8_t reg;
    bool word; // 32 bits, sign-extended
    std::int64_t step;
  };
  struct side { // of the branch: a register at the end of the iteration
    std::uint8_t reg;
    std::int64_t offset, step;
  };
  enum class condition : std::uint8_t { always, ne, lt, ge, ltu, geu };

  std::vector<stream> loads;
  std::vector<transfer> stores;
  std::vector<counter> counters;
  side left{}, right{};
  condition goes_on = condition::always;
  bool poll = false;
  bool contiguous = false;  // the stores are one copy, or one fill, without gaps, in the order of their addresses
  std::uint32_t cycles = 0; // of an iteration, the taken branch included
};

// `line` is a block that starts at `address` and ends in a jump or branch. Nothing if it is no such loop.
std::optional<repetition> find_repetition(std::uint64_t address, std::span<const decoded> line);

} // namespace acf::cpu
