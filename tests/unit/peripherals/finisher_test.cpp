#include "models/peripherals/finisher.hpp"

#include "tests/unit/peripherals/bench.hpp"

using namespace acf;
using namespace acf::test;
using hal::finisher::request;

struct finisher_test : testing::Test {
  std::vector<std::pair<request, unsigned>> seen;
  master host{"host"};
  peripherals::finisher end{"end", [this](request what, unsigned code) { seen.emplace_back(what, code); }};
  finisher_test() { host.out.bind(end.bus); }
};

TEST_F(finisher_test, pass_fail_and_reset_as_in_qemu) {
  host.write(0, 0x5555);
  host.write(0, 0x0007'3333);
  host.write(0, 0x7777);
  host.write<std::uint16_t>(0, 0x5555); // sh does, too
  const std::vector<std::pair<request, unsigned>> expected = {
      {request::pass, 0}, {request::fail, 7}, {request::reset, 0}, {request::pass, 0}};
  EXPECT_EQ(seen, expected);
}

TEST_F(finisher_test, reads_zero_and_ignores_other_requests) {
  host.write(0, 0x1234);
  EXPECT_EQ(host.read(0), 0U);
  EXPECT_TRUE(seen.empty());
}
