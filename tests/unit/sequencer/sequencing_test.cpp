// What the sequencer makes of rings, jobs, scalars, loops, semaphores and fences, on a chip without software.
#include "tests/chip/job.hpp"

#include <gtest/gtest.h>

namespace acf::test {
namespace {

constexpr std::uint64_t result = data + 0x1000, fence_word = data + 0x2000;
using hal::tile::error;

// One test a process: SystemC elaborates once.
template <typename function>
void on_chip(function body) {
  chip c("chip", std::array<std::string, 2>{"mesh.width=2", "mesh.height=2"});
  c.run([&] { body(c); });
}

TEST(sequencer, loop_runs_its_body_as_often_as_the_count_says) {
  on_chip([](chip& c) {
    job j(c);
    j.set_scalar(1, 5);                                 // times
    j.set_scalar(2, 100);                               // the body adds 7 to it
    j.set_scalar(3, 0);                                 // plus 16 at every jump
    j.set_scalar(4, 1000);                              // minus 3 at every jump
    j.add(opcode::setreg, {2, hal::setreg_op::add, 7}); // record 0: before the loop
    j.add(opcode::setreg, {2, hal::setreg_op::add, 7}); // record 1: the body
    const std::uint32_t minus_three = 0xFFFF'FFFD;
    j.add(opcode::loop, {1, 1, 1 + 3, 16, 1 + 4, minus_three});
    j.ring_doorbell();
    j.finish();
    EXPECT_EQ(j.cause(), error::none);
    EXPECT_EQ(j.scalar(1), 0u);
    EXPECT_EQ(j.scalar(2), 100u + 7 + 5 * 7);
    EXPECT_EQ(j.scalar(3), 4u * 16);
    EXPECT_EQ(j.scalar(4), 1000u - 4 * 3);
  });
}

TEST(sequencer, loops_nest) {
  on_chip([](chip& c) {
    job j(c);
    j.set_scalar(1, 3);
    j.add(opcode::setreg, {2, hal::setreg_op::set, 4});
    j.add(opcode::setreg, {3, hal::setreg_op::add, 1});
    j.add(opcode::loop, {1, 2});
    j.add(opcode::loop, {3, 1});
    j.ring_doorbell();
    j.finish();
    EXPECT_EQ(j.scalar(3), 12u);
  });
}

TEST(sequencer, jump_to_before_the_job_is_refused) {
  on_chip([](chip& c) {
    job j(c);
    j.set_scalar(1, 2);
    j.add(opcode::setreg, {2, hal::setreg_op::add, 1});
    j.ring_doorbell();
    j.finish();
    j.place(64); // the ring as it was: a job from record 0 that jumps to record -1
    j.add(opcode::setreg, {2, hal::setreg_op::add, 1});
    j.add(opcode::loop, {2, 1});
    j.ring_doorbell();
    j.finish();
    EXPECT_EQ(j.cause(), error::bad_parameter);
    EXPECT_EQ(j.read(hal::tile::error_index), 1u);
    EXPECT_EQ(j.scalar(2), 2u);
  });
}

TEST(sequencer, scalars_from_memory) {
  on_chip([](chip& c) {
    job j(c);
    put_words(c, data, {0x8765'4321, 0xFFFF'FFFF, 11, 0});
    j.set_scalar(5, 8);
    const auto at = static_cast<std::uint32_t>(data);
    j.add(opcode::setreg, {1, hal::setreg_op::load32, at, 0});
    j.add(opcode::setreg, {2, hal::setreg_op::load64, at, 0});
    j.add(opcode::setreg, {3, hal::setreg_op::load32, at, 0, 1 + 5}); // 8 bytes further
    j.add(opcode::setreg, {3, hal::setreg_op::exclusive_or, 0xFF, 0});
    j.add(opcode::setreg, {4, hal::setreg_op::set, 0, 1, 1 + 3}); // 2^32 plus what has just been loaded
    j.ring_doorbell();
    j.finish();
    EXPECT_EQ(j.scalar(1), 0x8765'4321u);
    EXPECT_EQ(j.scalar(2), 0xFFFF'FFFF'8765'4321u);
    EXPECT_EQ(j.scalar(3), 11u ^ 0xFF);
    EXPECT_EQ(j.scalar(4), 0x1'0000'0000u + (11 ^ 0xFF));
  });
}

TEST(sequencer, ring_wraps_and_is_replayed) {
  on_chip([](chip& c) {
    job j(c);
    j.place(4);
    for (std::uint32_t n = 0; n < 4; ++n) j.add(opcode::setreg, {n, hal::setreg_op::add, 1});
    j.ring_doorbell();  // 0 1 2 3
    j.ring_doorbell(3); // 0 1 2
    j.ring_doorbell(2); // 3 0
    j.ring_doorbell(0); // the whole ring, from 1 on
    j.finish();
    for (const auto& [scalar, times] : {std::pair{0, 4}, {1, 3}, {2, 3}, {3, 3}}) EXPECT_EQ(j.scalar(scalar), times);
    EXPECT_EQ(j.read(hal::tile::retired), 13u);
  });
}

TEST(sequencer, ninth_job_is_an_overrun) {
  on_chip([](chip& c) {
    job j(c);
    j.add(opcode::sem, {0, 0, 9, 1});
    j.ring_doorbell();
    for (std::uint32_t n = 1; n < hal::tile::job_queue_depth; ++n) j.ring_doorbell(1);
    EXPECT_EQ(j.read(hal::tile::jobs), hal::tile::job_queue_depth);
    EXPECT_EQ(j.cause(), error::none);
    j.ring_doorbell(1);
    EXPECT_EQ(j.cause(), error::overrun);
  });
}

TEST(sequencer, wait_takes_what_it_waited_for_and_leaves_the_rest) {
  on_chip([](chip& c) {
    job j(c);
    j.write(hal::tile::semaphore, 5, 7);
    j.add(opcode::sem, {0, 0, 7, 2});
    j.add(opcode::setreg, {1, hal::setreg_op::set, 1});
    j.add(opcode::sem, {0, 0, 7, 4}); // one is missing
    j.add(opcode::setreg, {2, hal::setreg_op::set, 1});
    j.ring_doorbell();
    EXPECT_EQ(j.finish(5000), 5000u);
    EXPECT_EQ(j.scalar(1), 1u);
    EXPECT_EQ(j.scalar(2), 0u);
    EXPECT_EQ(j.semaphore(7), 3u);
    EXPECT_EQ(c.soc().tiles[0]->why_stuck(), "ring 0 at command 2 waits for SEMAPHORE[7] >= 4 (is 3)");
    job other(c, 3); // the last one comes from another tile
    other.add(opcode::sem, {1, hal::tile_set(0, 0, 0, 0), 7, 1});
    other.ring_doorbell();
    j.finish();
    EXPECT_TRUE(j.idle());
    EXPECT_EQ(j.scalar(2), 1u);
    EXPECT_EQ(j.semaphore(7), 0u);
  });
}

TEST(sequencer, jobs_behind_one_that_is_stuck_are_named) {
  on_chip([](chip& c) {
    job j(c), behind(c, 0, 1);
    j.add(opcode::sem, {0, 0, 7, 4});
    j.ring_doorbell();
    behind.add(opcode::setreg, {1, hal::setreg_op::set, 1});
    behind.add(opcode::setreg, {2, hal::setreg_op::set, 1});
    behind.ring_doorbell(2);
    behind.ring_doorbell(1);
    EXPECT_EQ(j.finish(5000), 5000u);
    EXPECT_EQ(c.soc().tiles[0]->why_stuck(),
              "ring 0 at command 0 waits for SEMAPHORE[7] >= 4 (is 0); behind it wait 2 records of ring 1 from command "
              "0, 1 records of ring 1 from command 2");
  });
}

// Two units wait for one count. Whichever the kernel asks first, the command that stands first in the ring gets it.
TEST(sequencer, first_in_the_ring_is_served_first) {
  on_chip([](chip& c) {
    job j(c);
    j.view(1, 16, 0, 0, 0);
    j.view(1, 16, 0, 1, 4096);
    const auto queued = [&](std::uint16_t view, std::uint8_t flags, std::uint32_t done) {
      auto& l = j.load(view);
      l.flags = flags;
      l.wait[0] = hal::on(5, 1);
      l.signal = hal::on(done, 1);
    };
    queued(0, hal::flag::channel, 10);
    queued(1, 0, 11);
    j.ring_doorbell();
    j.finish(5000);
    EXPECT_EQ(j.semaphore(10) + j.semaphore(11), 0u);
    j.write(hal::tile::semaphore, 1, 5);
    j.finish(5000);
    EXPECT_EQ(j.semaphore(10), 1u);
    EXPECT_EQ(j.semaphore(11), 0u);
    j.write(hal::tile::semaphore, 1, 5);
    j.finish();
    EXPECT_EQ(j.semaphore(11), 1u);
  });
}

TEST(sequencer, fence_comes_after_everything_before_it) {
  on_chip([](chip& c) {
    job j(c);
    put_words(c, data, std::vector<std::uint32_t>(4096, 42));
    put_words(c, result, std::vector<std::uint32_t>(1024, 0));
    put_words(c, fence_word, {0});
    j.view(1, 1024, 0, 0, 0);
    j.load().signal = hal::on(1, 1);
    auto& s = j.store(0, result); // on the other channel, which alone would not be ahead of the fence
    s.flags = hal::flag::channel;
    s.wait = {hal::on(1, 1), hal::on(2, 1)};
    j.fence(5, fence_word);
    j.ring_doorbell();
    j.finish(20'000);
    EXPECT_EQ(word(c, fence_word), 0u); // the store waits for semaphore 2, so does the fence
    EXPECT_EQ(word(c, result), 0u);
    j.write(hal::tile::semaphore, 1, 2);
    while (word(c, fence_word) != 5) c.pass(1);
    EXPECT_EQ(words(c, result, 1024), std::vector<std::uint32_t>(1024, 42));
    j.finish();
    EXPECT_TRUE(j.idle());
  });
}

// A fence speaks of its own job: one that is queued behind has not moved.
TEST(sequencer, jobs_run_in_the_order_of_their_doorbells) {
  on_chip([](chip& c) {
    job first(c, 0, 1), second(c, 0, 0);
    first.add(opcode::sem, {0, 0, 3, 1});
    first.add(opcode::setreg, {1, hal::setreg_op::add, 1});
    second.add(opcode::setreg, {1, hal::setreg_op::exclusive_or, 0xF0});
    first.ring_doorbell();
    second.ring_doorbell();
    first.finish(5000);
    EXPECT_EQ(first.scalar(1), 0u);
    EXPECT_EQ(first.read(hal::tile::jobs), 2u);
    first.write(hal::tile::semaphore, 1, 3);
    first.finish();
    EXPECT_EQ(first.scalar(1), 1u ^ 0xF0);
  });
}

TEST(sequencer, offset_from_a_scalar_moves_a_view) {
  on_chip([](chip& c) {
    job j(c);
    std::vector<std::uint32_t> numbers(64);
    for (std::uint32_t n = 0; n < 64; ++n) numbers[n] = 3 * n;
    put_words(c, data, numbers);
    j.view(1, 64, 0, 0, 0);
    j.view(1, 4, 0, 1, 0);
    j.load(0).signal = hal::on(1, 1);
    j.set_scalar(6, 64);
    auto& s = j.store(1, result);
    s.wait[0] = hal::on(1, 1);
    s.offset[0] = hal::from_scalar(6, 16); // bytes 80 to 95
    j.ring_doorbell();
    j.finish();
    EXPECT_EQ(j.cause(), error::none);
    EXPECT_EQ(words(c, result, 4), (std::vector<std::uint32_t>{60, 63, 66, 69}));
  });
}

} // namespace
} // namespace acf::test
