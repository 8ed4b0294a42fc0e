#include "mesh_fixture.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/global_registers.hpp"

using namespace acf;
using namespace acf::test;
using namespace acf::noc;
using kind = common::fabric_error::kind;

int sc_main(int, char**) { return 0; }

// Rows of reference/timing/noc_zero_load.csv (BookSim2): distance, flits, latency.
TEST_F(mesh_test, a_lone_packet_takes_what_booksim_says) {
  auto& big = all().large;
  struct row {
    std::uint32_t distance, flits;
    cycles latency;
  };
  for (const auto& r : {row{0, 1, 6}, row{1, 1, 10}, row{7, 1, 34}, row{14, 1, 62}, row{0, 5, 10}, row{13, 5, 62},
                        row{0, 16, 21}, row{1, 16, 25}, row{6, 16, 45}, row{14, 16, 77}}) {
    big.restart();
    const auto x = std::min(r.distance, 7u);
    const auto to = big.tile(x, r.distance - x);
    big.send(0, destination::node(to), pattern(r.flits * 64));
    ASSERT_EQ(big.probes[to]->arrivals.size(), 1u);
    EXPECT_EQ(big.probes[to]->arrivals[0].at, r.latency) << r.distance << " links, " << r.flits << " flits";
  }
}

TEST_F(mesh_test, the_host_bridge_takes_a_quarter_of_a_flit_a_cycle) {
  const auto host = b.mesh.where().host_bridge(); // at router (0,0), behind tile (0,0)
  EXPECT_EQ(b.send(b.tile(0, 0), destination::node(host), pattern(64)).delivered, 5 + 4);
  b.restart();
  EXPECT_EQ(difference("host bridge ejection").busy, 4u);
  EXPECT_EQ(b.send(b.tile(0, 0), destination::node(host), pattern(1024)).delivered, 5 + 64);
}

TEST_F(mesh_test, a_longer_pipeline_costs_a_cycle_a_router) {
  auto& slow = all().slow;
  slow.restart();
  EXPECT_EQ(slow.send(0, destination::node(slow.tile(1, 2)), pattern(1024)).delivered, 4 * 3 + 16 + 5 + 4);
}

TEST_F(mesh_test, memory_keeps_its_speed_when_the_fabric_is_slower) {
  auto& slow = all().slow;
  slow.restart();
  EXPECT_EQ(slow.read(0, base, 1024).done, (1 + 6) + 31 + (16 + 6)) << "(29 + 32) ns are 31 cycles of 2 ns";
}

TEST_F(mesh_test, a_send_returns_when_the_acknowledge_is_back) {
  b.probes[b.tile(2, 1)]->service = 7;
  const auto r = b.send(b.tile(0, 0), destination::node(b.tile(2, 1)), pattern(100));
  EXPECT_EQ(r.delivered, 4 * 3 + 2 + 5);
  EXPECT_EQ(r.done, r.delivered + 7 + 4 * 3 + 1 + 5);
  EXPECT_EQ(r.injected, 2);
  EXPECT_EQ(r.extension.cause.zero_load, r.done);
}

TEST_F(mesh_test, a_read_is_request_memory_and_data) {
  const auto timing = dram::make_timing(memory());
  const auto memory_cycles = (timing.read_latency_ps + 512 * timing.fs_per_byte / 1000 + 999) / 1000; // 29 + 16
  const auto r = b.read(b.tile(2, 0), base + 8 * 1024 * 3, 512); // channel 0 is at router (0,0)
  EXPECT_EQ(memory_cycles, 45);
  EXPECT_EQ(r.done, (4 * 2 + 1 + 5) + memory_cycles + (4 * 2 + 8 + 5));
  EXPECT_EQ(r.injected, 1);
  EXPECT_EQ(r.extension.cause.link + r.extension.cause.dram, 0);
}

