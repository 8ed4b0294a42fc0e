#include "models/same/zero_codec.hpp"

#include <gtest/gtest.h>

namespace acf::same {
namespace {

TEST(zero_codec, takes_a_cycle_for_64_elements) {
  zero_codec u;
  const auto bf16 = u.pass(100, 1024, 2, 0);
  EXPECT_EQ(bf16.free, 100u + 8);
  EXPECT_EQ(bf16.done, 100u + 8 + zero_codec::depth);
  EXPECT_EQ(u.pass(200, 1024, 1, 0).free, 200u + 16);
  EXPECT_EQ(u.pass(300, 1024, 4, 0).free, 300u + 4);
  EXPECT_EQ(u.pass(400, 6, 2, 0).free, 400u + 1);
}

TEST(zero_codec, packets_wait_for_each_other) {
  zero_codec u;
  u.pass(10, 1024, 2, 0);
  EXPECT_EQ(u.pass(12, 1024, 2, 0).free, 10u + 8 + 8);
  EXPECT_EQ(u.pass(0, 1024, 2, 0).free, 8u) << "and not for later ones";
}

} // namespace
} // namespace acf::same
