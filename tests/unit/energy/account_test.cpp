#include "platform/config/input_error.hpp"
#include "platform/energy/account.hpp"
#include "platform/energy/iso_area.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace acf::platform {
namespace {

// Round prices, so that a reader can follow with a pencil.
energy_table round_prices() {
  energy_table t;
  t.node = "round";
  t.mac_pj = {{"int8", 1}, {"bf16", 2}, {"fp16", 3}, {"fp32", 4}};
  t.mac_um2 = {{"int8", 10}, {"bf16", 20}, {"fp16", 30}, {"fp32", 40}};
  t.skipping_pj = {{"tensordash", 0.5}}, t.skipping_um2 = {{"tensordash", 5}};
  t.dram_byte_pj = {{"hbm2", 30}};
  t.vector_op_pj = 7, t.vector_lane_um2 = 40;
  t.sram_at_1_kib_pj = 1, t.sram_exponent = 0.5; // 512 KiB in 16 banks of 32: 5.657
  t.noc_bit_hop_pj = 0.25, t.sram_bit_um2 = 0.5;
  return t;
}

TEST(energy, each_event_has_its_price_and_its_part) {
  const config c;
  const energy_table t = round_prices();
  const price_list prices(c, t, "bf16");
  events e;
  e.macs = {{"bf16", 1000}}, e.skipping_cycles = 100, e.vector_slots = 10;
  const energy_parts core = prices.of(e, "tensordash");
  EXPECT_DOUBLE_EQ(core.core, (1000 * 2 + 100 * 0.5 + 10 * 7) * 1e-6);
  EXPECT_EQ(core.sram + core.mesh + core.dram, 0);
  e = {};
  e.sram_bytes = 100, e.flit_hops = 3, e.dram_bytes = 50;
  const energy_parts moved = prices.of(e, "tensordash");
  EXPECT_DOUBLE_EQ(moved.sram, 100 * std::sqrt(32.0) * 1e-6);
  EXPECT_DOUBLE_EQ(moved.mesh, 3 * 512 * 0.25 * 1e-6);
  EXPECT_DOUBLE_EQ(moved.dram, 50 * 30 * 1e-6);
  EXPECT_EQ(moved.core, 0);
}

TEST(energy, buffers_before_the_sram_are_small_memories_with_their_own_price_and_area) {
  config c;
  const energy_table t = round_prices();
  const double without = price_list(c, t, "bf16").tile_area("dense").sram;
  c.same.line_buffer_kib = 4, c.same.bank_cache_kib = 64; // 16 banks of 4 KiB, each with tags of a quarter
  const price_list prices(c, t, "bf16");
  events e;
  e.line_buffer_bytes = 100;
  EXPECT_DOUBLE_EQ(prices.of(e, "dense").sram, 100 * 2 * 1e-6);
  e.bank_cache_bytes = 1000;
  EXPECT_DOUBLE_EQ(prices.of(e, "dense").sram, (100 * 2 + 1000 * 2 * 1.25) * 1e-6);
  EXPECT_NEAR(prices.tile_area("dense").sram - without, (4 + 80) * 8192 * 0.5e-6, 1e-9);
}

TEST(energy, products_cost_what_was_multiplied_whatever_lanes_are_built_for) {
  const config c;
  const energy_table t = round_prices();
  events e;
  e.macs = {{"bf16", 100}, {"fp32", 10}, {"int8", 1}};
  EXPECT_DOUBLE_EQ(price_list(c, t, "fp32").of(e, "dense").core, (100 * 2 + 10 * 4 + 1) * 1e-6);
  EXPECT_DOUBLE_EQ(price_list(c, t, "bf16").of(e, "dense").core, (100 * 2 + 10 * 4 + 1) * 1e-6);
}

TEST(energy, storage_type_and_engine_change_the_price) {
  const config c;
  const energy_table t = round_prices();
  events e;
  e.macs = {{"fp32", 10}}, e.skipping_cycles = 10;
  EXPECT_DOUBLE_EQ(price_list(c, t, "fp32").of(e, "dense").core, 40e-6); // dense has nothing that skips
  e.macs = {{"int8", 10}};
  EXPECT_DOUBLE_EQ(price_list(c, t, "int8").of(e, "tensordash").core, 15e-6);
}

TEST(energy, the_twin_is_smaller_by_what_skips) {
  config c;
  c.zbcc.engine = "tensordash";
  const energy_table t = round_prices();
  const area_parts a = price_list(c, t, "bf16").area();
  EXPECT_NEAR(a.skipping, 16 * 64 * 5e-6, 1e-12);
  EXPECT_NEAR(a.core, 16 * (64 * 25 + 32 * 40) * 1e-6, 1e-12);
  EXPECT_NEAR(a.sram, 16 * 512 * 8192 * 0.5e-6, 1e-9);
  c.zbcc.skip = "none";
  EXPECT_NEAR(price_list(c, t, "bf16").area().total(), a.twin(), 1e-12);
}

TEST(energy, tiles_may_have_engines_of_their_own) {
  config c;
  c.zbcc.engine = "dense";
  c.tile[{1, 1}].engine = "tensordash";
  const energy_table t = round_prices();
  EXPECT_NEAR(price_list(c, t, "bf16").area().skipping, 64 * 5e-6, 1e-12);
}

// Lanes of 20 um2 and 5 of logic that skips: 64 lanes of the twin are 1280 um2 a tile, 51.2 lanes of the engine.
config of_engine(const char* name) {
  config c;
  c.zbcc.engine = name;
  return c;
}
energy_table skipping_costs_a_quarter() {
  energy_table t = round_prices();
  for (const char* name : {"zbcc", "tensordash", "spartann", "sat"}) t.skipping_um2[name] = 5;
  return t;
}

TEST(iso_area, takes_the_nearest_size_that_the_engine_can_have) {
  const energy_table t = skipping_costs_a_quarter();
  const auto lanes = [&](const char* name) { return at_area_of_twin(of_engine(name), t, "bf16").chip.zbcc.lanes; };
  EXPECT_EQ(lanes("spartann"), 52u);   // any multiple of four
  EXPECT_EQ(lanes("zbcc"), 48u);       // groups of 16
  EXPECT_EQ(lanes("tensordash"), 48u); // 3 x 4 elements of four lanes; 13 elements would be a line
  EXPECT_EQ(lanes("sat"), 48u);        // 6 x 8; 4 x 13 would be too oblong
  EXPECT_EQ(lanes("dense"), 64u);
  const auto grid = at_area_of_twin(of_engine("tensordash"), t, "bf16");
  EXPECT_EQ((std::pair{grid.chip.zbcc.rows, grid.chip.zbcc.columns}), (std::pair{3u, 4u}));
}

TEST(iso_area, says_what_is_left_of_the_difference) {
  const energy_table t = skipping_costs_a_quarter();
  const auto x = at_area_of_twin(of_engine("spartann"), t, "bf16");
  EXPECT_TRUE(x.rescaled);
  EXPECT_NEAR(x.area_mm2 - x.target_mm2, 16 * (52 * 25 - 64 * 20) * 1e-6, 1e-12);
  EXPECT_NEAR(x.difference_percent(), 100 * (x.area_mm2 - x.target_mm2) / x.target_mm2, 1e-9);
  EXPECT_NEAR(price_list(x.chip, t, "bf16").area().total(), x.area_mm2, 1e-12);
}

TEST(iso_area, leaves_an_engine_that_is_as_near_as_it_can_be) {
  energy_table t = skipping_costs_a_quarter();
  t.skipping_um2["zbcc"] = 1; // 64 um2 too large; 48 lanes would be 272 too small
  const auto x = at_area_of_twin(of_engine("zbcc"), t, "bf16");
  EXPECT_FALSE(x.rescaled);
  EXPECT_EQ(x.chip.zbcc.lanes, 64u);
  EXPECT_GT(x.difference_percent(), 0);
}

TEST(iso_area, asks_every_engine_of_the_chip_whether_it_has_that_size) {
  const energy_table t = skipping_costs_a_quarter();
  config c = of_engine("spartann");
  c.tile[{1, 1}].engine = "zbcc"; // only multiples of 16
  EXPECT_EQ(at_area_of_twin(c, t, "bf16").chip.zbcc.lanes, 48u);
}

TEST(energy, executed_and_dense_equivalent_work_are_kept_apart) {
  const efficiency e = efficiency_of(1000, 9000, 2); // 2 uJ
  EXPECT_DOUBLE_EQ(e.gops_per_watt_executed, 2 * 1000 / 2e-6 * 1e-9);
  EXPECT_DOUBLE_EQ(e.gops_per_watt_dense_equivalent, 10 * e.gops_per_watt_executed);
  EXPECT_EQ(efficiency_of(1, 1, 0).gops_per_watt_executed, 0);
}

TEST(energy, a_preset_without_a_price_is_refused) {
  config c;
  c.dram.preset = "ddr4_3200";
  const energy_table t = round_prices();
  EXPECT_THROW(price_list(c, t, "bf16"), input_error);
}

} // namespace
} // namespace acf::platform
