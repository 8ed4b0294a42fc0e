// What generated data sets have in common: labels take turns, and every sample has a stretch of random words to itself.
#pragma once

#include "sw_stack/data/data_set.hpp"
#include "sw_stack/hal/numeric.hpp"

namespace acf::data {

// Sample{random, index}.draw(label, pixels) draws a sample of that shape: channels, height, width. Training and test
// set have streams of their own.
template <class Sample>
data_set generated_set(std::uint32_t train, std::uint32_t test, const std::array<std::uint32_t, 3>& shape,
                       std::uint64_t seed, std::uint64_t stream) {
  data_set set;
  const std::uint32_t inputs = shape[0] * shape[1] * shape[2];
  set.inputs = inputs, set.shape = shape;
  const auto draw_all = [&](samples& to, std::uint32_t count, const hal::numeric::random_stream& random) {
    to.images.resize(std::size_t{count} * inputs);
    for (std::uint32_t i = 0; i < count; ++i) {
      to.labels.push_back(static_cast<std::uint8_t>(i % set.classes));
      Sample(random, i).draw(to.labels.back(), to.images.data() + std::size_t{i} * inputs);
    }
  };
  draw_all(set.train, train, {seed, stream});
  draw_all(set.test, test, {seed, stream + 1});
  return set;
}

} // namespace acf::data
