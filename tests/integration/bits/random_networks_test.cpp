// Small networks of any shape on chips of any shape, against the reference: odd widths, batches larger than the set,
// masks that change every step, rates far too high.
#include "tests/integration/bits/chip_runs.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace acf::reference {
namespace {

class random_network : public testing::TestWithParam<unsigned> {};

TEST_P(random_network, has_the_bits_of_the_reference) {
  std::mt19937 random(GetParam());
  const auto from = [&](std::uint32_t low, std::uint32_t high) {
    return low + static_cast<std::uint32_t>(random() % (high - low + 1));
  };
  const auto one_of = [&](const auto& choices) { return choices[random() % std::size(choices)]; };

  const std::uint32_t side = from(2, 10), pixels = side * side;
  settings s;
  s.sparse = from(0, 2) > 0;
  s.bf16 = from(0, 1) != 0;
  s.widths = {pixels, from(1, 40), 10};
  if (from(0, 1)) s.widths.insert(s.widths.begin() + 2, from(1, 20));
  s.batch = from(2, 40);
  s.epochs = from(1, 9);
  s.step_limit = from(0, 2) ? from(1, 40) : 40;
  s.lr = one_of(std::array{0.01, 0.05, 0.3, 1.0, 30.0});
  s.momentum = one_of(std::array{0.0, 0.5, 0.9});
  s.rates = one_of(std::array{schedule::constant, schedule::cosine, schedule::step});
  s.seed = random() * (from(0, 1) ? 0x1'0000'0001u : 1u);
  s.sparsity = one_of(std::array{0.0, 0.3, 0.5, 0.75, 0.9, 0.99});
  s.regrow_period = from(0, 6);
  const chip c{from(1, 4), from(1, 4), one_of(std::array{64u, 128u, 512u}), from(1, 2),
               one_of(std::array{"zbcc.engine=zbcc", "zbcc.engine=dense", "zbcc.skip=none", "zbcc.skip=weights",
                                 "zbcc.lanes=16", "dram.channels=2", "dram.preset=lpddr4_2400"})};
  const std::uint32_t samples = from(1, 150);
  s.decay = one_of(std::array{0.0, 1e-4, 0.03});
  const chip_runs runs(samples, side);
  runs.compare_up_to_divergence(train(s, runs.set()), s, {c});
}

INSTANTIATE_TEST_SUITE_P(, random_network, testing::Range(0u, 24u));

// Three sparse layers of odd widths, masks that move: as many views and lists as a small network can need.
TEST(three_sparse_layers, have_the_bits_of_the_reference_on_every_chip) {
  const chip_runs runs(200, 28);
  settings s;
  s.widths = {784, 30, 18, 10};
  s.sparse = s.bf16 = true;
  s.epochs = 4; // 16 steps; the mask moves after 3, 6, 9
  s.regrow_period = 3;
  const trained expected = train(s, runs.set());
  EXPECT_EQ(expected.mask_changes, 3u);
  runs.compare(expected, s, {{}, {1, 1}, {1, 1, 168}, {8, 8}, {5, 3}, {1, 4}});
}

} // namespace
} // namespace acf::reference
