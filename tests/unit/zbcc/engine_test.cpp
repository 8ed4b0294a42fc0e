// Engine cases that a reader can follow with a pencil.
#include "models/zbcc/engine.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace {

using namespace acf::zbcc;

bit_matrix ones(std::size_t rows, std::size_t cols) {
  bit_matrix m(rows, cols);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < cols; ++c) m.set(r, c);
  return m;
}

chunk full(std::size_t m, std::size_t n, std::size_t k, sides skip = {}) {
  chunk c;
  c.m = m, c.n = n, c.k = k;
  c.a = ones(m, k), c.b = ones(n, k);
  c.skip = skip;
  return c;
}

chunk_cost cost_of(const char* name, const chunk& work, std::uint32_t lanes = 64) {
  engine_config config;
  config.name = name;
  config.lanes = lanes;
  const chunk_cost cost = make_engine(config)->cost(work);
  EXPECT_EQ(cost.executed + cost.idle_slots(), cost.busy * lanes);
  EXPECT_EQ(cost.executed + cost.skipped, work.macs());
  return cost;
}

constexpr sides both{true, true}, only_b{false, true};

TEST(dense_engine, four_by_four_outputs_take_a_quarter_of_k) {
  const chunk_cost c = cost_of("dense", full(4, 4, 32));
  EXPECT_EQ(c.busy, 8u);
  EXPECT_EQ(c.executed, 512u);
  EXPECT_EQ(c[stall::edge], 0u);
  EXPECT_EQ(c.bytes_read, 8u * 64); // 16 elements of each side per cycle
}

TEST(dense_engine, ragged_sizes_round_up_and_the_rest_is_edge) {
  const chunk_cost c = cost_of("dense", full(5, 6, 7)); // 2 x 2 passes of 2 cycles
  EXPECT_EQ(c.busy, 8u);
  EXPECT_EQ(c.executed, 210u);
  EXPECT_EQ(c[stall::edge], 8u * 64 - 210);
}

TEST(dense_engine, a_vector_machine_is_a_matter_of_configuration) {
  engine_config config;
  config.name = "dense", config.rows = 1, config.columns = 64;
  EXPECT_EQ(make_engine(config)->cost(full(3, 100, 7)).busy, 3u * 2 * 7);
}

TEST(dense_engine, blocks_that_are_not_live_never_arrive) {
  chunk c = full(4, 8, 16);
  c.live = sparse_rows{{0, 1, 3}, {{2, 0}, {0, 1}, {3, 2}}};
  EXPECT_EQ(cost_of("dense", c).busy, 3u);
  EXPECT_EQ(cost_of("dense", c).executed, 3u * 64);
}

TEST(dense_engine, sampled_blocks_follow_each_other) {
  chunk c = full(8, 8, 10);
  c.outputs = std::vector<output_block>{{0, 0}, {1, 1}, {0, 1}};
  EXPECT_EQ(cost_of("dense", c).busy, 3u * 3);
}

TEST(zbcc_engine, without_skipping_a_task_takes_a_cycle_per_step) {
  const chunk_cost c = cost_of("zbcc", full(4, 4, 32));
  EXPECT_EQ(c.busy, 8u); // one row per group
  EXPECT_EQ(c.executed, 512u);
  EXPECT_EQ(c.idle_slots(), 0u);
}

TEST(zbcc_engine, pairs_of_a_task_are_packed_into_sixteen_lanes) {
  chunk c = full(1, 4, 64, both);
  c.a = bit_matrix(1, 64);
  for (const std::size_t k : {0, 5, 9, 33, 60}) c.a.set(0, k); // 5 x 4 pairs in 16 steps
  const chunk_cost cost = cost_of("zbcc", c);
  EXPECT_EQ(cost.busy, 2u);
  EXPECT_EQ(cost.executed, 20u);
  EXPECT_EQ(cost[stall::edge], 12u);
  EXPECT_EQ(cost[stall::imbalance], 3u * 2 * 16); // three groups have nothing to do
}