TEST_F(mesh_test, bytes_are_really_carried) {
  const auto bytes = pattern(4096);
  EXPECT_EQ(b.write(b.tile(1, 2), base + 0x12340, bytes).status, tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(b.read(b.tile(3, 3), base + 0x12340, 4096).status, tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(b.buffer, bytes);
  std::vector<std::uint8_t> stored(4096);
  b.dram.store().peek(0x12340, stored);
  EXPECT_EQ(stored, bytes);

  auto& p = *b.probes[b.tile(3, 1)];
  std::iota(p.memory.begin(), p.memory.end(), std::uint8_t{3});
  std::vector<std::uint8_t> got(3000);
  b.transport(0, tlm::TLM_READ_COMMAND, 500, got.data(), 3000, destination::node(b.tile(3, 1)));
  EXPECT_TRUE(std::equal(got.begin(), got.end(), p.memory.begin() + 500));
}

TEST_F(mesh_test, transfers_are_cut_at_channels_and_packets) {
  std::vector<std::pair<packet_kind, std::size_t>> seen;
  b.mesh.filter = [&](const packet_info& i) {
    seen.emplace_back(i.kind, i.bytes);
    return common::payload_change{};
  };
  b.write(0, base + 1000, pattern(2048));
  using enum packet_kind;
  EXPECT_EQ(seen, (std::vector<std::pair<packet_kind, std::size_t>>{{write_data, 24},
                                                                    {write_acknowledge, 0},
                                                                    {write_data, 1024},
                                                                    {write_acknowledge, 0},
                                                                    {write_data, 1000},
                                                                    {write_acknowledge, 0}}));
}

TEST_F(mesh_test, flows_over_one_link_interfere_and_disjoint_ones_do_not) {
  const auto send = [&](node_id from, node_id to) { return b.send(from, destination::node(to), pattern(1024)); };
  EXPECT_EQ(send(b.tile(0, 0), b.tile(3, 0)).delivered, 4 * 3 + 16 + 5);
  const auto apart = send(b.tile(0, 1), b.tile(3, 1));
  EXPECT_EQ(apart.delivered, 4 * 3 + 16 + 5);
  EXPECT_EQ(apart.extension.cause.link, 0);
  const auto shared = send(b.tile(1, 0), b.tile(2, 0)); // behind the first on (1,0)->(2,0), which it took at 8
  EXPECT_EQ(shared.delivered, 4 + 16 + 5 + 20);
  EXPECT_EQ(shared.extension.cause.link, 20);
  EXPECT_EQ(shared.extension.cause.zero_load, shared.done - 20);
  EXPECT_EQ(difference("link (1,0)->(2,0)").flits, 32);
  EXPECT_EQ(difference("link (1,0)->(2,0)").waited, 20);
}

TEST_F(mesh_test, a_multicast_takes_every_link_of_its_tree_once) {
  const auto r = b.send(b.tile(0, 0), destination::tiles(hal::tile_set(0, 0, 3, 3)), pattern(1024), 0, {5, 2});
  for (const auto* link : {"link (0,0)->(1,0)", "link (2,0)->(3,0)", "link (0,0)->(0,1)", "link (3,2)->(3,3)"})
    EXPECT_EQ(flits_of(link), 16) << link;
  EXPECT_EQ(flits_of("tile (0,0) injection"), 16);
  EXPECT_EQ(flits_of("tile (3,3) ejection"), 16);
  EXPECT_EQ(b.mesh.counters().flit_hops - counters_before_.flit_hops, 15 * 16 + 48) << "tree, and acknowledges";
  EXPECT_TRUE(b.probes[0]->arrivals.empty()) << "not to itself";
  for (std::uint32_t y = 0; y < 4; ++y)
    for (std::uint32_t x = 0; x < 4; ++x)
      if (x + y > 0) {
        const auto& got = b.probes[b.tile(x, y)]->arrivals;
        ASSERT_EQ(got.size(), 1u);
        EXPECT_EQ(got[0].at, 4 * (x + y) + 16 + 5);
        EXPECT_EQ(got[0].bytes, pattern(1024));
        EXPECT_EQ(got[0].signal.count, 2);
      }
  EXPECT_EQ(r.delivered, 4 * 6 + 16 + 5);
}

TEST_F(mesh_test, a_signal_comes_with_the_last_byte_even_if_the_last_packet_found_a_gap) {
  // The tail of 1 flit would fit in front of a blockade that holds up the first packet of 16.
  b.send(b.tile(2, 0), destination::node(b.tile(3, 0)), pattern(1024), 15);
  b.send(b.tile(0, 0), destination::node(b.tile(3, 0)), pattern(1025), 0, {1, 1});
  std::vector<arrival> from_0;
  for (const auto& a : b.probes[b.tile(3, 0)]->arrivals)
    if (a.source == 0) from_0.push_back(a);
  ASSERT_EQ(from_0.size(), 2u);
  EXPECT_EQ(from_0[0].signal.count, 0);
  EXPECT_EQ(from_0[1].signal.count, 1);
  EXPECT_GE(from_0[1].at, from_0[0].at);
}

TEST_F(mesh_test, a_signal_alone_is_one_flit) {
  const auto r = b.transport(b.tile(1, 1), tlm::TLM_IGNORE_COMMAND, 0, nullptr, 0,
                             destination::tiles(hal::tile_set(1, 1, 2, 1)), 0, {9, 3});
  EXPECT_EQ(r.status, tlm::TLM_OK_RESPONSE);
  const auto& got = b.probes[b.tile(2, 1)]->arrivals;
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].at, 10);
  EXPECT_EQ(got[0].signal.semaphore, 9);
  EXPECT_EQ(got[0].signal.count, 3);
}

TEST_F(mesh_test, a_late_transfer_does_not_delay_an_early_one) {
  b.send(b.tile(0, 0), destination::node(b.tile(3, 0)), pattern(1024), 5000);
  EXPECT_EQ(b.send(b.tile(0, 0), destination::node(b.tile(3, 0)), pattern(1024), 10).delivered, 10 + 4 * 3 + 16 + 5);
}

