// What random writes and reading of the code behind them have found, one by one.
#include "sw_stack/hal/global_registers.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/tile_registers.hpp"
#include "tests/chip/job.hpp"

#include <bit>
#include <gtest/gtest.h>

namespace acf::fuzz {
namespace {

using test::chip;
using test::data;
using test::job;
using test::none;
using test::reset;
using test::word;
namespace map = hal::map;
using hal::opcode;

constexpr std::uint64_t tile = map::tile_base(0), other = map::tile_base(1);

std::uint64_t cause(chip& c) { return c.read(tile + hal::tile::error_cause.offset, 4); }
bool idle(chip& c) { return c.read(tile + hal::tile::status.offset, 4) & 1; }
constexpr auto code = [](hal::tile::error e) { return static_cast<std::uint64_t>(e); };

// An endless loop around one command.
void loop_over(job& j) {
  j.add(opcode::loop, {1, 0});
  j.ring_doorbell();
}

} // namespace

// RING_LENGTH = 0 under a running job divided by zero; a longer ring read behind the records fetched.
TEST(fabric_regression, ring_moves_under_a_job) {
  chip c("chip");
  c.run([&] {
    job j(c);
    c.write64(tile + hal::tile::scalar.offset, ~std::uint64_t{0});
    j.add(opcode::setreg, {1, hal::setreg_op::add, 1});
    loop_over(j);
    c.pass(2000);
    for (const std::uint32_t length : {0u, 1u, 0xFFFF'FFFFu, 3u}) {
      c.write32(tile + hal::tile::ring_length.offset, length);
      c.write64(tile + hal::tile::ring_base.offset, data + length);
      c.pass(500);
      EXPECT_FALSE(idle(c));
    }
    reset(c);
    c.pass(100);
    EXPECT_TRUE(idle(c));
  });
}

// A fence counted a failed command as completed and told software that the job was done.
TEST(fabric_regression, fence_behind_an_error_is_not_written) {
  chip c("chip");
  c.run([&] {
    job j(c);
    c.put(data, std::array<std::uint8_t, 4>{});
    j.view(1, 16, 64);
    j.add(opcode::ewise, {99}).view = {0, 0, 0, none}; // on the vector unit, the fence on a DMA channel
    j.fence(7);
    j.ring_doorbell();
    c.pass(20'000);
    EXPECT_NE(cause(c), 0u);
    EXPECT_EQ(word(c), 0u);
    reset(c);
    job again(c);
    again.fence(8);
    again.ring_doorbell();
    c.pass(20'000);
    EXPECT_EQ(word(c), 8u);
  });
}

// A command that was aborted while it waited took the count that came later.
TEST(fabric_regression, aborted_wait_takes_nothing) {
  chip c("chip");
  c.run([&] {
    job j(c);
    j.fence(1);
    auto& waiting = j.add(opcode::fence, {0, static_cast<std::uint32_t>(data), 0, 2});
    waiting.wait[0] = hal::on(5, 2);
    j.ring_doorbell();
    c.pass(20'000);
    EXPECT_FALSE(idle(c));
    c.write32(tile + hal::tile::control.offset, 2);
    c.pass(100);
    EXPECT_TRUE(idle(c));
    c.write32(tile + hal::tile::semaphore.at(5), 3);
    c.pass(1000);
    EXPECT_EQ(c.read(tile + hal::tile::semaphore.at(5), 4), 3u);
  });
}

// Counts wrapped around to 0.
TEST(fabric_regression, semaphores_saturate) {
  chip c("chip");
  c.run([&] {
    job j(c);
    c.write32(other + hal::tile::semaphore.at(3), 0xFFFF'FFFE);
    j.add(opcode::sem, {1, hal::tile_set(0, 0, 1, 0), 3, 5});
    j.ring_doorbell();
    c.pass(20'000);
    EXPECT_EQ(c.read(other + hal::tile::semaphore.at(3), 4), 0xFFFF'FFFFu);
    EXPECT_EQ(c.read(tile + hal::tile::semaphore.at(3), 4), 5u);
  });
}

// A transfer that a reset cut short held its range of the SRAM until it would have ended.
TEST(fabric_regression, nothing_is_held_after_a_reset) {
  chip c("chip");
  c.run([&] {
    job j(c);
    j.view(64, 1024, 4096);
    j.load();
    j.ring_doorbell();
    c.pass(2500);
    EXPECT_FALSE(idle(c));
    c.write32(tile + hal::tile::control.offset, 1);
    j.place(64);
    j.view(1, 16, 64);
    j.load();
    j.fence(9);
    j.ring_doorbell();
    c.pass(50'000);
    EXPECT_EQ(cause(c), 0u);
    EXPECT_EQ(word(c), 9u);
  });
}

// Half a million rows of half a megabyte at one place: days of work for one command.
TEST(fabric_regression, rows_that_share_bytes_are_refused) {
  chip c("chip");
  c.run([&] {
    job j(c);
    j.view(0x1'0000, 0x1'0000, 0);
    j.load();
    j.ring_doorbell();
    c.pass(20'000);
    EXPECT_EQ(cause(c), code(hal::tile::error::range));
    c.write32(tile + hal::tile::control.offset, 1);
    j.place(64);
    j.view(4, 16, 32);
    j.load();
    j.ring_doorbell();
    c.pass(20'000);
    EXPECT_EQ(cause(c), code(hal::tile::error::overlap));
  });
}

// Commands that start faster than they complete piled up without limit.
TEST(fabric_regression, endless_loop_of_small_stores_stays_small_and_can_be_stopped) {
  chip c("chip");
  c.run([&] {
    job j(c);
    c.write64(tile + hal::tile::scalar.offset, ~std::uint64_t{0});
    j.add(opcode::counters, {0, static_cast<std::uint32_t>(data)});
    j.add(opcode::counters, {0, static_cast<std::uint32_t>(data)}).flags = hal::flag::channel;
    j.add(opcode::loop, {2, 0});
    j.ring_doorbell();
    c.pass(1'000'000);
    EXPECT_FALSE(idle(c));
    reset(c);
    c.pass(100);
    EXPECT_TRUE(idle(c));
    EXPECT_EQ(cause(c), 0u);
    const auto stored = c.soc().tiles[0]->dma(0).bytes_stored();
    c.pass(100'000);
    EXPECT_EQ(c.soc().tiles[0]->dma(0).bytes_stored(), stored);
  });
}

// Every ring that was ever placed stayed under watch: memory, and time at each store of the host.
TEST(fabric_regression, ring_moved_a_thousand_times) {
  chip c("chip");
  c.run([&] {
    for (std::uint64_t n = 0; n < 20'000; ++n) {
      c.write64(tile + hal::tile::ring_base.offset, map::dram + n * 64);
      c.write32(tile + hal::tile::ring_length.offset, 64);
    }
    job j(c);
    j.fence(3);
    j.ring_doorbell();
    c.pass(20'000);
    EXPECT_EQ(word(c), 3u);
  });
}

} // namespace acf::fuzz
