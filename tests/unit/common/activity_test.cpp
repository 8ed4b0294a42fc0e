// Where cycles went, also of blocks that waited for other blocks.
#include "models/common/activity.hpp"

#include <gtest/gtest.h>

int sc_main(int, char**) { return 0; } // libsystemc wants one; the tests do not simulate

namespace acf::common {
namespace {

using kind = activity_kind;

struct spent {
  kind what;
  cycles n;
};
void expect(const activity& a, cycles now, std::initializer_list<spent> parts) {
  activity_totals wanted{};
  for (const spent& p : parts) wanted[static_cast<std::size_t>(p.what)] += p.n;
  EXPECT_EQ(a.totals(now), wanted);
}

TEST(activity, counts_every_cycle_once) {
  activity a;
  a.enter(kind::busy, 10);
  a.enter(kind::dram, 25);
  expect(a, 30, {{kind::no_job, 10}, {kind::busy, 15}, {kind::dram, 5}});
  a.resolve(kind::mesh, 40);
  a.resolve(kind::mesh, 35); // was before
  expect(a, 45, {{kind::no_job, 10}, {kind::busy, 15}, {kind::mesh, 15}, {kind::dram, 5}});
}

TEST(activity, who_waits_for_a_block_that_waits_waits_for_the_same) {
  activity vector, matrix;
  vector.enter(kind::busy, 0);
  vector.enter(kind::peer, 100);
  vector.resolve(kind::dram, 160);
  vector.enter(kind::busy, 170); // ten cycles more of what it was
  matrix.enter(kind::busy, 0);
  matrix.enter(kind::peer, 80);
  matrix.resolve_as(vector, kind::vector, 180);
  expect(matrix, 180, {{kind::busy, 80}, {kind::vector, 20 + 10}, {kind::dram, 60}, {kind::peer, 10}});
  // And a third one that waits for the second.
  activity dma;
  dma.enter(kind::fence, 90);
  dma.resolve_as(matrix, kind::matrix, 165);
  expect(dma, 165, {{kind::no_job, 90}, {kind::vector, 10}, {kind::dram, 60}, {kind::peer, 5}});
}

TEST(activity, what_nobody_remembers_is_the_other_blocks_own) {
  activity other, a;
  for (cycles at = 0; at < 1000; at += 10) other.enter(at % 20 ? kind::dram : kind::mesh, at);
  other.enter(kind::busy, 1000);
  a.enter(kind::peer, 0);
  a.resolve_as(other, kind::vector, 1000);
  const auto totals = a.totals(1000);
  EXPECT_EQ(totals[static_cast<std::size_t>(kind::vector)], 1000 - 64 * 10);
  EXPECT_EQ(totals[static_cast<std::size_t>(kind::dram)], 320);
  EXPECT_EQ(totals[static_cast<std::size_t>(kind::mesh)], 320);
}

} // namespace
} // namespace acf::common
