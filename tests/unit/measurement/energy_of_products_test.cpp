// What a product costs is decided by the command that multiplies, not by what the training stores.
#include "platform/config/config.hpp"
#include "platform/soc/energy_of_run.hpp"
#include "sw_stack/hal/command_names.hpp"
#include "tests/chip/job.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace acf::platform {
namespace {

using hal::element;

energy_table round_prices() {
  energy_table t;
  t.node = "round";
  t.mac_pj = {{"bf16", 2}, {"fp16", 3}, {"fp32", 5}}, t.mac_um2 = {{"bf16", 20}, {"fp16", 30}, {"fp32", 50}};
  t.dram_byte_pj = {{"hbm2", 30}};
  return t;
}

struct product {
  element a, b;
  std::uint16_t tag;
};

// Products of 8 x 8 x 8 of what SRAM holds after power-on, nothing skipped, one after the other.
run_result run(test::chip& c, const std::vector<product>& products) {
  run_result result;
  c.run([&] {
    measurement window(c.soc());
    test::job j(c);
    std::uint16_t id = 0;
    const auto view = [&](element type) {
      const auto bytes = hal::bytes_of(type);
      j.define({.base = id * 0x400u,
                .type = static_cast<std::uint8_t>(type),
                .dim = {8, 8, 1, 1},
                .stride = {8 * bytes, bytes, 0, 0}},
               id);
      return id++;
    };
    for (const product& p : products) {
      const std::uint16_t a = view(p.a), b = view(p.b), out = view(element::f32);
      auto& mm = j.add(hal::opcode::mm);
      mm.tag = p.tag, mm.view = {a, b, out, test::none};
    }
    j.ring_doorbell();
    j.finish();
    EXPECT_EQ(j.cause(), hal::tile::error::none);
    window.finish();
    window.fill(result);
    const energy_table prices = round_prices();
    add_energy(c.soc().configuration(), prices, result);
    add_energy_of_phases(c.soc(), prices, window.begin(), window.end(), result);
  });
  return result;
}

const energy_result::phase& phase(const run_result& r, const std::string& name) {
  const auto at = std::ranges::find(r.energy->phases, name, &energy_result::phase::name);
  if (at == r.energy->phases.end()) throw std::out_of_range(name);
  return *at;
}

TEST(energy_of_run, prices_each_product_as_the_command_multiplied_it) {
  const std::vector<std::string> sets{"mesh.width=1", "mesh.height=1", "zbcc.engine=dense"};
  test::chip c("chip", sets);
  const std::uint16_t forward = hal::tagged(hal::tag::forward, 0), gradient = hal::tagged(hal::tag::gradient, 0);
  const run_result r = run(c, {{element::bf16, element::bf16, forward},
                               {element::u8, element::bf16, forward},
                               {element::f32, element::f32, gradient},
                               {element::f16, element::bf16, gradient}, // only fp32 holds both
                               {element::u8, element::f16, gradient}});
  ASSERT_TRUE(r.energy);
  EXPECT_EQ(r.energy->macs, (mac_counts{{"bf16", 1024}, {"fp16", 512}, {"fp32", 1024}}));
  EXPECT_EQ(phase(r, "layer1/forward").macs, (mac_counts{{"bf16", 1024}}));
  EXPECT_EQ(phase(r, "layer1/weight_gradient").macs, (mac_counts{{"fp16", 512}, {"fp32", 1024}}));
  EXPECT_DOUBLE_EQ(phase(r, "layer1/forward").parts.core, 1024 * 2 * 1e-6);
  EXPECT_DOUBLE_EQ(phase(r, "layer1/weight_gradient").parts.core, (512 * 3 + 1024 * 5) * 1e-6);
  EXPECT_DOUBLE_EQ(r.energy->parts.core, (1024 * 2 + 512 * 3 + 1024 * 5) * 1e-6);
  EXPECT_EQ(r.energy->dtype, "fp32") << "lanes that do products of fp32 are as large as that";
  EXPECT_DOUBLE_EQ(r.energy->area.core, 64 * 50 * 1e-6);
}

} // namespace
} // namespace acf::platform
