#include "sw_stack/hal/zero_packing.hpp"

#include <gtest/gtest.h>
#include <random>

namespace acf::hal {
namespace {

using bytes = std::vector<std::uint8_t>;

TEST(zero_packing, is_a_bitmap_and_the_elements_that_are_not_zero) {
  const bytes raw{0, 0, 7, 0, 0, 0, 0, 9};
  EXPECT_EQ(pack_zeros(raw, 1), (bytes{0b1000'0100, 7, 9}));
  EXPECT_EQ(pack_zeros(raw, 2), (bytes{0b1010, 7, 0, 0, 9}));
  EXPECT_EQ(pack_zeros(raw, 4), std::nullopt); // both elements are not zero
}

TEST(zero_packing, comes_back_as_it_was) {
  std::mt19937 random(3);
  unsigned packed = 0;
  for (int n = 0; n < 3000; ++n) {
    const std::uint32_t element = 1u << random() % 3, count = random() % 300, zeros = random() % 5;
    bytes raw(std::size_t{element} * count);
    for (auto& b : raw) b = random() % 4 < zeros ? 0 : static_cast<std::uint8_t>(random());
    const auto short_form = pack_zeros(raw, element);
    if (!short_form) continue;
    ++packed;
    ASSERT_LT(short_form->size(), raw.size());
    bytes back(raw.size(), 0xAA);
    ASSERT_TRUE(unpack_zeros(*short_form, element, back));
    ASSERT_EQ(back, raw);
  }
  EXPECT_GT(packed, 1000u);
}

TEST(zero_packing, refuses_what_has_another_length) {
  const bytes raw{0, 0, 0, 5, 0, 0, 6, 0};
  auto packed = *pack_zeros(raw, 1);
  bytes back(8);
  packed.push_back(1);
  EXPECT_FALSE(unpack_zeros(packed, 1, back));
  packed.resize(2);
  EXPECT_FALSE(unpack_zeros(packed, 1, back));
  packed.clear();
  EXPECT_FALSE(unpack_zeros(packed, 1, back));
}

} // namespace
} // namespace acf::hal
