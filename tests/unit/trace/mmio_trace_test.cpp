#include "platform/trace/mmio_trace.hpp"

#include "sw_stack/hal/watchdog_registers.hpp"

#include <gtest/gtest.h>
#include <sstream>

namespace {

using namespace acf;

struct no_bus : cpu::bus {
  cpu::bus_result read(std::uint64_t, void*, unsigned, cpu::cycles&) override { return cpu::bus_result::fault; }
  cpu::bus_result write(std::uint64_t, const void*, unsigned, cpu::cycles&) override { return cpu::bus_result::fault; }
  std::optional<cpu::direct_region> direct(std::uint64_t, bool) override { return {}; }
  std::uint64_t time() override { return 0; }
};

struct mmio : testing::Test {
  std::ostringstream text;
  no_bus nothing;
  cpu::hart hart{nothing, {.id = 1}};
  common::address_map_router bus{sc_core::sc_gen_unique_name("bus")};
  common::register_bank bank{hal::watchdog::block};
  platform::mmio_trace trace{text, bus, [](unsigned) { return sc_core::sc_time::from_value(1'204'500); }};

  mmio() { bank.observe(&trace); }
  std::string last() const {
    const auto all = text.str();
    return all.substr(all.rfind('\n', all.size() - 2) + 1);
  }
};

TEST_F(mmio, names_the_register_that_the_bank_reported) {
  std::uint64_t value = 0;
  bank.read(hal::watchdog::timeout.offset, 4, value);
  trace.on_device_access(hart, {0x8000'0010, 0x10'2000 + hal::watchdog::timeout.offset, value, 4, false, true});
  EXPECT_EQ(last().substr(0, 27), "1204.500 1 0x80000010 R 4 0");
  EXPECT_NE(last().find(" WATCHDOG.TIMEOUT\n"), std::string::npos) << last();
}

TEST_F(mmio, says_why_an_access_was_refused) {
  std::uint64_t value = 0;
  bank.read(hal::watchdog::kick.offset, 4, value);
  trace.on_device_access(hart, {0x8000'0010, 0x10'2000, 0, 4, false, false});
  EXPECT_NE(last().find("refused: read of WATCHDOG.KICK: write only"), std::string::npos) << last();
}

TEST_F(mmio, knows_when_nothing_is_mapped) {
  trace.on_device_access(hart, {0x8000'0010, 0x3000'0000, ~std::uint64_t{0}, 2, true, false});
  EXPECT_EQ(last(), "1204.500 1 0x80000010 W 2 0x30000000 0xffff - refused: nothing is mapped there\n");
}

TEST_F(mmio, tells_of_accesses_that_the_hart_itself_refuses_but_of_others_only_once) {
  trace.on_device_access(hart, {0, 0x3000'0000, 0, 4, false, false});
  const auto before = text.str();
  trace.on_trap(hart, 5, 0x3000'0000);
  EXPECT_EQ(text.str(), before);
  hart.last_refused = {cpu::refused_access::reason::atomic, 8, 0x3000'0008};
  trace.on_trap(hart, 7, 0x4000'0008); // by its physical address
  EXPECT_EQ(last(),
            "1204.500 1 0x1000 W 8 0x30000008 - - refused: atomic access of 8 bytes to nothing: no target is there\n");
  hart.last_refused = {cpu::refused_access::reason::misaligned_atomic, 4};
  trace.on_trap(hart, 4, 0x3000'0001);
  EXPECT_EQ(last(), "1204.500 1 0x1000 R 4 0x30000001 - - refused: misaligned atomic access of 4 bytes\n");
}

} // namespace
