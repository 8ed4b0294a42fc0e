#include <gtest/gtest.h>

#include "sw_stack/driver/fabric.hpp"
#include "sw_stack/driver/names.hpp"
#include "tests/unit/driver/fake_fabric.hpp"

namespace acf::test {
namespace {

namespace hw = hal::global;
using driver::trouble;

std::string text(const driver::problem& p, std::uint32_t width) { return std::string(describe(p, width).text()); }

TEST(driver_identify, reads_the_capabilities) {
  fake_fabric hardware(4, 2, 8);
  driver::fabric fabric(hardware);
  ASSERT_FALSE(fabric.identify());
  const auto& chip = fabric.description();
  EXPECT_EQ(chip.width, 4u);
  EXPECT_EQ(chip.height, 2u);
  EXPECT_EQ(chip.lanes, 64u);
  EXPECT_EQ(chip.engine, 1u);
  EXPECT_EQ(chip.vector_lanes, 32u);
  EXPECT_EQ(chip.sram_kib, 512u);
  EXPECT_EQ(chip.dram_channels, 8u);
  EXPECT_EQ(chip.dram_mib, 8192u);
  EXPECT_EQ(chip.tiles, 8u);
  EXPECT_EQ(chip.nodes, 17u);
  EXPECT_EQ(chip.clock_mhz, 1000u);
  EXPECT_TRUE(hardware.violations.empty());
}

TEST(driver_identify, refuses_what_is_no_fabric) {
  fake_fabric hardware(1, 1);
  hardware.global(hw::id) = 0xFFFF'FFFF;
  driver::fabric fabric(hardware);
  EXPECT_EQ(text(fabric.identify(), 1), "GLOBAL.ID is 0xffffffff, a fabric has 0x31464341");
}

TEST(driver_identify, refuses_another_major_version_and_takes_another_minor_one) {
  fake_fabric hardware(1, 1);
  driver::fabric fabric(hardware);
  hardware.global(hw::version) = 0x0001'0007;
  EXPECT_FALSE(fabric.identify());
  hardware.global(hw::version) = 0x0002'0000;
  EXPECT_EQ(text(fabric.identify(), 1), "VERSION.MAJOR is 2, this driver knows 1");
}

TEST(driver_require, names_the_first_mismatch) {
  fake_fabric hardware(4, 4);
  driver::fabric fabric(hardware);
  ASSERT_FALSE(fabric.identify());
  EXPECT_FALSE(fabric.require({4, 4, 512, 64}));
  EXPECT_EQ(text(fabric.require({2, 4, 512, 64}), 4), "MESH.WIDTH is 4, the job was built for 2");
  EXPECT_EQ(text(fabric.require({4, 2, 512, 64}), 4), "MESH.HEIGHT is 4, the job was built for 2");
  EXPECT_EQ(text(fabric.require({4, 4, 256, 64}), 4), "SRAM is 512, the job was built for 256");
  EXPECT_EQ(text(fabric.require({4, 4, 512, 32}), 4), "ENGINE.LANES is 64, the job was built for 32");
}

struct mesh_size {
  std::uint32_t width, height, channels;
};
class driver_routes : public testing::TestWithParam<mesh_size> {};

TEST_P(driver_routes, lead_from_every_router_to_every_node_on_a_shortest_way) {
  const auto [width, height, channels] = GetParam();
  fake_fabric hardware(width, height, channels);
  driver::fabric fabric(hardware);
  ASSERT_FALSE(fabric.identify());
  for (std::uint32_t from = 0; from < hardware.tiles; ++from)
    for (std::uint32_t node = 0; node < hardware.nodes; ++node) hardware.route(1, from, node) = 0;
  ASSERT_FALSE(fabric.program_routes());
  EXPECT_TRUE(hal::test(hardware.global(hw::control), hw::control["ROUTE_BANK"]));
  for (std::uint32_t from = 0; from < hardware.tiles; ++from)
    for (std::uint32_t node = 0; node < hardware.nodes; ++node) {
      const auto to = hardware.place_of(node);
      const auto distance = [](std::uint32_t a, std::uint32_t b) { return a < b ? b - a : a - b; };
      EXPECT_EQ(hardware.path(1, from, node).size(), 1 + distance(from % width, to.x) + distance(from / width, to.y));
    }
  EXPECT_TRUE(hardware.violations.empty()) << hardware.violations.front();
}

std::string name_of(const testing::TestParamInfo<mesh_size>& info) {
  const auto& m = info.param;
  return std::to_string(m.width) + "x" + std::to_string(m.height) + "_with_" + std::to_string(m.channels) + "_channels";
}

INSTANTIATE_TEST_SUITE_P(meshes, driver_routes,
                         testing::Values(mesh_size{1, 1, 1}, mesh_size{1, 1, 8}, mesh_size{2, 3, 2}, mesh_size{4, 4, 8},
                                         mesh_size{8, 8, 8}),
                         name_of);

TEST(driver_routes, a_loop_is_reported_and_never_used) {
  fake_fabric hardware(2, 2);
  driver::fabric fabric(hardware);
  ASSERT_FALSE(fabric.identify());
  const auto in_circles = [](std::uint32_t x, std::uint32_t y, const driver::node_place&) -> std::uint32_t {
    if (y == 0) return x == 0 ? hal::router::east : hal::router::south;
    return x == 1 ? hal::router::west : hal::router::north;
  };
  EXPECT_EQ(text(fabric.program_routes(in_circles), 2), "no route from router 0 to node 0: a loop");
  EXPECT_FALSE(hal::test(hardware.global(hw::control), hw::control["ROUTE_BANK"]));
}

TEST(driver_routes, tables_that_do_not_go_together_are_exchanged_when_nothing_is_under_way) {
  fake_fabric hardware(2, 2);
  driver::fabric fabric(hardware);
  ASSERT_FALSE(fabric.identify());
  const auto bank = [&](std::uint32_t which) {
    std::vector<std::uint64_t> all;
    for (std::uint32_t from = 0; from < hardware.tiles; ++from)
      for (std::uint32_t node = 0; node < hardware.nodes; ++node) all.push_back(hardware.route(which, from, node));
    return all;
  };
  hardware.cyclic = [&] { return bank(0) != bank(1); };
  const auto before = bank(0);
  hardware.global(hw::status) = 0; // busy
  EXPECT_EQ(text(fabric.program_routes(driver::yx), 2),
            "routes: packets could wait for each other over 4 links from router 1");
  EXPECT_EQ(bank(0), before);
  EXPECT_FALSE(hal::test(hardware.global(hw::control), hw::control["ROUTE_BANK"]));
  hardware.global(hw::status) = hw::status["IDLE"].mask();
  EXPECT_FALSE(fabric.program_routes(driver::yx));
  EXPECT_NE(bank(0), before);
  EXPECT_EQ(bank(0), bank(1));
}

TEST(driver_routes, a_table_with_a_ring_of_its_own_leaves_XY) {
  fake_fabric hardware(2, 2);
  driver::fabric fabric(hardware);
  ASSERT_FALSE(fabric.identify());
  hardware.cyclic = [] { return true; };
  hardware.global(hw::status) = hw::status["IDLE"].mask();
  const auto before = hardware.route(0, 0, 3);
  EXPECT_EQ(fabric.program_routes(driver::yx).what, driver::trouble::route_cycle);
  EXPECT_EQ(hardware.route(0, 0, 3), before);
  EXPECT_EQ(hardware.route(1, 0, 3), before);
}

// ports[node][router]: what the file of a scenario becomes.
TEST(driver_routes, a_table_of_ports_is_programmed_as_it_is) {
  fake_fabric hardware(2, 2);
  driver::fabric fabric(hardware);
  ASSERT_FALSE(fabric.identify());
  std::vector<std::uint8_t> ports;
  for (std::uint32_t node = 0; node < hardware.nodes; ++node)
    for (std::uint32_t from = 0; from < hardware.tiles; ++from)
      ports.push_back(static_cast<std::uint8_t>(driver::yx(from % 2, from / 2, hardware.place_of(node))));
  driver::route_plan plan;
  plan.ports = ports.data();
  ASSERT_FALSE(fabric.program_routes(plan));
  for (std::uint32_t node = 0; node < hardware.nodes; ++node)
    for (std::uint32_t from = 0; from < hardware.tiles; ++from)
      EXPECT_EQ(hal::get(hardware.route(1, from, node), hal::router::port_field), ports[node * hardware.tiles + from]);
  EXPECT_TRUE(hal::test(hardware.global(hw::control), hw::control["ROUTE_BANK"]));
}

TEST(driver_routes, unchecked_a_ring_is_used) {
  fake_fabric hardware(2, 2);
  driver::fabric fabric(hardware);
  ASSERT_FALSE(fabric.identify());
  hardware.cyclic = [] { return true; };
  driver::route_plan plan{driver::yx};
  plan.checked = false;
  EXPECT_FALSE(fabric.program_routes(plan));
  EXPECT_TRUE(hal::test(hardware.global(hw::control), hw::control["ROUTE_BANK"]));
}

TEST(driver_routes, bring_up_leaves_the_tables_of_the_hardware_and_checks_them) {
  fake_fabric hardware(2, 2);
  driver::fabric fabric(hardware);
  ASSERT_FALSE(fabric.identify());
  hardware.global(hw::status) = hw::status["IDLE"].mask();
  const auto before = hardware.route(1, 0, 3);
  EXPECT_FALSE(fabric.bring_up({}));
  EXPECT_EQ(hardware.route(1, 0, 3), before);
  EXPECT_FALSE(hal::test(hardware.global(hw::control), hw::control["ROUTE_BANK"]));
  hardware.cyclic = [] { return true; };
  EXPECT_EQ(fabric.bring_up({}).what, driver::trouble::route_cycle);
}

TEST(driver_routes, a_hole_is_reported) {
  fake_fabric hardware(2, 2);
  driver::fabric fabric(hardware);
  ASSERT_FALSE(fabric.identify());
  ASSERT_FALSE(fabric.set_route(0, 3, 4, std::nullopt));
  EXPECT_EQ(text(fabric.check_routes(), 2), "no route from router 3 to node 4: a hole");
  EXPECT_EQ(fabric.set_route(0, 4, 0, 1).what, trouble::bad_argument);
  EXPECT_EQ(fabric.set_route(0, 0, 7, 1).what, trouble::bad_argument);
  EXPECT_EQ(fabric.set_route(2, 0, 0, 1).what, trouble::bad_argument);
}

TEST(driver_bring_up, opens_the_windows_and_nothing_else) {
  fake_fabric hardware(2, 2);
  driver::fabric fabric(hardware);
  ASSERT_FALSE(fabric.identify());
  const driver::dma_window windows[] = {{0x9000'0000, 0x9010'0000, true, false},
                                        {0x9010'0000, 0x9020'0000, true, true}};
  ASSERT_FALSE(fabric.bring_up(windows));
  EXPECT_EQ(hardware.global(hw::window_base, 0), 0x9000'0000u);
  EXPECT_EQ(hardware.global(hw::window_limit, 0), 0x9010'0000u);
  EXPECT_EQ(hardware.global(hw::window_rights, 0), 1u);
  EXPECT_EQ(hardware.global(hw::window_rights, 1), 3u);
  EXPECT_EQ(hardware.global(hw::window_rights, 2), 0u);
  EXPECT_EQ(fabric.set_window(8, {}).what, trouble::bad_argument);
  EXPECT_TRUE(hardware.violations.empty());
}

TEST(driver_bring_up, gives_up_on_hardware_that_never_becomes_idle) {
  fake_fabric hardware(2, 2);
  driver::fabric fabric(hardware);
  ASSERT_FALSE(fabric.identify());
  hardware.ignores_control = true;
  hardware.global(hw::status) = 0;
  hardware.tile(1, hal::tile::status) = 0;
  hardware.tile(1, hal::tile::jobs) = 3;
  EXPECT_EQ(text(fabric.reset(), 2), "TILE(1,0).JOBS = 3 after the time limit: reset");
  EXPECT_EQ(text(fabric.abort(), 2), "TILE(1,0).JOBS = 3 after the time limit: aborting");
  EXPECT_EQ(text(fabric.reset_tile(1), 2), "TILE(1,0).JOBS = 3 after the time limit: reset");
  EXPECT_FALSE(fabric.reset_tile(0));
}

TEST(driver_names, every_register_is_found_at_its_address) {
  const auto expect = [](const hal::register_block& block, std::uint64_t base, std::uint32_t window) {
    for (const auto& r : block)
      for (const auto index : {std::uint32_t{0}, r.count - 1}) {
        const auto found = driver::find_register(base + r.at(index));
        ASSERT_TRUE(found) << r.name;
        EXPECT_EQ(found->what, &r);
        EXPECT_EQ(found->index, index);
        EXPECT_EQ(found->window, window);
      }
  };
  expect(hw::block, hal::map::global_block, 0);
  expect(hal::tile::block, hal::map::tile_base(5), 5);
  expect(hal::router::block, hal::map::routing_base(3), 3);
  EXPECT_FALSE(driver::find_register(hal::map::global_block + 0xFFF0));
  EXPECT_FALSE(driver::find_register(hal::map::dram));
}

TEST(driver_names, registers_are_called_by_their_place) {
  const auto name = [](std::uint64_t address) {
    driver::message out;
    print(out, *driver::find_register(address), 4);
    return std::string(out.text());
  };
  EXPECT_EQ(name(0x4000'0000), "GLOBAL.ID");
  EXPECT_EQ(name(0x4000'0260), "GLOBAL.WINDOW_BASE[3]");
  EXPECT_EQ(name(hal::map::tile_base(6) + 0x00C), "TILE(2,1).ERROR_CAUSE");
}

TEST(driver_names, every_error_cause_has_a_name) {
  EXPECT_EQ(driver::failure{.cause = hal::tile::error::range}.cause_name(), "RANGE");
  for (std::uint32_t n = 0; n <= static_cast<std::uint32_t>(hal::tile::error::index); ++n)
    EXPECT_NE(driver::failure{.cause = static_cast<hal::tile::error>(n)}.cause_name(), "?") << n;
  EXPECT_EQ(driver::failure{.cause = static_cast<hal::tile::error>(99)}.cause_name(), "?");
}

TEST(driver_message, cuts_off_what_does_not_fit) {
  driver::message out;
  for (int n = 0; n < 100; ++n) out << "0123456789";
  EXPECT_EQ(out.text().size(), 200u);
  EXPECT_EQ((driver::message() << -5 << " " << driver::hex{0xBEEF}).text(), "-5 0xbeef");
}

} // namespace
} // namespace acf::test
