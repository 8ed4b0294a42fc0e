// The mesh flit by flit, alone: latency in closed form, interference, credits, classes, multicast, deadlock.
#include "models/noc/flit_mesh.hpp"
#include "models/noc/traffic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "sw_stack/hal/global_registers.hpp"

int sc_main(int, char**) { return 0; } // libsystemc wants one; the tests do not simulate

namespace {

using namespace acf;
using namespace acf::noc;
using common::message_class;

mesh_config size(std::uint32_t width, std::uint32_t height) {
  mesh_config c;
  c.width = width;
  c.height = height;
  return c;
}

// A mesh whose packets are offered by hand; remembers when each one arrived where.
struct lab {
  topology where;
  routing_tables tables;
  flit_mesh mesh;
  cycles now = 0;
  std::map<std::pair<flit_mesh::packet_id, node_id>, cycles> arrived;

  lab(std::uint32_t width, std::uint32_t height, router_config r = {})
      : where(size(width, height)), tables(where), mesh(where, r) {
    mesh.on_delivered = [this](flit_mesh::packet_id id, node_id at) { arrived[{id, at}] = now; };
  }
  flit_mesh::packet_id send(node_id from, std::vector<node_id> to, std::uint32_t flits,
                            message_class c = message_class::request) {
    std::vector<branch> branches;
    for (const auto n : to) branches.push_back({n, &tables.find(0, where.attached(from).router, n), {}});
    return mesh.offer(from, c, flits, std::make_shared<const journey>(where, branches));
  }
  void run(cycles most = 100'000) {
    for (const auto end = now + most; !mesh.empty() && now < end; ++now) mesh.step(now);
  }
  cycles latency(node_id from, node_id to, std::uint32_t flits) {
    const auto start = now;
    const auto id = send(from, {to}, flits);
    run();
    return arrived.at({id, to}) - start;
  }
};

TEST(flit_mesh, an_empty_mesh_takes_4d_plus_F_plus_5_cycles) {
  lab l(8, 8);
  for (const std::uint32_t flits : {1u, 5u, 16u})
    for (std::uint32_t to = 0; to < 64; to += 3) {
      const auto d = to % 8 + to / 8;
      EXPECT_EQ(l.latency(0, static_cast<node_id>(to), flits), 4 * d + flits + 5) << "to " << to;
      EXPECT_EQ(l.latency(static_cast<node_id>(to), 0, flits), 4 * d + flits + 5) << "from " << to;
    }
}

TEST(flit_mesh, a_longer_pipeline_costs_its_cycles_at_every_router_and_link) {
  for (const std::uint32_t router : {1u, 2u, 3u, 5u})
    for (const std::uint32_t link : {1u, 2u, 4u}) {
      router_config r;
      r.router_cycles = router;
      r.link_cycles = link;
      r.buffer_flits = 64; // the credits' way is longer too
      lab l(4, 4, r);
      EXPECT_EQ(l.latency(0, 15, 5), (router + link) * 7 + link + 5);
    }
}

TEST(flit_mesh, flows_over_one_link_share_it_and_others_do_not_notice) {
  const auto last_arrival = [](std::vector<std::pair<node_id, node_id>> flows) {
    lab l(4, 4);
    for (int i = 0; i < 50; ++i)
      for (const auto& [from, to] : flows) l.send(from, {to}, 16);
    l.run();
    return l.now;
  };
  const auto alone = last_arrival({{0, 3}});
  EXPECT_EQ(last_arrival({{0, 3}, {4, 7}}), alone); // rows 0 and 1
  const auto shared = last_arrival({{0, 3}, {1, 2}});
  EXPECT_GE(shared, alone + 49 * 16); // (1,0)->(2,0) carries both
  EXPECT_LE(shared, alone + 51 * 16);
}

TEST(flit_mesh, buffers_shorter_than_the_credit_round_trip_cost_bandwidth) {
  const auto cycles_with = [](std::uint32_t buffer) {
    router_config r;
    r.virtual_channels = 1;
    r.buffer_flits = buffer;
    lab l(4, 1, r);
    l.send(0, {3}, 1000);
    l.run();
    return l.now;
  };
  // A credit is back 7 cycles after its flit asked for the switch: 3 on the way, 4 back.
  EXPECT_NEAR(static_cast<double>(cycles_with(1)), 7 * 1000, 100);
  EXPECT_NEAR(static_cast<double>(cycles_with(2)), 3.5 * 1000, 100);
  EXPECT_EQ(cycles_with(7), cycles_with(64));
}

TEST(flit_mesh, one_channel_carries_F_of_F_plus_1_flits_and_less_when_it_waits_for_credits) {
  traffic_load load;
  load.pattern = traffic_pattern::neighbor;
  load.k = 4;
  load.rate = 0.999;
  load.drain = false;
  router_config r;
  r.classes = 1;
  r.virtual_channels = 1;
  for (const std::uint32_t flits : {1u, 5u, 16u}) {
    load.packet_flits = flits;
    r.wait_for_tail_credit = false;
    EXPECT_NEAR(run_traffic(r, load).accepted_rate, flits / (flits + 1.0), 0.01);
    r.wait_for_tail_credit = true;
    EXPECT_NEAR(run_traffic(r, load).accepted_rate, flits / (flits + 8.0), 0.01);
  }
}

TEST(flit_mesh, a_node_that_takes_nothing_blocks_its_own_class_only) {
  lab l(4, 1);
  l.mesh.hold(3, message_class::request);
  for (int i = 0; i < 20; ++i) l.send(0, {3}, 16);
  l.run(2000);
  EXPECT_TRUE(l.arrived.empty());
  EXPECT_TRUE(l.mesh.at_rest());
  const auto start = l.now;
  const auto answer = l.send(0, {3}, 16, message_class::response);
  l.run(2000);
  EXPECT_EQ(l.arrived.at({answer, 3}) - start, 4u * 3 + 16 + 5);
  l.mesh.release(3, message_class::request, l.now);
  l.run();
  EXPECT_EQ(l.arrived.size(), 21u);
}

TEST(flit_mesh, a_stalled_link_delays_what_needs_it_until_then) {
  lab l(4, 1);
  l.mesh.stall(*l.where.link(1, 2), 500);
  const auto held = l.send(0, {3}, 4);
  const auto free = l.send(0, {1}, 4);
  l.run();
  EXPECT_LT(l.arrived.at({free, 1}), 60u);
  // The switch lets the head go at 500; it is 3 cycles to router 2, 4 to router 3, 4 to the node, and 3 flits follow.
  EXPECT_EQ(l.arrived.at({held, 3}), 500u + 3 + 4 + 4 + 3);
}

TEST(flit_mesh, a_multicast_reaches_everybody_over_each_link_once_as_fast_as_a_packet) {
  router_config r;
  r.multicast_channels = 2;
  lab l(4, 4, r);
  std::vector<node_id> all;
  for (node_id n = 1; n < 16; ++n) all.push_back(n);
  const auto id = l.send(0, all, 16);
  l.run();
  for (const auto n : all) EXPECT_EQ(l.arrived.at({id, n}), 4u * (n % 4 + n / 4) + 16 + 5) << n;
  EXPECT_EQ(l.mesh.flit_hops(), 15u * 16); // a tree of 15 links
}

TEST(flit_mesh, successive_multicasts_keep_the_link_busy) {
  router_config r;
  r.multicast_channels = 2;
  lab l(4, 4, r);
  for (int i = 0; i < 20; ++i) l.send(0, {3, 12, 15}, 16);
  l.run();
  EXPECT_EQ(l.now - 1, 19u * 16 + 4 * 6 + 16 + 5);
}

TEST(flit_mesh, multicasts_from_everywhere_do_not_deadlock) {
  std::mt19937 random(7);
  router_config r;
  r.multicast_channels = 1; // the hardest case
  r.virtual_channels = 1;
  r.buffer_flits = 2;
  lab l(4, 4, r);
  std::size_t expected = 0;
  for (int i = 0; i < 1500; ++i) {
    const auto from = static_cast<node_id>(random() % 16);
    std::set<node_id> to;
    for (std::uint32_t n = 1 + random() % 6; n > 0; --n) to.insert(static_cast<node_id>(random() % 16));
    expected += to.size();
    l.send(from, {to.begin(), to.end()}, 1 + random() % 16);
  }
  std::size_t delivered = 0;
  l.mesh.on_delivered = [&](flit_mesh::packet_id, node_id) { ++delivered; };
  l.run();
  EXPECT_EQ(delivered, expected);
  EXPECT_TRUE(l.mesh.empty());
}

TEST(flit_mesh, equal_runs_are_equal) {
  traffic_load load;
  load.rate = 0.4;
  load.packet_flits = 5;
  const auto a = run_traffic({}, load), b = run_traffic({}, load);
  EXPECT_EQ(a.packet_latency, b.packet_latency);
  EXPECT_EQ(a.packets, b.packets);
  load.seed = 2;
  EXPECT_NE(run_traffic({}, load).packet_latency, a.packet_latency);
}

// Every router of a 2 x 2 mesh sends packets for the opposite corner clockwise: four channels wait for each other.
TEST(flit_mesh, a_cyclic_table_deadlocks_and_names_its_ring) {
  using namespace hal::router;
  router_config r;
  r.virtual_channels = 1;
  lab l(2, 2, r);
  const auto way = [&](router_id at, node_id to, std::uint32_t out) {
    l.tables.set(0, at, to, static_cast<std::uint32_t>(hal::put(valid_field.mask(), port_field, out)));
  };
  // clockwise: 0 -> 1 -> 3 -> 2 -> 0
  way(0, 3, port::east), way(1, 3, port::south);
  way(1, 2, port::south), way(3, 2, port::west);
  way(3, 0, port::west), way(2, 0, port::north);
  way(2, 1, port::north), way(0, 1, port::east);
  for (int i = 0; i < 8; ++i) {
    l.send(0, {3}, 16);
    l.send(1, {2}, 16);
    l.send(3, {0}, 16);
    l.send(2, {1}, 16);
  }
  l.run(5000);
  EXPECT_FALSE(l.mesh.empty());
  EXPECT_TRUE(l.mesh.at_rest());
  auto ring = l.mesh.waiting_ring();
  std::ranges::sort(ring);
  EXPECT_EQ(ring,
            (std::vector<link_id>{0 * 4 + port::east, 1 * 4 + port::south, 2 * 4 + port::north, 3 * 4 + port::west}));
}

TEST(flit_mesh, dimension_order_never_deadlocks_under_saturation) {
  router_config r;
  r.virtual_channels = 1;
  r.buffer_flits = 1;
  lab l(4, 4, r);
  std::mt19937 random(3);
  for (int i = 0; i < 4000; ++i)
    l.send(static_cast<node_id>(random() % 16), {static_cast<node_id>(random() % 16)}, 1 + random() % 16);
  l.run();
  EXPECT_TRUE(l.mesh.empty());
  EXPECT_TRUE(l.mesh.waiting_ring().empty());
}

} // namespace
