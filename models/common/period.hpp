#pragma once

#include <cstdint>

namespace acf::common {

// The period of a clock of so many MHz: whole picoseconds, the kernel's resolution. The one place where this is
// rounded; whoever shares a clock shares its period.
constexpr std::uint64_t period_ps(std::uint32_t mhz) { return (1'000'000 + mhz / 2) / mhz; }

} // namespace acf::common
