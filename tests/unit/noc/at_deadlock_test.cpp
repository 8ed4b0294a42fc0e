// A table whose channels wait for each other, in at timing with one virtual channel, and nobody who checks it.
#include <gtest/gtest.h>

#include <algorithm>

#include "at_bench.hpp"

using namespace acf;
using namespace acf::test;

int sc_main(int, char**) { return 0; }

namespace {

TEST(at, a_cyclic_table_is_stuck_and_says_where) {
  using namespace hal::router;
  world w(1);
  auto& routes = w.fabric.routes();
  const auto way = [&](router_id r, node_id to, std::uint32_t out) {
    routes.set(0, r, to, static_cast<std::uint32_t>(hal::put(valid_field.mask(), port_field, out)));
  };
  // clockwise around routers 0, 1, 5, 4
  way(0, 5, port::east), way(1, 5, port::south), way(1, 4, port::south), way(5, 4, port::west);
  way(5, 0, port::west), way(4, 0, port::north), way(4, 1, port::north), way(0, 1, port::east);
  std::vector<request*> all;
  for (int i = 0; i < 40; ++i)
    for (const auto& [from, to] : {std::pair{0, 5}, {1, 4}, {5, 0}, {4, 1}}) {
      auto& r = w.make(tlm::TLM_WRITE_COMMAND, 0, 1024, destination::node(static_cast<node_id>(to)));
      all.push_back(&r);
      w.at(static_cast<node_id>(from)).ask(r);
    }
  w.run(50'000);
  EXPECT_LT(std::ranges::count_if(all, [](const auto* r) { return r->over; }), 160);
  auto ring = w.fabric.waiting_ring();
  std::ranges::sort(ring);
  EXPECT_EQ(ring,
            (std::vector<link_id>{0 * 4 + port::east, 1 * 4 + port::south, 4 * 4 + port::north, 5 * 4 + port::west}));
}

} // namespace