TEST_F(mesh_test, what_a_transfer_lost_is_named_and_adds_up) {
  for (std::uint32_t i = 0; i < 40; ++i) {
    const auto start = i * 3;
    const auto r = i % 3 == 0 ? b.write(i % 16, base + i * 512, pattern(4096), start)
                              : b.read(i * 7 % 16, base + i * 512 % 2048, 4096, start);
    const auto& c = r.extension.cause;
    EXPECT_EQ(c.zero_load + c.link + c.dram, r.done - start);
  }
  const auto slow = b.read(0, base, 1024);
  EXPECT_GT(slow.extension.cause.dram, 20) << "many have read channel 0 before";
}

TEST_F(mesh_test, own_packets_are_no_contention) {
  const auto r = b.read(b.tile(1, 1), base, 4096);
  EXPECT_EQ(r.extension.cause.link, 0);
  EXPECT_EQ(r.extension.cause.dram, 0);
  EXPECT_GT(r.done, 64) << "64 flits through one ejection port";
}

TEST_F(mesh_test, busy_links_are_reported) {
  const auto since = b.mesh.snapshot();
  for (int i = 0; i < 50; ++i) b.send(b.tile(0, 2), destination::node(b.tile(1, 2)), pattern(1024), i * 20);
  sc_core::sc_start(sc_core::sc_time(1000, sc_core::SC_NS));
  const auto hot = b.mesh.busier_than(0.7, since, b.mesh.snapshot());
  ASSERT_FALSE(hot.empty());
  EXPECT_EQ(hot.front().name, "link (0,2)->(1,2)");
  EXPECT_NEAR(hot.front().utilisation, 0.8, 0.02);
}

TEST_F(mesh_test, a_target_may_use_the_mesh_itself) {
  auto& relay = *b.probes[b.tile(1, 0)];
  relay.on_arrival = [&] { b.send(b.tile(1, 0), destination::node(b.tile(2, 0)), pattern(64, 9), 50); };
  const auto bytes = pattern(2048);
  EXPECT_EQ(b.send(b.tile(0, 0), destination::tiles(hal::tile_set(0, 0, 1, 1)), bytes).status, tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(b.probes[b.tile(2, 0)]->arrivals.size(), 2u) << "one per packet";
  const auto& got = b.probes[b.tile(1, 1)]->arrivals;
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[1].bytes, (std::vector<std::uint8_t>(bytes.begin() + 1024, bytes.end())));
}

// Whatever firmware writes into the tables and whatever is asked for: an answer, in finite time, that adds up.
TEST_F(mesh_test, arbitrary_tables_and_transfers_leave_it_alive) {
  std::mt19937 random(3);
  std::uint32_t refused = 0, delivered = 0;
  for (int round = 0; round < 60; ++round) {
    b.restart();
    for (int i = 0; i < round; ++i)
      b.mesh.routes().set(random() % 2, static_cast<router_id>(random() % 16), static_cast<node_id>(random() % 25),
                          random() % 256);
    b.mesh.routes().select(random() % 2);
    const bool good = !b.mesh.routes().check(b.mesh.routes().selected());
    for (int i = 0; i < 50; ++i) {
      const auto from = static_cast<node_id>(random() % 16);
      const std::uint64_t address = base + random() % (8 << 20);
      const auto length = 1 + random() % 4096;
      const cycles start = random() % 2000;
      const auto corner = random();
      const auto r = random() % 3 == 0 ? b.read(from, address, length, start)
                     : random() % 2 == 0
                         ? b.write(from, address, pattern(length), start)
                         : b.send(from, destination::tiles(corner & 0x0303'0101), pattern(length), start);
      const auto& e = r.extension;
      EXPECT_EQ(e.cause.zero_load + e.cause.link + e.cause.dram, r.done - start);
      const bool route_error = e.error.what == kind::route_hole || e.error.what == kind::route_loop;
      EXPECT_EQ(r.status == tlm::TLM_OK_RESPONSE, !e.error);
      EXPECT_FALSE(good && route_error);
      ++(route_error ? refused : delivered);
    }
  }
  EXPECT_GT(refused, 100u);
  EXPECT_GT(delivered, 1000u);
}

TEST_F(mesh_test, equal_runs_take_equal_cycles) {
  const auto run = [&] {
    b.restart();
    std::mt19937 random(9);
    std::vector<cycles> done;
    for (int i = 0; i < 300; ++i) {
      const auto from = static_cast<node_id>(random() % 16);
      done.push_back(i % 2 == 0 ? b.read(from, base + random() % (1 << 20), 1 + random() % 4096, random() % 500).done
                                : b.send(from, destination::node(static_cast<node_id>(random() % 16)),
                                         pattern(1 + random() % 4096), random() % 500)
                                      .done);
    }
    return done;
  };
  const auto first = run();
  EXPECT_EQ(run(), first);
}

TEST_F(mesh_test, debug_access_sees_memory_without_time) {
  std::vector<std::uint8_t> bytes = pattern(3000), got(3000);
  tlm::tlm_generic_payload p;
  p.set_address(base + 5000);
  p.set_data_length(3000);
  p.set_command(tlm::TLM_WRITE_COMMAND);
  p.set_data_ptr(bytes.data());
  EXPECT_EQ(b.probes[3]->out->transport_dbg(p), 3000u);
  b.dram.store().peek(5000, got);
  EXPECT_EQ(got, bytes);
}
