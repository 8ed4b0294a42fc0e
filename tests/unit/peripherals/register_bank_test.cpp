#include "models/common/register_bank.hpp"
#include "models/common/register_space.hpp"

#include <gtest/gtest.h>

using namespace acf;
using common::access_result;
using common::register_bank;
using hal::access;
using hal::reg;

namespace {

constexpr reg mixed{"MIXED",
                    0x00,
                    4,
                    0x0001'0003,
                    {{"KEEP", 0, 4, access::rw, ""},
                     {"CAUSE", 8, 4, access::w1c, ""},
                     {"GO", 16, 1, access::w1s, ""},
                     {"SECRET", 20, 4, access::wo, ""},
                     {"BUSY", 31, 1, access::ro, ""}},
                    ""};
constexpr reg fixed{"FIXED", 0x04, 4, 7, access::ro, ""};
constexpr reg key{"KEY", 0x08, 4, 0, access::wo, ""};
constexpr reg base{"BASE", 0x40, 8, 0, access::rw, "", 4, 0x10};
constexpr reg length{"LENGTH", 0x48, 4, 5, access::rw, "", 4, 0x10};
constexpr reg table{"TABLE", 0x2000, 4, 0, access::rw, "", 2048, 4};
constexpr reg registers[] = {mixed, fixed, key, base, length, table};
constexpr auto block = hal::make_block("TEST", 0x4000, registers, "");
constexpr auto liberal = hal::make_block("TEST", 0x4000, registers, "", {true, true});

struct recorder : common::register_observer {
  std::vector<std::string> lines;
  void on_register_access(const common::register_access& a) override { lines.push_back(explain(a)); }
};

std::uint64_t read(register_bank& bank, std::uint64_t offset, unsigned size = 4) {
  std::uint64_t value = 0;
  EXPECT_EQ(bank.read(offset, size, value), access_result::ok);
  return value;
}

} // namespace

