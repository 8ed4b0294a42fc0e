// Handwriting of a machine: 28 x 28 digits drawn with strokes, each sample moved, scaled, slanted, turned, thickened,
// blurred and made noisy at random. Equal on every host: no libm, no library's random numbers.
#pragma once

#include "sw_stack/data/data_set.hpp"

namespace acf::data {

data_set generate_digits(std::uint32_t train, std::uint32_t test, std::uint64_t seed);

} // namespace acf::data
