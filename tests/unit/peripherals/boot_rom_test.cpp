#include "models/peripherals/boot_rom.hpp"

#include "tests/unit/peripherals/bench.hpp"

using namespace acf;
using namespace acf::test;
using peripherals::boot_rom;

namespace {
const std::vector<std::uint8_t> tree = {0xd0, 0x0d, 0xfe, 0xed, 1, 2, 3, 4};
constexpr std::uint64_t entry = 0x8000'1234;
} // namespace

TEST(boot_rom, holds_code_entry_and_device_tree) {
  master host("host");
  boot_rom rom("rom", 0x1000, entry, tree);
  host.out.bind(rom.bus);
  EXPECT_EQ(host.read(0x00), 0xf1402573U); // csrr a0, mhartid
  EXPECT_EQ(host.read<std::uint64_t>(0x28), entry);
  EXPECT_EQ(host.read<std::uint64_t>(boot_rom::device_tree_offset), 0x04030201'edfe0dd0U);
  EXPECT_EQ(host.read<std::uint8_t>(0xFFF), 0U);
}

TEST(boot_rom, cannot_be_written_and_ends_where_it_ends) {
  master host("host");
  boot_rom rom("rom", 0x1000, entry, tree);
  host.out.bind(rom.bus);
  EXPECT_EQ(host.write(0, 0), tlm::TLM_COMMAND_ERROR_RESPONSE);
  host.read<std::uint64_t>(0xFFC);
  EXPECT_EQ(host.status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  char byte = 0;
  EXPECT_EQ(host.debug_read(0x1000, &byte, 1), 0U);
}

TEST(boot_rom, may_be_read_directly) {
  master host("host");
  boot_rom rom("rom", 0x1000, entry, tree);
  host.out.bind(rom.bus);
  tlm::tlm_dmi dmi;
  host.prepare(tlm::TLM_READ_COMMAND, 0, nullptr, 0);
  ASSERT_TRUE(host.out->get_direct_mem_ptr(host.payload, dmi));
  EXPECT_TRUE(dmi.is_read_allowed());
  EXPECT_FALSE(dmi.is_write_allowed());
  EXPECT_EQ(dmi.get_end_address(), 0xFFFU);
  host.prepare(tlm::TLM_WRITE_COMMAND, 0, nullptr, 0);
  EXPECT_FALSE(host.out->get_direct_mem_ptr(host.payload, dmi));
}

TEST(boot_rom, says_how_much_too_large_the_device_tree_is) {
  try {
    const boot_rom rom("rom", 0x44, entry, tree);
    FAIL();
  } catch (const std::length_error& e) {
    EXPECT_STREQ(e.what(), "boot ROM of 68 bytes is too small: the device tree of 8 bytes needs 4 more");
  }
}
