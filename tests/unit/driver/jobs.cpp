#include <array>
#include <bit>

#include <gtest/gtest.h>

#include "sw_stack/driver/fabric.hpp"
#include "sw_stack/driver/queue.hpp"
#include "tests/unit/driver/fake_fabric.hpp"

namespace acf::test {
namespace {

namespace hw = hal::global;
using driver::trouble;
using driver::wait_by;

constexpr std::uint64_t ring_address = 0x9000'0000;

class driver_jobs : public testing::Test {
protected:
  driver_jobs() {
    EXPECT_FALSE(fabric.identify());
    EXPECT_FALSE(queue.attach());
  }
  ~driver_jobs() override {
    for (const auto& line : hardware.violations) ADD_FAILURE() << line;
  }

  // A job of `count` commands with tags first, first + 1, ...
  static driver::command_list<16> commands(std::uint16_t first, unsigned count) {
    driver::command_list<16> list;
    for (unsigned n = 0; n < count; ++n) list.add({.op = 5, .tag = static_cast<std::uint16_t>(first + n)});
    return list;
  }
  std::uint16_t tag_at(std::size_t position) const { return std::bit_cast<hal::command>(memory[position]).tag; }
  void busy() {
    hardware.global(hw::status) &= ~hw::status["IDLE"].mask();
    hardware.tile(1, hal::tile::status) &= ~hal::tile::status["IDLE"].mask();
  }
  static std::string text(const driver::problem& p) { return std::string(describe(p, 3).text()); }

