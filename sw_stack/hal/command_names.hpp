// What traces and messages call commands: the names of opcodes, and the tags by which the job compiler marks the phase
// and layer that a command belongs to. Hardware does not look at tags. Freestanding C++20.
#pragma once

#include "sw_stack/hal/commands.hpp"

#include <string_view>

namespace acf::hal {

constexpr std::string_view name_of(opcode op) {
  constexpr std::string_view names[] = {"?",        "DEFVIEW",   "SETREG",  "LOOP",      "SEM",         "FENCE",
                                        "COPY",     "CONVERT",   "GATHER",  "TRANSPOSE", "REDUCE",      "DTS_STORE",
                                        "SPARSIFY", "NM_SELECT", "SCORE",   "SELECT_K",  "MASK_UPDATE", "MM",
                                        "SDDMM",    "EWISE",     "ROWRED",  "NORM",      "POOL",        "SOFTMAX_XENT",
                                        "UPDATE",   "COUNTERS",  "SCATTER", "GRADIENTS"};
  const auto number = static_cast<std::size_t>(op);
  return number < sizeof names / sizeof names[0] ? names[number] : names[0];
}

// A tag is a phase plus 0, or a phase plus the number of a layer, which counts from 1.
namespace tag {
enum : std::uint16_t {
  setup = 0x100,
  prefetch = 0x200,
  forward = 0x300,
  loss = 0x400,
  backward = 0x500,
  gradient = 0x600,
  update = 0x700,
  share = 0x800,
  regrow = 0x900,
  evaluate = 0xA00,
  statistics = 0xB00
};
} // namespace tag

constexpr std::uint16_t tagged(std::uint16_t phase, std::uint32_t layer) {
  return static_cast<std::uint16_t>(phase + layer + 1);
}
constexpr std::uint32_t layer_of_tag(std::uint16_t tag) { return tag & 0xFF; } // 0: none

constexpr std::string_view phase_of_tag(std::uint16_t tag) { // empty: none
  constexpr std::string_view names[] = {"",      "setup",          "prefetch",        "forward",
                                        "loss",  "input_gradient", "weight_gradient", "update",
                                        "share", "regrow",         "evaluate",        "statistics"};
  const std::size_t number = tag >> 8;
  return number < sizeof names / sizeof names[0] ? names[number] : names[0];
}

} // namespace acf::hal
