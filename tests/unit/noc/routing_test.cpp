#include "models/noc/routing.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include <systemc>

#include "sw_stack/driver/routes.hpp"
#include "sw_stack/hal/global_registers.hpp"

using namespace acf::noc;
using namespace acf::hal::router;
using kind = acf::common::fabric_error::kind;

int sc_main(int, char**) { return 0; }

namespace {

mesh_config chip(std::uint32_t width, std::uint32_t height, std::uint32_t channels) {
  mesh_config c;
  c.width = width;
  c.height = height;
  c.dram.channels = channels;
  return c;
}

std::uint32_t entry(std::uint32_t out) { return static_cast<std::uint32_t>(valid_field.mask() | out); }

std::string refusal(const mesh_config& c) {
  try {
    topology{c};
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "accepted";
}

} // namespace

TEST(topology, channels_sit_at_both_edges_and_the_bridge_at_router_0) {
  const topology t(chip(4, 4, 8));
  EXPECT_EQ(t.nodes(), 25u);
  EXPECT_EQ(t.attached(t.channel(0)).router, t.tile(0, 0));
  EXPECT_EQ(t.attached(t.channel(1)).router, t.tile(3, 0));
  EXPECT_EQ(t.attached(t.channel(6)).router, t.tile(0, 3));
  EXPECT_EQ(t.attached(t.channel(7)).router, t.tile(3, 3));
  EXPECT_EQ(t.attached(t.channel(0)).port, 5);
  EXPECT_EQ(t.attached(t.host_bridge()).router, 0);
  EXPECT_EQ(t.attached(t.host_bridge()).port, 6);
  EXPECT_EQ(t.link_name(t.tile(2, 1) * 4u + east), "link (2,1)->(3,1)");
}

TEST(topology, one_tile_takes_eight_channels) {
  const topology t(chip(1, 1, 8));
  EXPECT_EQ(t.attached(t.channel(7)).port, 12);
  EXPECT_EQ(t.attached(t.host_bridge()).port, 13);
}

TEST(topology, refuses_what_cannot_be_built_by_its_key) {
  EXPECT_EQ(refusal(chip(0, 4, 8)), "mesh.width: 0; expected 1 to 64");
  EXPECT_EQ(refusal(chip(4, 65, 8)), "mesh.height: 65; expected 1 to 64");
  EXPECT_EQ(refusal(chip(4, 4, 0)), "dram.channels: 0; expected 1 to 64");
  EXPECT_EQ(refusal(chip(1, 1, 16)), "dram.channels: 16; a mesh of this size has no router port for so many");
  EXPECT_EQ(refusal(chip(64, 64, 8)).substr(0, 24), "mesh.width * mesh.height");
  auto c = chip(4, 4, 8);
  c.buffer_flits = 0;
  EXPECT_EQ(refusal(c), "mesh.buffer_flits: 0; expected 1 to 255");
  c = chip(4, 4, 8);
  c.dram.interleave = 100;
  EXPECT_EQ(refusal(c), "dram.interleave: 100 bytes; expected a power of two from 64 to 1048576");
}

TEST(routing, reset_is_x_first) {
  const topology t(chip(4, 4, 8));
  routing_tables r(t);
  const auto& way = r.find(0, t.tile(0, 0), t.tile(2, 1));
  EXPECT_EQ(way.links,
            (std::vector<link_id>{t.tile(0, 0) * 4u + east, t.tile(1, 0) * 4u + east, t.tile(2, 0) * 4u + south}));
  EXPECT_EQ(r.get(1, t.tile(3, 3), t.channel(0)), entry(west));
  EXPECT_EQ(r.get(0, t.tile(3, 3), t.channel(7)), entry(5));
  EXPECT_EQ(r.check(0).what, kind::none);
  EXPECT_EQ(r.check(1).what, kind::none);
}

// Every router and destination by a rule for the next port.
template <typename F>
void fill(routing_tables& r, const topology& t, std::uint32_t bank, F choose) {
  for (std::uint32_t router = 0; router < t.routers(); ++router)
    for (std::uint32_t node = 0; node < t.nodes(); ++node) {
      const auto at = t.attached(static_cast<node_id>(node));
      const acf::driver::node_place to{at.router % t.width(), at.router / t.width(), at.port};
      r.set(bank, static_cast<router_id>(router), static_cast<node_id>(node),
            entry(choose(router % t.width(), router / t.width(), to)));
    }
}

TEST(routing, tables_of_the_driver_have_no_cycle_and_some_do_not_go_together) {
  const topology t(chip(5, 4, 8));
  for (const auto choose : {acf::driver::xy, acf::driver::yx, acf::driver::west_first}) {
    routing_tables r(t);
    for (const std::uint32_t bank : {0u, 1u}) fill(r, t, bank, choose);
    EXPECT_EQ(r.check(0).what, kind::none);
    EXPECT_TRUE(r.find_cycle().empty());
  }
  routing_tables r(t);
  fill(r, t, 1, acf::driver::west_first); // a superset of XY's turns
  EXPECT_TRUE(r.find_cycle().empty());
  fill(r, t, 1, acf::driver::yx);
  EXPECT_FALSE(r.find_cycle().empty()) << "XY and YX turn every way together";
}

TEST(routing, a_cycle_is_listed_link_by_link) {
  const topology t(chip(2, 2, 1));
  routing_tables r(t);
  EXPECT_TRUE(r.find_cycle().empty());
  // clockwise: 0 -> 1 -> 3 -> 2 -> 0; half of it in either bank
  r.set(0, 0, 3, entry(east)), r.set(0, 1, 3, entry(south));
  r.set(1, 1, 2, entry(south)), r.set(1, 3, 2, entry(west));
  r.set(0, 3, 0, entry(west)), r.set(0, 2, 0, entry(north));
  EXPECT_TRUE(r.find_cycle().empty()) << "one turn is missing";
  r.set(1, 2, 1, entry(north)), r.set(1, 0, 1, entry(east));
  auto ring = r.find_cycle();
  ASSERT_EQ(ring.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(t.neighbour(ring[i]), ring[(i + 1) % 4] / 4) << "each behind the other";
  EXPECT_EQ(r.check(0).what, kind::none);
  EXPECT_EQ(r.check(1).what, kind::none);
}

TEST(routing, registers_keep_what_is_written_also_for_nodes_that_do_not_exist) {
  const topology t(chip(2, 2, 1));
  routing_tables r(t);
  EXPECT_EQ(r.get(0, 0, 2047), 0u);
  r.set(0, 0, 2047, entry(3));
  EXPECT_EQ(r.get(0, 0, 2047), entry(3));
  r.reset();
  EXPECT_EQ(r.get(0, 0, 2047), 0u) << "reset clears every entry";
}

TEST(routing, a_hole_is_named_with_router_and_destination) {
  const topology t(chip(4, 4, 8));
  routing_tables r(t);
  for (const auto broken : {0u, entry(east), entry(local), entry(7)}) { // invalid, off the mesh, not the owner's port
    r.set(1, t.tile(3, 0), t.channel(7), broken);
    const auto found = r.check(1);
    EXPECT_EQ(found.what, kind::route_hole);
    EXPECT_EQ(found.router, t.tile(3, 0));
    EXPECT_EQ(found.destination, t.channel(7));
    EXPECT_EQ(r.find(1, t.tile(0, 0), t.channel(7)).error.router, t.tile(3, 0));
  }
  EXPECT_EQ(r.check(0).what, kind::none) << "the other bank is as it was";
  EXPECT_FALSE(r.find(0, t.tile(0, 0), t.channel(7)).error);
}

TEST(routing, a_loop_is_named_and_walks_end) {
  const topology t(chip(4, 4, 8));
  routing_tables r(t);
  r.set(0, t.tile(1, 0), t.tile(3, 0), entry(south));
  r.set(0, t.tile(1, 1), t.tile(3, 0), entry(west));
  r.set(0, t.tile(0, 1), t.tile(3, 0), entry(north)); // (0,0) -> (1,0) -> (1,1) -> (0,1) -> (0,0)
  const auto found = r.check(0);
  EXPECT_EQ(found.what, kind::route_loop);
  EXPECT_EQ(found.destination, t.tile(3, 0));
  EXPECT_EQ(r.find(0, t.tile(0, 0), t.tile(3, 0)).error.what, kind::route_loop);
  EXPECT_FALSE(r.find(0, t.tile(2, 0), t.tile(3, 0)).error) << "not on the loop";
}
