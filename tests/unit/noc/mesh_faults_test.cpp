#include "mesh_fixture.hpp"

#include <gtest/gtest.h>

#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/global_registers.hpp"

using namespace acf;
using namespace acf::test;
using namespace acf::noc;
using kind = common::fabric_error::kind;

TEST_F(mesh_test, a_hole_stops_the_whole_transfer_before_it_starts) {
  common::fabric_error reported;
  b.mesh.on_error = [&](const common::fabric_error& e) { reported = e; };
  b.mesh.routes().set(0, b.tile(2, 0), b.tile(3, 0), 0);
  const auto r = b.send(0, destination::tiles(hal::tile_set(0, 0, 3, 0)), pattern(64));
  EXPECT_EQ(r.status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(r.extension.error.what, kind::route_hole);
  EXPECT_EQ(r.extension.error.router, b.tile(2, 0));
  EXPECT_EQ(r.extension.error.destination, b.tile(3, 0));
  EXPECT_EQ(b.mesh.explain(reported),
            "router (2,0) has no way to tile (3,0): its routing entry is not valid or leads nowhere");
  EXPECT_TRUE(b.probes[b.tile(1, 0)]->arrivals.empty());
  EXPECT_EQ(flits_of("tile (0,0) injection"), 0);
}

TEST_F(mesh_test, a_hole_on_the_way_back_counts_too) {
  b.mesh.routes().set(0, b.tile(0, 0), b.tile(2, 2), 0);
  const auto r = b.read(b.tile(2, 2), base, 64);
  EXPECT_EQ(r.extension.error.what, kind::route_hole);
  EXPECT_EQ(r.extension.error.router, b.tile(0, 0));
  EXPECT_EQ(r.extension.error.destination, b.tile(2, 2));
}

TEST_F(mesh_test, a_loop_is_an_error_and_no_hang) {
  const auto entry = [](std::uint32_t port) {
    return static_cast<std::uint32_t>(hal::router::valid_field.mask() | port);
  };
  b.mesh.routes().set(0, b.tile(1, 0), b.tile(3, 0), entry(hal::router::west));
  const auto r = b.send(b.tile(0, 0), destination::node(b.tile(3, 0)), pattern(64));
  EXPECT_EQ(r.status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(r.extension.error.what, kind::route_loop);
}

TEST_F(mesh_test, packets_take_the_selected_bank) {
  const auto entry = [](std::uint32_t port) {
    return static_cast<std::uint32_t>(hal::router::valid_field.mask() | port);
  };
  auto& routes = b.mesh.routes();
  routes.set(1, b.tile(0, 0), b.tile(1, 1), entry(hal::router::south)); // y first
  routes.set(1, b.tile(0, 1), b.tile(1, 1), entry(hal::router::east));
  routes.select(1);
  b.send(b.tile(0, 0), destination::node(b.tile(1, 1)), pattern(64));
  EXPECT_EQ(flits_of("link (0,0)->(0,1)"), 1);
  EXPECT_EQ(flits_of("link (0,0)->(1,0)"), 0);
}

TEST_F(mesh_test, what_the_fabric_does_not_carry_is_refused) {
  EXPECT_EQ(b.read(0, base + (64 << 20) - 32, 64).extension.error.what, kind::out_of_range);
  EXPECT_EQ(b.read(0, 0x1000, 64).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(b.read(0, base, 4097).status, tlm::TLM_BURST_ERROR_RESPONSE);
  EXPECT_EQ(b.send(0, destination::node(100), pattern(64)).extension.error.what, kind::no_destination);
  EXPECT_EQ(b.send(0, destination::tiles(hal::tile_set(0, 0, 4, 0)), pattern(64)).extension.error.what,
            kind::no_destination);
  EXPECT_EQ(b.send(0, destination::tiles(hal::tile_set(0, 0, 0, 0)), pattern(64)).status, tlm::TLM_OK_RESPONSE)
      << "a set of nobody but the source";
}

TEST_F(mesh_test, a_filter_can_flip_one_bit_of_one_packet) {
  const auto bytes = pattern(2048);
  b.mesh.filter = [](const packet_info& i) -> common::payload_change {
    if (i.kind != packet_kind::write_data || i.bytes != 1024 || i.destination != 17) return {};
    return [](std::span<std::uint8_t> data) { data[3] ^= 0x10; };
  };
  b.write(0, base, bytes); // channels 0 and 1 = nodes 16 and 17
  b.mesh.filter = nullptr;
  b.read(0, base, 2048);
  auto expected = bytes;
  expected[1024 + 3] ^= 0x10;
  EXPECT_EQ(b.buffer, expected);
  EXPECT_EQ(bytes, pattern(2048)) << "the source's own bytes stay as they were";
}

TEST_F(mesh_test, a_memory_error_reaches_the_reader_with_its_address) {
  b.dram.inject_error(base + 0x40'0000 + 1300);
  const auto r = b.read(b.tile(1, 1), base + 0x40'0000, 4096);
  EXPECT_EQ(r.status, tlm::TLM_GENERIC_ERROR_RESPONSE);
  EXPECT_EQ(r.extension.error.what, kind::memory);
  EXPECT_EQ(r.extension.error.address, base + 0x40'0000 + 1280);
  b.write(b.tile(1, 1), base + 0x40'0000 + 1280, pattern(64));
  EXPECT_EQ(b.read(b.tile(1, 1), base + 0x40'0000, 4096).status, tlm::TLM_OK_RESPONSE);
}
