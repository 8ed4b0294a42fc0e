// A generated set of colour images, for networks with convolutions where no other data are at hand.
#pragma once

#include "sw_stack/data/data_set.hpp"

namespace acf::data {

// 32 x 32 pixels as [height][width][channel], ten classes: a pattern (stripes across, down or aslant, a chequer, a
// disc) in a warm or a cold colour, anywhere, of any width, before a grey ground, with noise and a patch that hides a
// part. Warm and cold can be told from single pixels, patterns hardly: a linear classifier stays below
// 50 percent. Classes take turns; the same numbers give the same bytes on every host.
data_set generate_colours(std::uint32_t train, std::uint32_t test, std::uint64_t seed);

} // namespace acf::data
