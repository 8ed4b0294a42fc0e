#include "models/common/address_map_router.hpp"
#include "models/peripherals/boot_rom.hpp"
#include "models/peripherals/watchdog.hpp"

#include "tests/unit/peripherals/bench.hpp"

using namespace acf;
using namespace acf::test;
namespace map = hal::watchdog;

struct host_bus : testing::Test {
  static constexpr std::uint64_t rom_at = 0x1000, dog_at = 0x1'0000'2000;
  master host{"host"}, other{"other"};
  common::address_map_router bus{"bus"};
  peripherals::watchdog dog{"dog", ns(10)};
  peripherals::boot_rom rom{"rom", 0x1000, 0x8000'0000, {}};
  host_bus() {
    host.out.bind(bus.in);
    other.out.bind(bus.in);
    bus.attach({"dog", dog_at, 0x1000, ns(30)}, dog.bus);
    bus.attach({"rom", rom_at, 0x1000, ns(5)}, rom.bus);
    run(sc_core::SC_ZERO_TIME); // sockets connect at elaboration
  }
};

TEST_F(host_bus, forwards_relative_addresses_beyond_4_gib_and_adds_latency) {
  EXPECT_EQ(host.write(dog_at + map::timeout.at(0), 77), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(host.delay, ns(30));
  EXPECT_EQ(other.read(dog_at + map::timeout.at(0)), 77U);
  EXPECT_EQ(dog.registers().get(map::timeout), 77U);
}

TEST_F(host_bus, accesses_that_meet_wait_for_each_other) {
  host.read(dog_at + map::timeout.at(0));
  EXPECT_EQ(host.delay, ns(30));
  other.read(dog_at + map::timeout.at(0));
  EXPECT_EQ(other.delay, ns(60));
  other.delay = sc_core::SC_ZERO_TIME;
  other.read(rom_at); // another target
  EXPECT_EQ(other.delay, ns(5));
  run(ns(70));
  host.delay = sc_core::SC_ZERO_TIME;
  host.read(dog_at + map::timeout.at(0));
  EXPECT_EQ(host.delay, ns(30));
  const auto usage = bus.usage();
  ASSERT_EQ(usage.size(), 2U);
  EXPECT_EQ(usage[1].name, "dog");
  EXPECT_EQ(usage[1].accesses, 3U);
  EXPECT_EQ(usage[1].busy, 60'000U); // up to now
  EXPECT_EQ(usage[1].waited, 30'000U);
}

TEST_F(host_bus, addresses_between_ranges_and_accesses_across_their_end_fail) {
  for (const auto address : {std::uint64_t{0}, rom_at - 4, rom_at + 0x1000, dog_at + 0x1000, ~std::uint64_t{3}}) {
    host.read(address);
    EXPECT_EQ(host.status, tlm::TLM_ADDRESS_ERROR_RESPONSE) << address;
  }
  host.read<std::uint64_t>(rom_at + 0xFFC);
  EXPECT_EQ(host.status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_F(host_bus, debug_access_ends_with_the_range) {
  std::array<char, 32> bytes{};
  EXPECT_EQ(host.debug_read(rom_at + 0xFF0, bytes.data(), 32), 16U);
  EXPECT_EQ(host.payload.get_data_length(), 32U);
  EXPECT_EQ(host.payload.get_address(), rom_at + 0xFF0);
  EXPECT_EQ(host.debug_read(0, bytes.data(), 32), 0U);
}

TEST_F(host_bus, direct_memory_is_given_in_the_initiators_addresses) {
  tlm::tlm_dmi dmi;
  host.prepare(tlm::TLM_READ_COMMAND, rom_at + 8, nullptr, 0);
  ASSERT_TRUE(host.out->get_direct_mem_ptr(host.payload, dmi));
  EXPECT_EQ(dmi.get_start_address(), rom_at);
  EXPECT_EQ(dmi.get_end_address(), rom_at + 0xFFF);
  EXPECT_EQ(dmi.get_read_latency(), ns(5));
  EXPECT_EQ(dmi.get_dmi_ptr()[1], 0x25); // of csrr a0, mhartid
}

TEST_F(host_bus, direct_memory_is_denied_for_devices_and_gaps_only) {
  tlm::tlm_dmi dmi;
  host.prepare(tlm::TLM_READ_COMMAND, dog_at, nullptr, 0);
  EXPECT_FALSE(host.out->get_direct_mem_ptr(host.payload, dmi));
  EXPECT_EQ(dmi.get_start_address(), dog_at);
  EXPECT_EQ(dmi.get_end_address(), dog_at + 0xFFF);
  host.prepare(tlm::TLM_READ_COMMAND, 0x9000, nullptr, 0);
  EXPECT_FALSE(host.out->get_direct_mem_ptr(host.payload, dmi));
  EXPECT_EQ(dmi.get_start_address(), rom_at + 0x1000);
  EXPECT_EQ(dmi.get_end_address(), dog_at - 1);
}

TEST_F(host_bus, invalidation_reaches_every_initiator_in_its_addresses) {
  rom.bus->invalidate_direct_mem_ptr(0x10, ~sc_dt::uint64{0});
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> expected = {{rom_at + 0x10, rom_at + 0xFFF}};
  EXPECT_EQ(host.invalidated, expected);
  EXPECT_EQ(other.invalidated, expected);
}

TEST(host_bus_map, a_target_may_know_itself_by_other_addresses) {
  constexpr std::uint64_t here = 0x8000'0000, there = 0x200; // the last 0xE00 bytes of the ROM
  master host("host");
  common::address_map_router bus("bus");
  peripherals::boot_rom rom("rom", 0x1000, 0x1234, {});
  host.out.bind(bus.in);
  bus.attach({"rom", here, 0xE00, ns(1), there}, rom.bus);
  run(sc_core::SC_ZERO_TIME);
  host.read(here + 0xDFC);
  EXPECT_EQ(host.status, tlm::TLM_OK_RESPONSE);
  tlm::tlm_dmi dmi;
  host.prepare(tlm::TLM_READ_COMMAND, here, nullptr, 0);
  ASSERT_TRUE(host.out->get_direct_mem_ptr(host.payload, dmi));
  EXPECT_EQ(dmi.get_start_address(), here);
  EXPECT_EQ(dmi.get_end_address(), here + 0xDFF);
  EXPECT_EQ(dmi.get_dmi_ptr(), rom.contents().data() + there);
}

TEST_F(host_bus, names_the_range_of_an_address) {
  EXPECT_EQ(bus.find(dog_at + 4)->name, "dog");
  EXPECT_EQ(bus.find(0), nullptr);
}

TEST(host_bus_map, overlaps_are_refused_by_name) {
  common::address_map_router bus("bus");
  peripherals::watchdog a("a", ns(1)), b("b", ns(1));
  bus.attach({"a", 0x1000, 0x1000, ns(1)}, a.bus);
  for (const std::uint64_t base : {0x0001, 0x1FFF}) try {
      bus.attach({"b", base, 0x1000, ns(1)}, b.bus);
      FAIL();
    } catch (const std::logic_error& e) {
      EXPECT_STREQ(e.what(), "address map: b overlaps a");
    }
  EXPECT_THROW(bus.attach({"b", 0x3000, 0, ns(1)}, b.bus), std::logic_error);
  EXPECT_THROW(bus.attach({"b", ~std::uint64_t{0}, 2, ns(1)}, b.bus), std::logic_error);
}

TEST(register_socket, byte_lanes_make_a_narrower_access) {
  master host("host");
  peripherals::watchdog dog("dog", ns(10));
  host.out.bind(dog.bus);
  std::uint64_t word = 0x0000'0055'0000'0000;
  std::uint8_t lanes[] = {0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF};
  const auto send = [&] {
    host.prepare(tlm::TLM_WRITE_COMMAND, 0, &word, 8);
    host.payload.set_byte_enable_ptr(lanes);
    host.payload.set_byte_enable_length(8);
    host.out->b_transport(host.payload, host.delay);
    return host.payload.get_response_status();
  };
  EXPECT_EQ(send(), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(dog.registers().get(map::timeout), 0x55U);
  lanes[5] = 0;
  EXPECT_EQ(send(), tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  lanes[6] = lanes[7] = 0;
  EXPECT_EQ(send(), tlm::TLM_BURST_ERROR_RESPONSE); // one byte of a register
  lanes[4] = 0;
  EXPECT_EQ(send(), tlm::TLM_OK_RESPONSE); // nothing at all
}
