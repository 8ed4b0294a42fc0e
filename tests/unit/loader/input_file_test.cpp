#include "platform/loader/input_file.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace acf::platform;

namespace {

const std::vector<memory_area> memory = {{"DRAM", 0x8000'0000, 0x1000}, {"ROM", 0x1000, 0x100}};

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string complaint(const std::string& argument) {
  try {
    read_raw_image(argument, memory);
  } catch (const input_error& e) {
    return e.what();
  }
  return "accepted";
}

} // namespace

TEST(sha256, agrees_with_fips_180_4) {
  EXPECT_EQ(sha256(bytes_of("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(load_option, takes_the_address_behind_the_last_at) {
  const auto file = std::string(testing::TempDir()) + "acf_raw@" + std::to_string(getpid());
  std::ofstream(file) << "data";
  for (const auto* address : {"@0x80000ffc", "@0x8000_0ffc", "@2147487740"}) {
    const auto image = read_raw_image(file + address, memory);
    EXPECT_EQ(image.address, 0x8000'0FFCU);
    EXPECT_EQ(image.file, file);
    EXPECT_EQ(image.bytes.size(), 4U);
  }
  EXPECT_EQ(complaint(file + "@0x80000ffd"), file + ": image at 0x80000ffd (4 bytes) lies outside memory; expected in "
                                                    "DRAM 0x80000000 .. 0x80000fff, ROM 0x1000 .. 0x10ff");
  std::filesystem::remove(file);
}

TEST(load_option, says_what_it_expects) {
  const std::string expected = ": expected FILE@ADDRESS, for example data.bin@0x90000000";
  for (const std::string argument : {"data.bin", "data.bin@", "@0x1000", "data.bin@0x", "data.bin@12k", "data.bin@-1",
                                     "data.bin@0x10000000000000000"})
    EXPECT_EQ(complaint(argument), "--load " + argument + expected);
  EXPECT_EQ(complaint("no/such.bin@0x80000000"), "no/such.bin: cannot be read: No such file or directory");
}

TEST(memory_area, end_of_address_space_does_not_wrap) {
  const memory_area top{"TOP", ~std::uint64_t{0} - 0xFFF, 0x1000};
  EXPECT_TRUE(top.holds(~std::uint64_t{0}, 1));
  EXPECT_FALSE(top.holds(~std::uint64_t{0}, 2));
  EXPECT_FALSE(top.holds(0, 1));
}
