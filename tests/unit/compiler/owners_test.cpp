// Who owns which block: every block once, parts as equal as can be, and few columns that several tiles need.
#include "sw_stack/compiler/block_owners.hpp"
#include "sw_stack/compiler/recipe.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace acf::compiler {
namespace {

struct layer {
  layer_shape shape;
  std::vector<std::uint32_t> live;
};

layer make_layer(std::uint32_t outputs, std::uint32_t inputs, std::uint32_t live, std::uint64_t seed) {
  layer l;
  l.shape.outputs = outputs, l.shape.inputs = inputs, l.shape.blocks = outputs / 4 * (inputs / 4), l.shape.live = live;
  l.shape.sparse = true;
  l.live = draw(seed, 1, l.shape.blocks, live);
  std::ranges::sort(l.live);
  return l;
}

// Blocks gather in a few columns, as masks that grow by gradients have them.
layer make_concentrated(std::uint32_t tenth) {
  layer l = make_layer(128, 784, 627, 3);
  l.live.clear();
  for (std::uint32_t b = 0; b < l.shape.blocks && l.live.size() < 627; ++b)
    if (b % 196 / 7 % 3 == 1 && b * 2654435761u >> 28 > tenth) l.live.push_back(b);
  l.shape.live = static_cast<std::uint32_t>(l.live.size());
  return l;
}

TEST(owners, every_block_has_one_and_parts_are_equal) {
  for (const auto how : {block_owners::metis, block_owners::columns, block_owners::random})
    for (const std::uint32_t tiles : {1u, 2u, 5u, 16u, 64u, 1023u}) {
      const auto l = make_layer(128, 784, 627, tiles);
      const auto placed = place_blocks(l.shape, l.live, tiles, how, 9);
      auto sorted = placed.block_of_slot;
      std::ranges::sort(sorted);
      EXPECT_EQ(sorted, l.live);
      EXPECT_EQ(placed.traffic.most_blocks, (627 + tiles - 1) / tiles);
    }
}

TEST(owners, neighbouring_columns_keep_copies_few_and_chance_does_not) {
  for (const auto& l : {make_layer(128, 784, 627, 1), make_layer(512, 784, 2509, 2), make_concentrated(3)}) {
    const auto near = place_blocks(l.shape, l.live, 16, block_owners::columns, 9).traffic;
    const auto metis = place_blocks(l.shape, l.live, 16, block_owners::metis, 9).traffic;
    const auto any = place_blocks(l.shape, l.live, 16, block_owners::random, 9).traffic;
    EXPECT_LE(near.cut(), 15u); // a column for every border between tiles
    EXPECT_LE(metis.cut(), 30u);
    EXPECT_GT(any.cut(), 5 * metis.cut());
    EXPECT_GT(any.runs, 2 * metis.runs);
  }
}

// Unless there are so few blocks that one more than the mean is more than 5 %.
TEST(owners, parts_of_metis_are_within_5_percent) {
  std::vector<layer> layers{make_layer(128, 784, 627, 1), make_layer(128, 784, 160, 2), make_layer(128, 784, 20, 3),
                            make_layer(16, 16, 3, 4),     make_concentrated(3),         make_concentrated(8)};
  for (std::uint64_t seed = 0; seed < 10; ++seed) layers.push_back(make_layer(512, 784, 2509, seed));
  for (const layer& l : layers)
    for (const std::uint32_t tiles : {2u, 4u, 7u, 16u, 64u}) {
      const auto blocks = static_cast<std::uint32_t>(l.live.size()), parts = std::min(tiles, blocks);
      const auto placed = place_blocks(l.shape, l.live, tiles, block_owners::metis, 1);
      EXPECT_EQ(placed.metis_parts, parts);
      const double mean = static_cast<double>(blocks) / parts, one_more = 100 * (std::ceil(mean) / mean - 1);
      EXPECT_LE(placed.metis_imbalance_percent, std::max(5.0, one_more) + 1e-9) << blocks << " on " << tiles;
      EXPECT_GE(placed.metis_imbalance_percent, one_more - 1e-9);
      EXPECT_LT(placed.metis_cut, 4u * parts) << "of " << blocks << " blocks on " << tiles;
    }
  const auto large = place_blocks(layers.back().shape, layers.back().live, 16, block_owners::metis, 1);
  EXPECT_GT(large.metis_cut, 0u);
  EXPECT_LE(large.traffic.most_blocks, 1.05 * 2509 / 16);
}

TEST(owners, equal_runs_give_equal_owners) {
  const auto l = make_layer(128, 784, 627, 4);
  for (const auto how : {block_owners::metis, block_owners::random})
    EXPECT_EQ(place_blocks(l.shape, l.live, 16, how, 9).block_of_slot,
              place_blocks(l.shape, l.live, 16, how, 9).block_of_slot);
}

} // namespace
} // namespace acf::compiler
