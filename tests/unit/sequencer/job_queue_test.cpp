#include "models/sequencer/job_queue.hpp"

#include "models/sequencer/dispatched.hpp"

#include <gtest/gtest.h>

namespace acf::sequencer {
namespace {

struct job_queue_test : testing::Test {
  job_queue_test() { jobs.at(0) = {0x9000'0000, 8, 0}, jobs.at(1) = {0x9000'1000, 4, 0}; }
  job_queue jobs;
};

TEST_F(job_queue_test, a_ring_goes_on_where_the_last_doorbell_ended_and_wraps) {
  jobs.add(0, 6);
  jobs.add(0, 5);
  EXPECT_EQ(jobs.dispatching().start, 0u);
  jobs.end_of_dispatch();
  EXPECT_EQ(jobs.dispatching().start, 6u);
  EXPECT_EQ(jobs.dispatching().position(4), 2u);
  EXPECT_EQ(jobs.at(0).position, 3u);
  jobs.rewind();
  EXPECT_EQ(jobs.at(0).position, 0u);
}

TEST_F(job_queue_test, a_doorbell_without_count_is_for_the_whole_ring) {
  jobs.add(1, 0);
  EXPECT_EQ(jobs.dispatching().count, 4u);
}

TEST_F(job_queue_test, refusals_have_numbers_and_leave_nothing_behind) {
  jobs.at(1).base += 8;
  try {
    jobs.add(1, 1);
    FAIL() << "a ring that is not aligned to records";
  } catch (const command_failure& refusal) {
    EXPECT_EQ(refusal.cause, hal::tile::error::ring);
    EXPECT_EQ(refusal.address, 0x9000'1008u);
  }
  EXPECT_TRUE(jobs.empty());
  EXPECT_EQ(jobs.last_number(), 1u);
  for (unsigned n = 0; n < hal::tile::job_queue_depth; ++n) jobs.add(0, 1);
  EXPECT_THROW(jobs.add(0, 1), command_failure);
  EXPECT_EQ(jobs.size(), hal::tile::job_queue_depth);
  EXPECT_EQ(jobs.last_number(), 2u + hal::tile::job_queue_depth);
}

TEST_F(job_queue_test, jobs_are_over_in_order_however_their_commands_complete) {
  jobs.add(0, 2);
  jobs.add(1, 1);
  auto& first = jobs.dispatching();
  jobs.begin(first);
  const auto a = jobs.dispatch(first), b = jobs.dispatch(first);
  jobs.end_of_dispatch();
  auto& second = jobs.dispatching();
  jobs.begin(second);
  const auto c = jobs.dispatch(second);
  jobs.end_of_dispatch();
  EXPECT_TRUE(jobs.dispatched_all());

  jobs.complete(c);
  EXPECT_FALSE(jobs.retire()) << "the first job is not over";
  jobs.complete(a);
  EXPECT_FALSE(jobs.retire());
  EXPECT_TRUE(jobs.earlier_done(b));
  EXPECT_FALSE(jobs.earlier_done(c)) << b << " is not complete";
  jobs.complete(b);
  EXPECT_TRUE(jobs.retire());
  EXPECT_TRUE(jobs.empty());
}

TEST_F(job_queue_test, the_job_behind_is_the_next_that_will_be_dispatched) {
  jobs.add(0, 1);
  EXPECT_EQ(jobs.behind(), nullptr);
  jobs.add(1, 2);
  ASSERT_NE(jobs.behind(), nullptr);
  EXPECT_EQ(jobs.behind()->ring, 1u);
  jobs.clear();
  EXPECT_TRUE(jobs.dispatched_all());
  EXPECT_TRUE(jobs.empty());
}

} // namespace
} // namespace acf::sequencer
