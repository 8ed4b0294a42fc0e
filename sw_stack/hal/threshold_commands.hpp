// Parameters and records of the commands that make N:M weights (NM_SELECT) and hold a share of zeros (DTS_STORE).
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
  std::uint32_t reserved = 0;
};
static_assert(sizeof(threshold_record) == 32);

} // namespace acf::hal
