#include "models/peripherals/plic.hpp"

#include "tests/unit/peripherals/bench.hpp"

using namespace acf;
using namespace acf::test;
namespace map = hal::plic;

struct plic_test : testing::Test {
  master host{"host"};
  peripherals::plic plic{"plic", 2};
  common::wire_out five{"five"}, nine{"nine"}, last{"last"};
  plic_test() {
    host.out.bind(plic.bus);
    plic.connect(5, five);
    plic.connect(9, nine);
    plic.connect(96, last);
    for (const auto source : {5U, 9U, 96U}) host.write(map::priority, 3, source);
    host.write(map::enable0, 1U << 5 | 1U << 9, 0);
    host.write(map::enable3, 1, 0);
  }
  std::uint64_t claim(unsigned context = 0) { return host.read(map::claim, context); }
  void complete(unsigned source, unsigned context = 0) { host.write(map::claim, source, context); }
};

TEST_F(plic_test, reset_values) {
  five = true;
  plic.reset();
  EXPECT_FALSE(plic.external[0].read());
  five = false;
  plic.reset();
  expect_reset_values(host, map::block);
}

TEST_F(plic_test, a_source_reaches_enabled_contexts_only) {
  five = true;
  EXPECT_TRUE(plic.external[0].read());
  EXPECT_FALSE(plic.external[1].read());
  EXPECT_EQ(claim(1), 0U);
  EXPECT_EQ(host.read(map::pending), 1U << 5);
  EXPECT_EQ(claim(), 5U);
  EXPECT_FALSE(plic.external[0].read());
  EXPECT_EQ(host.read(map::pending), 0U);
  EXPECT_EQ(claim(), 0U);
}

TEST_F(plic_test, higher_priority_first_then_lower_number) {
  for (auto* line : {&five, &nine, &last}) *line = true;
  host.write(map::priority, 4, 96);
  EXPECT_EQ(claim(), 96U);
  EXPECT_EQ(claim(), 5U);
  EXPECT_EQ(claim(), 9U);
  EXPECT_EQ(claim(), 0U);
}

TEST_F(plic_test, a_source_still_high_at_completion_comes_again) {
  five = true;
  EXPECT_EQ(claim(), 5U);
  five = false;
  five = true; // no second request while the first is in service
  EXPECT_FALSE(plic.external[0].read());
  EXPECT_TRUE(plic.in_service(5));
  complete(5);
  EXPECT_TRUE(plic.external[0].read());
  EXPECT_EQ(claim(), 5U);
  five = false;
  complete(5);
  EXPECT_FALSE(plic.external[0].read());
}

TEST_F(plic_test, a_request_outlives_its_source) {
  five = true;
  five = false;
  EXPECT_TRUE(plic.external[0].read());
  EXPECT_EQ(claim(), 5U);
}

TEST_F(plic_test, threshold_masks_the_line_but_not_the_claim) {
  host.write(map::threshold, 3);
  five = true;
  EXPECT_FALSE(plic.external[0].read());
  host.write(map::threshold, 2);
  EXPECT_TRUE(plic.external[0].read());
  host.write(map::threshold, 7);
  EXPECT_EQ(claim(), 5U);
}

TEST_F(plic_test, priority_zero_never_interrupts) {
  host.write(map::priority, 0, 5);
  five = true;
  EXPECT_FALSE(plic.external[0].read());
  EXPECT_EQ(claim(), 0U);
  host.write(map::priority, 1, 5);
  EXPECT_TRUE(plic.external[0].read());
}

TEST_F(plic_test, completion_from_a_context_without_the_source_is_ignored) {
  five = true;
  claim();
  complete(5, 2);
  EXPECT_TRUE(plic.in_service(5));
  complete(1000);
  complete(0);
  complete(5);
  EXPECT_FALSE(plic.in_service(5));
}

TEST_F(plic_test, bits_of_sources_that_do_not_exist_stay_zero) {
  host.write(map::enable0, 0xFFFF'FFFF, 1);
  host.write(map::enable3, 0xFFFF'FFFF, 1);
  host.write(map::priority, 0xFFFF'FFFF, 0);
  host.write(map::priority, 0xFFFF'FFFF, 1);
  EXPECT_EQ(host.read(map::enable0, 1), 0xFFFF'FFFEU);
  EXPECT_EQ(host.read(map::enable3, 1), 1U);
  EXPECT_EQ(host.read(map::priority, 0), 0U);
  EXPECT_EQ(host.read(map::priority, 1), 7U);
}

TEST_F(plic_test, contexts_of_harts_that_are_not_there_are_not_there) {
  host.read(map::threshold, 4);
  EXPECT_EQ(host.status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  host.read<std::uint8_t>(map::claim.at(0));
  EXPECT_EQ(host.status, tlm::TLM_BURST_ERROR_RESPONSE);
}

TEST_F(plic_test, debugger_does_not_claim) {
  five = true;
  std::uint32_t value = 0;
  EXPECT_EQ(host.debug_read(map::claim.at(0), &value, 4), 4U);
  EXPECT_EQ(value, 5U);
  EXPECT_TRUE(plic.external[0].read());
}
