// Parameters of NORM: batch normalisation in steps, so that tiles which share a batch can add up what each has seen.
// README.md beside this file says what they do. Freestanding C++20.
#pragma once

#include <cstdint>

namespace acf::hal {

namespace norm_step {
enum : std::uint32_t {
  sums = 0,          // of groups of samples: values and their squares
  statistics = 1,    // of a batch, from all groups' sums; the running ones move towards them
  running = 2,       // the running ones, as an evaluation takes them
  forward = 3,       // values, normalised
  gradient_sums = 4, // of groups of samples: gradients of factor and offset
  backward = 5       // gradient of the values
};
}
namespace norm_flag {
inline constexpr std::uint32_t relu = 1; // forward
inline constexpr std::uint32_t gate = 1; // backward
} // namespace norm_flag

} // namespace acf::hal
