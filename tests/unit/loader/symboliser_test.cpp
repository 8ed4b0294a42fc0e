#include "platform/loader/symboliser.hpp"

#include <gtest/gtest.h>

using namespace acf::platform;

namespace {
const symboliser& names() {
  static const symboliser of_program{elf_image(ACF_TEST_PROGRAM)};
  return of_program;
}
} // namespace

TEST(symboliser, names_function_file_and_line) {
  const auto entry = names().locate(elf_image(ACF_TEST_PROGRAM).entry());
  EXPECT_EQ(entry.function, "_start");
  EXPECT_EQ(entry.into, 0U);
  EXPECT_EQ(entry.file, "program_source/program.cpp");
  EXPECT_EQ(entry.line, 300U);

  const auto submit = names().find("chip::queue::submit");
  ASSERT_TRUE(submit);
  const auto inside = names().locate(submit->address + 2);
  EXPECT_EQ(inside.function, "chip::queue::submit");
  EXPECT_EQ(inside.into, 2U);
  EXPECT_GE(inside.line, 200U);
  EXPECT_LE(inside.line, 203U);
}

TEST(symboliser, keeps_anonymous_namespaces_and_drops_parameters) {
  const auto fill = names().find("chip::(anonymous namespace)::fill");
  ASSERT_TRUE(fill);
  EXPECT_EQ(names().locate(fill->address).function, "chip::(anonymous namespace)::fill");
}

TEST(symboliser, says_nothing_about_addresses_without_code) {
  for (const std::uint64_t pc : {std::uint64_t{0}, std::uint64_t{0x7FFF'FFFF}, ~std::uint64_t{0}}) {
    EXPECT_FALSE(names().locate(pc).known()) << pc;
    EXPECT_EQ(to_string(names().locate(pc)), "pc " + hex(pc));
  }
}

TEST(symboliser, one_line_for_messages) {
  const code_location where{0x8000'1a34, "chip::queue::submit", 0x12, "firmware/train/epoch.cpp", 88};
  EXPECT_EQ(to_string(where), "pc 0x80001a34  chip::queue::submit+0x12  firmware/train/epoch.cpp:88");
}
