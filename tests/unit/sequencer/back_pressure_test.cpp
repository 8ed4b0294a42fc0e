// However fast a list asks for packets, only so many are under way.
#include "tests/chip/job.hpp"

#include <gtest/gtest.h>

namespace acf::test {
namespace {

// Cycles until everything that is in the mesh has arrived.
std::uint64_t ahead(chip& c) {
  const auto& mesh = c.soc().mesh;
  return mesh.drained() > mesh.now() ? mesh.drained() - mesh.now() : 0;
}

// An endless loop around the last record.
void loop(job& j) {
  j.add(opcode::loop, {1, 0});
  j.set_scalar(0, ~std::uint64_t{0});
  j.ring_doorbell();
}

TEST(back_pressure, adds_to_all_tiles_wait_for_credits) {
  chip c("chip");
  c.run([&] {
    std::vector<job> jobs;
    for (std::uint32_t tile = 0; tile < 16; ++tile) {
      auto& j = jobs.emplace_back(c, tile);
      j.add(opcode::sem, {1, hal::tile_set(0, 0, 3, 3), 3, 1});
      loop(j);
    }
    c.pass(5'000);
    const auto packets = c.soc().mesh.counters().packets;
    for (int n = 0; n < 20; ++n) {
      c.pass(1'000);
      // 16 tiles with 16 adds each, of 16 flits of acknowledges into one network interface.
      EXPECT_LT(ahead(c), 16u * 16 * 16);
    }
    EXPECT_GT(c.soc().mesh.counters().packets, packets);
    for (auto& j : jobs) EXPECT_FALSE(j.idle());
    reset(c);
    c.pass(10'000);
    EXPECT_EQ(ahead(c), 0u);
  });
}

// The packet must have left before the next one is asked for.
TEST(back_pressure, an_add_through_a_link_that_stands_still_waits) {
  chip c("chip", std::vector<std::string>{"mesh.width=2", "mesh.height=1"});
  c.run([&] {
    const auto link = *c.soc().mesh.where().link(0, 1);
    job j(c);
    j.add(opcode::sem, {1, hal::tile_set(1, 0, 1, 0), 3, 1});
    loop(j);
    c.pass(5'000);
    c.soc().mesh.stall(link, 100'000);
    c.pass(1'000);
    const auto retired = j.read(hal::tile::retired);
    c.pass(50'000);
    EXPECT_EQ(j.read(hal::tile::retired), retired) << "all credits are out";
    c.pass(100'000);
    EXPECT_GT(j.read(hal::tile::retired), retired);
  });
}

TEST(back_pressure, loads_of_scalars_are_as_many_as_there_are_scalars) {
  chip c("chip", std::vector<std::string>{"dram.preset=lpddr4_3200", "dram.channels=1"});
  c.run([&] {
    job j(c);
    for (std::uint32_t r = 1; r < hal::tile::scalars; ++r)
      j.add(opcode::setreg, {r, hal::setreg_op::load64, static_cast<std::uint32_t>(data)});
    j.add(opcode::loop, {hal::tile::scalars - 1, 0});
    j.set_scalar(0, ~std::uint64_t{0});
    j.ring_doorbell();
    for (int n = 0; n < 20; ++n) {
      c.pass(5'000);
      EXPECT_LT(ahead(c), 1'000u);
    }
    EXPECT_FALSE(j.idle());
  });
}

} // namespace
} // namespace acf::test
