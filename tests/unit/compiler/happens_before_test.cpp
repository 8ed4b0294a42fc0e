// The prover itself: small cases with a known answer.
#include "tests/unit/compiler/happens_before.hpp"

#include <gtest/gtest.h>

using acf::test::access_history;
using acf::test::happens_before;
using acf::test::semaphore_history;

namespace {

constexpr std::uint32_t none = happens_before::none;

struct world {
  happens_before order{4};
  semaphore_history semaphore;

  std::uint32_t start(std::uint32_t chain, const char* name, bool runs_on = false) {
    return order.start(chain, runs_on, name, none, {});
  }
  std::uint32_t wait(std::uint32_t chain, const char* name, std::uint32_t count) {
    const auto from = semaphore.take(count);
    const auto e = order.start(chain, false, name, none, from);
    for (const auto f : from) order.events[f].ended_by.push_back({0, e});
    semaphore.waited(e, count, from);
    return e;
  }
};

} // namespace

TEST(happens_before, a_semaphore_orders_two_units) {
  world w;
  const auto writer = w.start(0, "writer");
  w.semaphore.signal(writer, 1);
  const auto reader = w.wait(1, "reader", 1);
  EXPECT_TRUE(w.order.ended_before(writer, reader));
  EXPECT_FALSE(w.order.ended_before(reader, writer));
  EXPECT_EQ(w.semaphore.verify(w.order), "");
}

TEST(happens_before, the_start_of_a_transfer_is_not_its_end) {
  world w;
  const auto transfer = w.start(0, "transfer", true), next = w.start(0, "next", true);
  EXPECT_TRUE(w.order.started_before(transfer, next));
  EXPECT_FALSE(w.order.ended_before(transfer, next));
}

TEST(happens_before, transfers_of_one_channel_may_end_in_any_order) {
  world w;
  const auto first = w.start(0, "first", true), second = w.start(0, "second", true);
  w.semaphore.signal(first, 1);
  w.semaphore.signal(second, 1);
  w.wait(1, "user of the first", 1);
  EXPECT_EQ(w.semaphore.verify(w.order), "user of the first may pass before first");
}

TEST(happens_before, a_wait_may_not_take_the_signal_of_another_unit) {
  world w;
  const auto a = w.start(0, "a"), b = w.start(0, "b");
  w.semaphore.signal(a, 1);
  w.semaphore.signal(b, 1);
  w.wait(1, "user of a", 1);
  w.wait(2, "user of b", 1); // takes a's signal if the other unit is slow
  EXPECT_EQ(w.semaphore.verify(w.order), "user of b may pass before b");
}

TEST(happens_before, signals_of_the_next_round_are_told_apart_if_they_follow_the_wait) {
  world w;
  for (int round = 0; round < 3; ++round) {
    const auto x = w.start(0, "x"), y = w.start(1, "y");
    w.semaphore.signal(x, 1);
    w.semaphore.signal(y, 1);
    const auto both = w.wait(2, "both", 2);
    w.order.start(0, false, "released x", none, {both});
    w.order.start(1, false, "released y", none, {both});
  }
  EXPECT_EQ(w.semaphore.verify(w.order), "");
}

TEST(happens_before, a_fast_unit_may_count_twice_if_it_does_not) {
  world w;
  for (int round = 0; round < 2; ++round) {
    w.semaphore.signal(w.start(0, "fast"), 1);
    w.semaphore.signal(w.start(1, "slow"), 1);
    w.wait(2, "both", 2);
  }
  EXPECT_EQ(w.semaphore.verify(w.order), "both may pass before fast");
}

TEST(happens_before, memory_is_written_before_it_is_read_and_read_before_it_is_written_again) {
  world w;
  access_history bytes;
  const auto writer = w.start(0, "writer"), stranger = w.start(3, "stranger");
  EXPECT_EQ(bytes.read(w.order, 0, 4, stranger), "stranger reads what nobody has written, at 0");
  EXPECT_EQ(bytes.write(w.order, 0, 64, writer), "");
  w.semaphore.signal(writer, 1);
  const auto reader = w.wait(1, "reader", 1), other = w.start(2, "other");
  EXPECT_EQ(bytes.read(w.order, 16, 32, reader), "");
  EXPECT_EQ(bytes.read(w.order, 16, 32, other), "other may read before writer has written, at 16");
  const auto again = w.start(0, "again");
  EXPECT_EQ(bytes.write(w.order, 32, 64, again), "");
  EXPECT_EQ(bytes.write(w.order, 31, 33, again), "again may write before reader has read, at 31");
}
