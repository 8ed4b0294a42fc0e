// Parameters and records of the commands that make N:M weights (NM_SELECT), hold a share of zeros (DTS_STORE) and zero
// by other rules (SPARSIFY).
// README.md beside this file says what they do. Freestanding C++20.
#pragma once

#include <array>
#include <cstdint>

namespace acf::hal {

namespace nm_form {
enum : std::uint32_t { masked = 0, packed = 1 };
}
namespace nm_axis {
enum : std::uint32_t { columns = 0, rows = 1 }; // along which dimension groups lie
}
inline constexpr std::uint32_t nm_largest_group = 16;

namespace dts_step {
enum : std::uint32_t { store = 0, commit = 1 };
}

// What DTS_STORE keeps of one tensor. fp32 values; counts of one training iteration.
struct threshold_record {
  float threshold = 0; // magnitudes below it are stored as zero
  float target = 0;    // share of zeros to be reached, above 0, at most 1
  float floor = 0;     // the threshold never falls below it
  float largest = 0;   // magnitude seen since the last commit
  std::uint32_t zeros = 0;
  std::uint32_t elements = 0;
  std::uint32_t commits = 0;
  std::uint32_t hold = 0; // from so many commits on the threshold stays; 0: never
  // The iteration that the last commit ended, all tiles together.
  float last_threshold = 0;
  std::uint32_t last_zeros = 0;
  std::uint32_t last_elements = 0;
  std::uint32_t reserved = 0;
};
static_assert(sizeof(threshold_record) == 48);

// What SPARSIFY keeps of a tensor.
namespace sparsify_rule {
enum : std::uint32_t {
  largest = 0,   // of each row the p1 largest magnitudes
  random = 1,    // what a random word says
  deviation = 2, // nothing is zeroed: a record gets its threshold from sums of squares
  selected = 3,  // magnitudes that a SELECT_K has not taken
};
}

} // namespace acf::hal