  fake_fabric hardware{3, 2};
  driver::fabric fabric{hardware};
  std::array<driver::record, 8> memory{};
  driver::queue queue{fabric, 1, 2, memory, ring_address};
  std::uint32_t fence = 0;
};

TEST_F(driver_jobs, attach_tells_the_tile_where_its_ring_is) {
  EXPECT_EQ(hardware.tile(1, hal::tile::ring_base, 2), ring_address);
  EXPECT_EQ(hardware.tile(1, hal::tile::ring_length, 2), 8u);
  EXPECT_EQ(driver::queue(fabric, 6, 0, memory, 0).attach().what, trouble::bad_argument);
  EXPECT_EQ(driver::queue(fabric, 0, 4, memory, 0).attach().what, trouble::bad_argument);
}

TEST_F(driver_jobs, submit_copies_the_records_and_rings_once) {
  ASSERT_FALSE(queue.submit(commands(10, 3).records()));
  EXPECT_EQ(tag_at(0), 10);
  EXPECT_EQ(tag_at(2), 12);
  EXPECT_EQ(hardware.jobs, (std::vector<fake_fabric::job>{{1, 2, 3}}));
}

TEST_F(driver_jobs, submit_wraps_at_the_end_of_the_ring) {
  ASSERT_FALSE(queue.submit(commands(10, 6).records()));
  ASSERT_FALSE(queue.submit(commands(20, 4).records()));
  EXPECT_EQ(tag_at(6), 20);
  EXPECT_EQ(tag_at(7), 21);
  EXPECT_EQ(tag_at(0), 22);
  EXPECT_EQ(tag_at(1), 23);
  EXPECT_EQ(queue.position(), 2u);
}

TEST_F(driver_jobs, records_of_a_pending_job_are_not_overwritten) {
  hardware.tile(1, hal::tile::jobs) = 1;
  ASSERT_FALSE(queue.submit(commands(10, 6).records()));
  EXPECT_EQ(text(queue.submit(commands(20, 3).records())), "queue full: records 6 of 8");
  EXPECT_EQ(tag_at(0), 10);
  ASSERT_FALSE(queue.submit(commands(20, 2).records()));
  EXPECT_EQ(hardware.jobs.size(), 2u);
}

TEST_F(driver_jobs, not_more_than_eight_jobs_are_pending) {
  for (unsigned n = 1; n <= 8; ++n) {
    ASSERT_FALSE(queue.submit(commands(1, 1).records()));
    hardware.tile(1, hal::tile::jobs) = n;
  }
  EXPECT_EQ(text(queue.submit(commands(1, 1).records())), "queue full: jobs 8 of 8");
  hardware.tile(1, hal::tile::jobs) = 5; // the three oldest have ended
  ASSERT_FALSE(queue.submit(commands(1, 3).records()));
  EXPECT_EQ(hardware.jobs.size(), 9u);
}

TEST_F(driver_jobs, replay_rings_without_touching_the_records) {
  ASSERT_FALSE(queue.submit(commands(10, 8).records()));
  ASSERT_FALSE(queue.replay(8));
  EXPECT_EQ(tag_at(0), 10);
  EXPECT_EQ(hardware.jobs.back(), (fake_fabric::job{1, 2, 8}));
  EXPECT_EQ(queue.replay(9).what, trouble::bad_argument);
  EXPECT_EQ(queue.replay(0).what, trouble::bad_argument);
}

TEST_F(driver_jobs, an_extension_follows_its_command) {
  driver::command_list<4> list;
  list.add({.op = 17}, {.param = {7}});
  ASSERT_EQ(list.records().size(), 2u);
  const auto c = std::bit_cast<hal::command>(list.records()[0]);
  const auto e = std::bit_cast<hal::extension>(list.records()[1]);
  EXPECT_EQ(c.flags, hal::flag::extended);
  EXPECT_EQ(e.param[0], 7u);
  for (int n = 0; n < 3; ++n) list.add({.op = 5});
  EXPECT_TRUE(list.overflowed());
}

TEST_F(driver_jobs, one_doorbell_runs_all_selected_tiles) {
  ASSERT_FALSE(fabric.select_tile(4, false));
  EXPECT_EQ(hardware.global(hw::tile_select), 0xFFFF'FFEFu);
  EXPECT_EQ(fabric.select_tile(6, true).what, trouble::bad_argument);
  ASSERT_FALSE(fabric.run(1, 100));
  EXPECT_EQ(hardware.jobs.back(), (fake_fabric::job{fake_fabric::everywhere, 1, 100}));
  EXPECT_EQ(fabric.run(4, 1).what, trouble::bad_argument);
}

TEST_F(driver_jobs, waiting_ends_with_the_fence) {
  busy();
  hardware.on_now = [&] { fence += hardware.time % 10 == 0 ? 1 : 0; };
  EXPECT_FALSE(fabric.wait(fence, 3, 1000));
  EXPECT_EQ(fence, 3u);
  EXPECT_EQ(hardware.sleeps, 0u);
}

TEST_F(driver_jobs, fence_values_may_wrap) {
  busy();
  fence = 0xFFFF'FFFF;
  hardware.on_now = [&] { fence = 1; };
  EXPECT_FALSE(fabric.wait(fence, 1, 1000));
}

TEST_F(driver_jobs, waiting_by_interrupt_sleeps_until_the_fence) {
  busy();
  fabric.enable_interrupts();
  EXPECT_EQ(hardware.global(hw::irq_enable), 15u);
  hardware.on_sleep = [&] {
    if (hardware.sleeps < 3) return; // woken for nothing
    fence = 1;
    hardware.global(hw::irq_status) = hw::irq_status["FENCE"].mask();
    fabric.on_interrupt();
  };
  EXPECT_FALSE(fabric.wait(fence, 1, 1000, wait_by::interrupt));
  EXPECT_EQ(hardware.sleeps, 3u);
  EXPECT_EQ(hardware.global(hw::irq_status), 0u);
  fabric.disable_interrupts();
  EXPECT_EQ(hardware.global(hw::irq_enable), 0u);
}

TEST_F(driver_jobs, waiting_has_a_limit_and_names_the_busy_tile) {
  busy();
  hardware.tile(1, hal::tile::jobs) = 2;
  EXPECT_EQ(text(fabric.wait(fence, 1, 50)), "TILE(1,0).JOBS = 2 after the time limit: waiting for a fence");
  EXPECT_EQ(fabric.wait(fence, 1, 50, wait_by::interrupt).what, trouble::timeout);
  EXPECT_EQ(hardware.sleeps, 1u);
}

TEST_F(driver_jobs, an_error_ends_the_waiting_with_its_cause) {
  busy();
  hardware.on_now = [&] { hardware.fail_tile(5, hal::tile::error::range, 2, 17, 0x80040); };
  const auto p = fabric.wait(fence, 1, 1000);
  EXPECT_EQ(p.what, trouble::tile_error);
  EXPECT_EQ(p.error.cause, hal::tile::error::range);
  EXPECT_EQ(text(p), "TILE(2,1).ERROR_CAUSE = RANGE: command 17 of ring 2, ERROR_ADDRESS = 0x80040");
  fabric.report(p);
  EXPECT_EQ(hardware.lines.back(), text(p));
}

TEST_F(driver_jobs, a_fence_that_an_idle_fabric_has_not_written_never_comes) {
  EXPECT_EQ(text(fabric.wait(fence, 7, 1000)), "the fabric is idle, but the fence word is 0, not 7");
}

TEST_F(driver_jobs, an_abort_is_told_from_a_missing_fence) {
  busy();
  hardware.tile(1, hal::tile::jobs) = 1;
  ASSERT_FALSE(fabric.abort_tile(1));
  hardware.global(hw::status) = 1;
  const auto p = fabric.wait(fence, 1, 1000);
  EXPECT_EQ(text(p), "TILE(1,0).STATUS: job aborted");
  ASSERT_FALSE(fabric.reset_tile(1));
  EXPECT_EQ(fabric.wait(fence, 1, 1000).what, trouble::no_fence);
  EXPECT_EQ(fabric.abort_tile(6).what, trouble::bad_argument);
  EXPECT_EQ(fabric.reset_tile(6).what, trouble::bad_argument);
}

TEST_F(driver_jobs, abort_leaves_the_routing_bank_alone) {
  ASSERT_FALSE(fabric.program_routes());
  ASSERT_TRUE(hal::test(hardware.global(hw::control), hw::control["ROUTE_BANK"]));
  ASSERT_FALSE(fabric.abort());
  EXPECT_TRUE(hal::test(hardware.global(hw::control), hw::control["ROUTE_BANK"]));
}

TEST_F(driver_jobs, a_doorbell_before_its_stores_is_reported_even_if_the_job_ended) {
  fence = 1;
  hardware.global(hw::irq_status) = hw::irq_status["ORDER"].mask();
  EXPECT_EQ(fabric.wait(fence, 1, 1000).what, trouble::unordered);
  EXPECT_FALSE(fabric.wait(fence, 1, 1000));
}

TEST_F(driver_jobs, after_a_tile_reset_the_queue_starts_over) {
  hardware.tile(1, hal::tile::jobs) = 1;
  ASSERT_FALSE(queue.submit(commands(10, 6).records()));
  hardware.fail_tile(1, hal::tile::error::bad_opcode, 2, 0, 0);
  ASSERT_FALSE(fabric.reset_tile(1));
  ASSERT_FALSE(queue.attach());
  EXPECT_EQ(queue.position(), 0u);
  ASSERT_FALSE(queue.submit(commands(30, 8).records()));
  EXPECT_EQ(tag_at(7), 37);
}

} // namespace
} // namespace acf::test
