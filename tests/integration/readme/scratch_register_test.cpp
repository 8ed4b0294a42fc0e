// README's recipe for a peripheral: the module alone, on a bus, is enough to be read, written and heard.
#include "models/common/address_map_router.hpp"
#include "models/peripherals/plic.hpp"
#include "tests/integration/readme/scratch_register.hpp"
#include "tests/unit/peripherals/bench.hpp"

namespace {

using namespace acf;
using namespace acf::test;
namespace map = hal::scratch;

struct readme_peripheral : testing::Test {
  static constexpr std::uint64_t at = 0x0010'3000;
  static constexpr unsigned source = 34;
  master host{"host"};
  common::address_map_router bus{"bus"};
  peripherals::plic plic{"plic", 1};
  peripherals::scratch_register scratch{"scratch"};
  readme_peripheral() {
    host.out.bind(bus.in);
    bus.attach({"scratch", at, map::block.size, ns(20)}, scratch.bus); // the line in soc::attach_to_bus
    bus.attach({"plic", 0x0C00'0000, 0x60'0000, ns(20)}, plic.bus);
    plic.connect(source, scratch.irq); // the line in soc::connect_interrupts
    run(sc_core::SC_ZERO_TIME);
  }
};

TEST_F(readme_peripheral, has_its_reset_values_over_the_bus) {
  for (const auto& r : map::block) {
    EXPECT_EQ(host.read(at + r.offset), r.reset) << r.name;
    EXPECT_EQ(host.status, tlm::TLM_OK_RESPONSE) << r.name;
  }
}

TEST_F(readme_peripheral, keeps_a_word_and_takes_the_bus_latency) {
  EXPECT_EQ(host.write(at + map::value.offset, 0xCAFE'F00D), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(host.read(at + map::value.offset), 0xCAFE'F00D);
  EXPECT_EQ(host.delay, ns(40));
}

TEST_F(readme_peripheral, interrupts_when_it_is_written_and_falls_silent_when_told) {
  host.write(at + map::value.offset, 1);
  EXPECT_FALSE(scratch.irq.read());
  host.write(at + map::control.offset, 1);
  EXPECT_TRUE(scratch.irq.read());
  EXPECT_TRUE(plic.pending(source));
  host.write(at + map::status.offset, 1);
  EXPECT_FALSE(scratch.irq.read());
  host.write(at + map::value.offset, 2);
  scratch.reset();
  EXPECT_FALSE(scratch.irq.read());
  EXPECT_EQ(host.read(at + map::value.offset), 0U);
}

TEST_F(readme_peripheral, refuses_what_its_description_does_not_have) {
  EXPECT_NE(host.write(at + map::control.offset, 2), tlm::TLM_OK_RESPONSE); // a reserved bit
  host.read(at + 0x0C);                                                     // no register
  EXPECT_NE(host.status, tlm::TLM_OK_RESPONSE);
  host.read<std::uint16_t>(at);
  EXPECT_NE(host.status, tlm::TLM_OK_RESPONSE);
}

} // namespace
