#include "models/peripherals/watchdog.hpp"

#include "tests/unit/peripherals/bench.hpp"

using namespace acf;
using namespace acf::test;
namespace map = hal::watchdog;

struct watchdog_test : testing::Test {
  master host{"host"};
  peripherals::watchdog dog{"dog", ns(10)};
  watchdog_test() { host.out.bind(dog.bus); }
  void start(std::uint32_t clocks) {
    host.write(map::timeout, clocks);
    host.write(map::control, 1);
  }
};

TEST_F(watchdog_test, reset_values) { expect_reset_values(host, map::block); }

TEST_F(watchdog_test, interrupts_at_zero_and_resets_at_zero_again) {
  start(100);
  run(ns(400));
  EXPECT_EQ(host.read(map::count), 60U);
  run(ns(599));
  EXPECT_FALSE(dog.irq.read());
  run(ns(1));
  EXPECT_TRUE(dog.irq.read());
  EXPECT_EQ(host.read(map::status), 1U);
  run(ns(999));
  EXPECT_FALSE(dog.reset_request.read());
  run(ns(1));
  EXPECT_TRUE(dog.reset_request.read());
}

TEST_F(watchdog_test, a_kicked_dog_stays_quiet) {
  start(100);
  for (int i = 0; i < 5; ++i) {
    run(ns(900));
    EXPECT_EQ(host.write(map::kick, map::kick_key), tlm::TLM_OK_RESPONSE);
  }
  EXPECT_FALSE(dog.irq.read());
  EXPECT_EQ(host.write(map::kick, 1), tlm::TLM_COMMAND_ERROR_RESPONSE);
  run(ns(1000));
  EXPECT_TRUE(dog.irq.read());
}

TEST_F(watchdog_test, acknowledging_prevents_the_reset) {
  start(100);
  run(ns(1500));
  host.write(map::status, 1);
  EXPECT_FALSE(dog.irq.read());
  run(ns(500));
  EXPECT_TRUE(dog.irq.read());
  EXPECT_FALSE(dog.reset_request.read());
}

TEST_F(watchdog_test, stops_when_disabled_or_reset) {
  start(100);
  host.write(map::control, 0);
  run(ns(5000));
  EXPECT_FALSE(dog.irq.read());
  host.write(map::control, 1);
  dog.reset();
  run(ns(5000));
  EXPECT_FALSE(dog.irq.read());
  expect_reset_values(host, map::block);
}