TEST(register_bank, each_access_mode_does_what_its_letters_say) {
  register_bank bank(block);
  bank.set(mixed, 0x8000'0F05);
  EXPECT_EQ(read(bank, 0), 0x8000'0F05U);
  EXPECT_EQ(bank.write(0, 4, 0x00F1'0309), access_result::ok);
  EXPECT_EQ(read(bank, 0), 0x8000'0C09U); // KEEP written, two CAUSEs cleared, GO and SECRET read as zero, BUSY kept
}

TEST(register_bank, wrong_accesses_change_nothing_and_say_why) {
  register_bank bank(block, "TEST(1,2)");
  recorder seen;
  bank.observe(&seen);
  std::uint64_t value = 0;
  EXPECT_EQ(bank.write(0x04, 4, 0), access_result::read_only);
  EXPECT_EQ(bank.read(0x08, 4, value), access_result::write_only);
  EXPECT_EQ(bank.read(0x0C, 4, value), access_result::unmapped);
  EXPECT_EQ(bank.read(0x4000, 4, value), access_result::unmapped);
  EXPECT_EQ(bank.read(~std::uint64_t{0}, 4, value), access_result::unmapped);
  EXPECT_EQ(bank.read(0x02, 2, value), access_result::wrong_size);
  EXPECT_EQ(bank.read(0x54, 4, value), access_result::wrong_size);
  EXPECT_EQ(bank.write(0x00, 4, 0x0000'1030), access_result::reserved_bits);
  EXPECT_EQ(bank.get(mixed), mixed.reset);
  const std::vector<std::string> expected = {
      "write of 0x0 to TEST(1,2).FIXED: read only",
      "read of TEST(1,2).KEY: write only",
      "read of TEST(1,2)+0xc: no register there",
      "read of TEST(1,2)+0x4000: no register there",
      "read of TEST(1,2)+0xffffffffffffffff: no register there",
      "read of TEST(1,2).MIXED: 2 bytes at offset 0x2, the register has 4 bytes at offset 0x0",
      "read of TEST(1,2).BASE[1]: 4 bytes at offset 0x54, the register has 8 bytes at offset 0x50",
      "write of 0x1030 to TEST(1,2).MIXED sets reserved bits 0x1030"};
  EXPECT_EQ(seen.lines, expected);
}

TEST(register_bank, interleaved_arrays_and_the_last_element_are_found) {
  register_bank bank(block);
  EXPECT_EQ(bank.write(0x70, 8, 0x1122'3344'5566'7788), access_result::ok);
  EXPECT_EQ(bank.write(0x58, 4, 9), access_result::ok);
  EXPECT_EQ(bank.write(0x3FFC, 4, 3), access_result::ok);
  EXPECT_EQ(bank.get(base, 3), 0x1122'3344'5566'7788U);
  EXPECT_EQ(bank.get(length, 1), 9U);
  EXPECT_EQ(bank.get(length, 2), 5U);
  EXPECT_EQ(bank.get(table, 2047), 3U);
}

TEST(register_bank, callbacks_see_index_and_value_after_the_rules) {
  register_bank bank(block);
  std::vector<std::uint64_t> seen;
  bank.on_write(mixed, [&](std::uint64_t value) { seen.push_back(value); });
  bank.on_write(length, [&](std::uint32_t index, std::uint64_t value) {
    seen.push_back(index * 1000 + value + bank.get(length, index));
  });
  bank.on_write(key, [](std::uint64_t value) { return value == 42 ? access_result::ok : access_result::refused; });
  bank.write(0, 4, 0x0011'0002);
  bank.write(0x68, 4, 6);
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{0x0011'0002, 2012}));
  EXPECT_EQ(bank.write(8, 4, 42), access_result::ok);
  EXPECT_EQ(bank.write(8, 4, 43), access_result::refused);
}

TEST(register_bank, an_external_array_keeps_nothing_here) {
  std::array<std::uint64_t, 2048> routes{};
  register_bank bank(block);
  bank.external(
      table, [&](std::uint32_t i) { return routes[i]; },
      [&](std::uint32_t i, std::uint64_t value) { routes[i] = value; });
  bank.write(0x2004, 4, 8);
  routes[2] = 6;
  bank.reset();
  EXPECT_EQ(routes[1], 8U);
  EXPECT_EQ(read(bank, 0x2008), 6U);
}

TEST(register_bank, looking_with_the_debugger_has_no_side_effect) {
  register_bank bank(block);
  int reads = 0;
  bank.computed(fixed, [&] { return 0x0403'0201; });
  bank.on_read(fixed, [&] { ++reads; });
  std::array<std::uint8_t, 3> bytes{};
  EXPECT_EQ(bank.peek(5, bytes), 3U); // into KEY, which cannot be read: stops there
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 3>{2, 3, 4}));
  std::array<std::uint8_t, 16> many{};
  EXPECT_EQ(bank.peek(4, many), 4U);
  EXPECT_EQ(reads, 0);
  EXPECT_EQ(read(bank, 4), 0x0403'0201U);
  EXPECT_EQ(reads, 1);
}

TEST(register_bank, the_debugger_writes_without_waking_anybody) {
  register_bank bank(block);
  bank.on_write(length, [] { ADD_FAILURE(); });
  const std::uint8_t bytes[] = {1, 2};
  EXPECT_EQ(bank.poke(0x49, bytes), 2U);
  EXPECT_EQ(bank.get(length), 0x0002'0105U);
}

TEST(register_bank, presets_survive_a_reset_and_limits_hide_elements) {
  register_bank bank(block);
  bank.preset(fixed, 99);
  bank.preset(length, 1, 2);
  bank.limit(base, 3);
  bank.write(0x68, 4, 77);
  bank.reset();
  EXPECT_EQ(read(bank, 4), 99U);
  EXPECT_EQ(read(bank, 0x68), 1U);
  EXPECT_EQ(read(bank, 0x58), 5U);
  std::uint64_t value = 0;
  EXPECT_EQ(bank.read(0x60, 8, value), access_result::ok);
  EXPECT_EQ(bank.read(0x70, 8, value), access_result::unmapped);
}

TEST(register_bank, liberal_blocks_take_halves_and_ignore_reserved_bits) {
  register_bank bank(liberal);
  bank.set(base, 0x1111'1111'2222'2222, 1);
  EXPECT_EQ(bank.write(0x54, 4, 0x3333'3333), access_result::ok);
  EXPECT_EQ(bank.get(base, 1), 0x3333'3333'2222'2222U);
  EXPECT_EQ(read(bank, 0x50), 0x2222'2222U);
  EXPECT_EQ(read(bank, 0x54), 0x3333'3333U);
  EXPECT_EQ(bank.write(0, 4, 0x0000'1035), access_result::ok);
  EXPECT_EQ(read(bank, 0), 0x0000'0005U);
  std::uint64_t value = 0;
  EXPECT_EQ(bank.read(0x52, 4, value), access_result::wrong_size);
  EXPECT_EQ(bank.read(0x50, 1, value), access_result::wrong_size);
}

TEST(register_bank, half_a_write_clears_no_cause_in_the_other_half) {
  static constexpr reg causes{"CAUSES", 0, 4, 0, access::w1c, ""};
  static constexpr reg list[] = {causes};
  register_bank bank(hal::make_block("TEST", 16, list, "", {false, true}));
  bank.set(causes, 0xFFFF'FFFF);
  bank.write(2, 2, 0xF0F0);
  EXPECT_EQ(bank.get(causes), 0x0F0F'FFFFU);
}

TEST(register_decoder, refuses_descriptions_that_contradict_themselves) {
  const auto refused = [](const auto& list) {
    try {
      const common::register_decoder decoder(hal::make_block("B", 0x100, list, ""));
    } catch (const std::logic_error& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  static constexpr reg overlap[] = {{"A", 0, 4, 0, access::rw, "", 4, 8}, {"C", 8, 4, 0, access::ro, ""}};
  static constexpr reg crooked[] = {{"A", 2, 4, 0, access::rw, ""}};
  static constexpr reg outside[] = {{"A", 0xF8, 8, 0, access::rw, "", 2, 8}};
  static constexpr reg reset[] = {{"A", 0, 4, 2, {{"F", 0, 1, access::rw, ""}}, ""}};
  static constexpr reg fields[] = {{"A", 0, 4, 0, {{"F", 0, 4, access::rw, ""}, {"G", 3, 1, access::rw, ""}}, ""}};
  static constexpr reg shared[] = {{"A", 0, 1, 0, access::ro, ""}, {"C", 0, 1, 0, access::wo, ""}};
  EXPECT_EQ(refused(overlap), "B.C: overlaps A");
  EXPECT_EQ(refused(crooked), "B.A: offset and stride must be multiples of the width");
  EXPECT_EQ(refused(outside), "B.A: lies outside the block's window");
  EXPECT_EQ(refused(reset), "B.A: reset value sets reserved bits");
  EXPECT_EQ(refused(fields), "B.A: field G overlaps another field");
  EXPECT_EQ(refused(shared), "accepted");
}

TEST(register_space, places_banks_side_by_side) {
  const auto decoder = std::make_shared<const common::register_decoder>(block);
  register_bank first(decoder), second(decoder);
  common::register_space space;
  space.place(0x10000, second);
  space.place(0, first);
  EXPECT_THROW(space.place(0x3FFF, 1, first), std::logic_error);
  EXPECT_THROW(space.place(0x8000, 0x8001, first), std::logic_error);
  EXPECT_EQ(space.write(0x10048, 4, 1), access_result::ok);
  EXPECT_EQ(second.get(length), 1U);
  EXPECT_EQ(first.get(length), 5U);
  std::uint64_t value = 0;
  EXPECT_EQ(space.read(0x8000, 4, value), access_result::unmapped);
}
