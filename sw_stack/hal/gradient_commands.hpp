// Parameters and records of GRADIENTS: what all gradients of a step have in common, before any weight is updated.
// README.md beside this file says what it does. Freestanding C++20.
#pragma once

#include <array>
#include <cstdint>

namespace acf::hal {

namespace gradients_step {
enum : std::uint32_t {
  clear = 0,   // an empty record
  collect = 1, // adds a gradient to a record
  decide = 2   // from the records of all tiles
};
}

// The sum of squares, exactly: an integer of 320 bits that counts units of 2^-149, its low word first. As integers, so
// that no order of addition changes it.
struct gradient_record {
  std::array<std::uint64_t, 5> sum{};
  std::uint64_t not_finite = 0; // elements, and squares
  std::array<std::uint64_t, 2> reserved{};
};
static_assert(sizeof(gradient_record) == 64);

// What UPDATE does with the gradients of this step, and what there was in all.
struct step_record {
  std::uint32_t held = 0; // 1: weights stay as they are
  float factor = 1;       // of gradients
  float loss_scale = 1;   // by which the loss of the next step is multiplied
  std::uint32_t good = 0; // steps since the loss scale has changed
  float norm = 0;         // of all gradients, without the loss scale
  std::uint32_t skipped = 0, steps = 0;
  float rescale = 1; // loss_scale now by what it was in this step: 0.5, 1 or 2
};
static_assert(sizeof(step_record) == 32);

} // namespace acf::hal
