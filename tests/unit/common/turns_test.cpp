// Each test elaborates; run them one per process, as ctest does.
#include "models/common/turns.hpp"

#include <gtest/gtest.h>
#include <utility>

using acf::common::turns;
using namespace sc_core;

int sc_main(int, char**) { return 0; }

namespace {

// Processes that want a turn after some delta cycles at one instant, and what happened in which order.
struct bench : sc_module {
  explicit bench(sc_module_name name) : sc_module(name) {}
  turns order{"order"};
  std::vector<std::uint32_t> served;

  void contender(std::uint32_t rank, unsigned deltas_before, unsigned times = 1) {
    sc_spawn([=, this] {
      wait(sc_time(10, SC_NS));
      for (unsigned n = 0; n < deltas_before; ++n) wait(SC_ZERO_TIME);
      for (unsigned n = 0; n < times; ++n) {
        order.take(rank);
        EXPECT_EQ(sc_time_stamp(), sc_time(10, SC_NS));
        served.push_back(rank);
        wait(SC_ZERO_TIME);
      }
    });
  }
};

TEST(turns, go_by_rank_whoever_asks_first) {
  bench b("bench");
  b.contender(3, 0);
  b.contender(1, 5);
  b.contender(2, 2);
  sc_start();
  EXPECT_EQ(b.served, (std::vector<std::uint32_t>{1, 2, 3}));
}

TEST(turns, who_comes_back_with_a_lower_rank_goes_before_those_who_wait) {
  bench b("bench");
  b.contender(7, 0);
  b.contender(1, 0, 3);
  sc_start();
  EXPECT_EQ(b.served, (std::vector<std::uint32_t>{1, 1, 1, 7}));
}

TEST(turns, the_same_turn_is_not_given_twice) {
  bench b("bench");
  std::uint64_t first = 0, second = 1;
  sc_spawn([&] {
    b.order.take(4);
    first = sc_delta_count();
    b.order.take(4);
    second = sc_delta_count();
  });
  sc_start();
  EXPECT_EQ(first, second);
}

TEST(turns, wait_for_what_others_do_at_that_instant) {
  bench b("bench");
  b.contender(1, 0);
  unsigned done = 0;
  sc_spawn([&] {
    wait(sc_time(10, SC_NS));
    for (; done < 20; ++done) wait(SC_ZERO_TIME);
    EXPECT_TRUE(b.served.empty());
  });
  sc_start();
  EXPECT_EQ(done, 20u);
  EXPECT_EQ(b.served.size(), 1u);
}

TEST(turns, of_functions_and_threads_are_one_order) {
  bench b("bench");
  b.contender(5, 1);
  sc_spawn([&] {
    wait(sc_time(10, SC_NS));
    b.order.call(9, [&] { b.served.push_back(9); });
    b.order.call(2, [&] { b.served.push_back(2); });
  });
  sc_start();
  EXPECT_EQ(b.served, (std::vector<std::uint32_t>{2, 5, 9}));
}

} // namespace