TEST(zbcc_engine, the_front_end_limits_what_is_nearly_empty) {
  chunk c = full(1, 4, 256, both); // 64 steps, 16 per cycle
  c.a = bit_matrix(1, 256);
  c.a.set(0, 200);
  const chunk_cost cost = cost_of("zbcc", c);
  EXPECT_EQ(cost.busy, 4u);
  EXPECT_EQ(cost[stall::edge], 12u);
  EXPECT_EQ(cost[stall::front_end], 3u * 16);
}

TEST(zbcc_engine, weight_only_mode_does_not_see_zero_activations) {
  chunk c = full(1, 4, 64, only_b);
  c.a = bit_matrix(1, 64); // all zero
  EXPECT_EQ(cost_of("zbcc", c).busy, 16u);
  c.b = bit_matrix(4, 64);
  EXPECT_EQ(cost_of("zbcc", c).busy, 1u);
}

TEST(zbcc_engine, tasks_go_to_the_group_that_is_free_first) {
  chunk c = full(5, 4, 16, both); // rows of 4, 1, 1, 1 and 2 cycles: the last one joins group 1
  c.a = ones(5, 16);
  for (std::size_t m = 1; m < 4; ++m) c.a.row(m)[0] = 0xF;
  c.a.row(4)[0] = 0xFF;
  const chunk_cost cost = cost_of("zbcc", c);
  EXPECT_EQ(cost.busy, 4u);
  EXPECT_EQ(cost[stall::imbalance], 16u * (0 + 1 + 3 + 3));
}

TEST(zbcc_engine, a_block_row_without_blocks_costs_nothing) {
  chunk c = full(1, 8, 16, both);
  c.live = sparse_rows{{0, 0, 1}, {{3, 0}}};
  c.b = bit_matrix(8, 16);
  for (std::size_t n = 4; n < 8; ++n) c.b.row(n)[0] = 0xF000;
  const chunk_cost cost = cost_of("zbcc", c);
  EXPECT_EQ(cost.busy, 1u);
  EXPECT_EQ(cost.executed, 16u);
}

TEST(zbcc_engine, a_sampled_block_is_a_task_of_one_group) {
  chunk c = full(8, 4, 10, both);
  c.outputs = std::vector<output_block>{{0, 0}, {1, 0}};
  c.a = bit_matrix(8, 10);
  c.a.set(1, 3);                                                    // one element of A meets four of B
  for (std::size_t i = 4; i < 8; ++i) c.a.set(i, 0), c.a.set(i, 9); // 32 pairs
  const chunk_cost cost = cost_of("zbcc", c);
  EXPECT_EQ(cost.busy, 2u);
  EXPECT_EQ(cost.executed, 36u);
  EXPECT_EQ(cost[stall::edge], 12u);
  EXPECT_EQ(cost[stall::imbalance], 16u * (1 + 2 + 2));
}

TEST(sram_limit, stretches_a_chunk_and_names_the_difference) {
  chunk_cost c = cost_of("dense", full(4, 4, 32)); // 8 cycles, 512 bytes
  c.bytes_written = 1600;
  limit_by_sram(c, 64, 256);
  EXPECT_EQ(c.busy, 9u);
  EXPECT_EQ(c[stall::sram], 64u);
  EXPECT_EQ(c.executed + c.idle_slots(), c.busy * 64);
}

TEST(engines, an_unknown_name_is_answered_with_those_that_exist) {
  engine_config config;
  config.name = "zbc";
  try {
    make_engine(config);
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "engine 'zbc' is not known; expected one of dense, zbcc, tensordash, spartann, sat");
  }
}

TEST(engines, impossible_sizes_are_refused) {
  engine_config config;
  config.name = "dense", config.rows = 3;
  EXPECT_THROW(make_engine(config), std::invalid_argument);
  config.name = "zbcc", config.lanes = 24;
  EXPECT_THROW(make_engine(config), std::invalid_argument);
}

} // namespace
