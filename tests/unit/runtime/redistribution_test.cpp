// Sparse momentum's budget: by hand, and beside the reference, which divides in floating point.
#include "sw_stack/runtime/redistribution.hpp"
#include "tests/reference/budget.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

namespace acf::runtime {
namespace {

using hal::job::budget_change;
using hal::job::budget_layer;

constexpr std::uint32_t half = 0x8000'0000;

struct layer {
  std::uint32_t entries, live;
  std::vector<float> sums;
};

struct divided {
  std::vector<std::uint32_t> dropped, grown, live;
  bool operator==(const divided&) const = default;
};

// In an image with the sums first, then layers and changes.
divided divide(const std::vector<layer>& layers, std::uint32_t share) {
  std::vector<std::byte> image(8);
  const auto put = [&](const void* from, std::size_t bytes) {
    const std::size_t at = image.size();
    image.resize((at + bytes + 7) / 8 * 8);
    std::memcpy(image.data() + at, from, bytes);
    return at;
  };
  std::vector<budget_layer> records;
  for (const layer& l : layers)
    records.push_back({l.entries, l.live, static_cast<std::uint32_t>(l.sums.size()), 0,
                       put(l.sums.data(), l.sums.size() * sizeof(float))});
  std::vector<budget_change> changes(layers.size(), budget_change{77, 77});
  hal::job::budget_record budget{.layers = static_cast<std::uint32_t>(layers.size())};
  budget.by_layer = put(records.data(), records.size() * sizeof records[0]);
  budget.changes = put(changes.data(), changes.size() * sizeof changes[0]);
  redistribute(image.data(), budget, share);
  std::memcpy(records.data(), image.data() + budget.by_layer, records.size() * sizeof records[0]);
  std::memcpy(changes.data(), image.data() + budget.changes, changes.size() * sizeof changes[0]);
  divided result;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    result.dropped.push_back(changes[i].dropped);
    result.grown.push_back(changes[i].grown);
    result.live.push_back(records[i].live);
  }
  return result;
}

TEST(budget, goes_where_the_mean_momentum_is_large) {
  // Half of 10 and of 20 die, 15 together. Means are 6 / 10 and 48 / 20, so 0.2 and 0.8 of them grow.
  EXPECT_EQ(divide({{100, 10, {1, 2, 3}}, {100, 20, {48}}}, half), (divided{{5, 10}, {3, 12}, {8, 22}}));
}

TEST(budget, of_a_full_layer_goes_to_the_others_in_their_order) {
  // All that dies, 4 + 3, would grow in the second layer, which has room for 3.
  EXPECT_EQ(divide({{12, 8, {0}}, {9, 6, {1}}}, half), (divided{{4, 3}, {4, 3}, {8, 6}}));
  // No more die than could grow again.
  EXPECT_EQ(divide({{10, 8, {1}}}, half), (divided{{2}, {2}, {8}}));
}

TEST(budget, knows_small_sums_of_few_weights) {
  // Means are 2^-20 and 2^-25, so 32 and 1 of 33 parts of the 2^19 that die.
  EXPECT_EQ(divide({{1 << 21, 1 << 20, {1}}, {100'000, 1, {0x1p-25f}}}, half),
            (divided{{1 << 19, 0}, {508'401, 15'887}, {(1 << 19) + 508'401, 15'888}}));
}

TEST(budget, stays_where_nothing_tells_layers_apart) {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  for (const float x : {0.f, infinity, nan})
    EXPECT_EQ(divide({{100, 10, {1, x}}, {100, 20, {x, 48}}}, half),
              x == 0 ? (divided{{5, 10}, {1, 14}, {6, 24}}) : (divided{{5, 10}, {5, 10}, {10, 20}}));
  EXPECT_EQ(divide({{100, 10, {0}}, {100, 20, {0}}}, half), (divided{{5, 10}, {5, 10}, {10, 20}}));
}

TEST(budget, is_that_of_the_reference) {
  EXPECT_TRUE(rc::check([] {
    std::vector<layer> layers;
    const int middle = *rc::gen::inRange(-149, 100);
    const auto count = *rc::gen::inRange(1, 6);
    for (int l = 0; l < count; ++l) {
      const auto entries = *rc::gen::inRange(1u, 100'000u);
      auto& made = layers.emplace_back(layer{entries, *rc::gen::inRange(1u, entries + 1), {}});
      const auto rows = *rc::gen::inRange(1, 40);
      for (int r = 0; r < rows; ++r)
        made.sums.push_back(
            static_cast<float>(std::ldexp(*rc::gen::inRange(0, 1 << 24), middle + *rc::gen::inRange(-45, 4))));
    }
    const auto share = *rc::gen::inRange(0u, half);
    std::vector<reference::budget_of_layer> expected;
    for (const layer& l : layers) expected.push_back({.entries = l.entries, .live = l.live, .sums = l.sums});
    reference::divide(expected, share * 0x1p-32);
    const auto found = divide(layers, share);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      RC_ASSERT(found.dropped[i] == expected[i].dropped);
      RC_ASSERT(found.grown[i] == expected[i].grown);
      RC_ASSERT(found.live[i] == layers[i].live + found.grown[i] - found.dropped[i]);
      RC_ASSERT(found.live[i] <= layers[i].entries);
    }
    RC_ASSERT(std::reduce(found.dropped.begin(), found.dropped.end()) ==
              std::reduce(found.grown.begin(), found.grown.end()));
  }));
}

} // namespace
} // namespace acf::runtime
