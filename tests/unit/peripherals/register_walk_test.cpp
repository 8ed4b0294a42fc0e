// Every register of every block of the chip behaves as its description says.
#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

#include "models/common/register_bank.hpp"
#include "sw_stack/hal/global_registers.hpp"
#include "sw_stack/hal/peripherals.hpp"
#include "sw_stack/hal/tile_registers.hpp"

using namespace acf;
using common::access_result;
using hal::access;

namespace acf::hal {
void PrintTo(const register_block& block, std::ostream* out) { *out << block.name; }
} // namespace acf::hal

class register_walk : public testing::TestWithParam<hal::register_block> {
protected:
  // The first, a middle and the last element of every register.
  template <class F>
  void each(F what) {
    for (const auto& r : GetParam())
      for (const auto index : {0U, r.count / 2, r.count - 1}) {
        SCOPED_TRACE(std::string(r.name) + "[" + std::to_string(index) + "]");
        what(r, index);
      }
  }
  // Another register may share the offset, for the other direction.
  bool somebody(bool (hal::reg::*does)() const, const hal::reg& r) const {
    return std::ranges::any_of(GetParam(), [&](const auto& q) { return q.offset == r.offset && (q.*does)(); });
  }
  common::register_bank bank{GetParam()};
  std::uint64_t value = 0;
};

TEST_P(register_walk, reset_values) {
  each([&](const hal::reg& r, std::uint32_t index) {
    const auto result = bank.read(r.at(index), r.width, value);
    ASSERT_EQ(result, somebody(&hal::reg::readable, r) ? access_result::ok : access_result::write_only);
    if (!r.readable()) return;
    EXPECT_EQ(value, r.reset & ~(r.mask(access::wo) | r.mask(access::w1s)));
  });
}

TEST_P(register_walk, access_modes) {
  each([&](const hal::reg& r, std::uint32_t index) {
    for (const auto pattern : {0x5A5A'5A5A'5A5A'5A5A, 0x2525'2525'2525'2525}) {
      const auto written = static_cast<std::uint64_t>(pattern) & r.implemented();
      bank.set(r, r.implemented(), index);
      const bool writable = somebody(&hal::reg::writable, r);
      ASSERT_EQ(bank.write(r.at(index), r.width, written), writable ? access_result::ok : access_result::read_only);
      if (!r.readable()) continue;
      ASSERT_EQ(bank.read(r.at(index), r.width, value), access_result::ok);
      EXPECT_EQ(value & r.mask(access::rw), written & r.mask(access::rw));
      EXPECT_EQ(value & r.mask(access::ro), r.mask(access::ro));
      EXPECT_EQ(value & r.mask(access::w1c), r.mask(access::w1c) & ~written);
      EXPECT_EQ(value & (r.mask(access::w1s) | r.mask(access::wo) | ~r.implemented()), 0U);
    }
  });
}

TEST_P(register_walk, reserved_bits) {
  each([&](const hal::reg& r, std::uint32_t index) {
    for (unsigned bit = 0; bit < 8U * r.width; ++bit) {
      const auto one = std::uint64_t{1} << bit;
      if ((r.implemented() & one) != 0 || !r.writable()) continue;
      const auto result = bank.write(r.at(index), r.width, one);
      EXPECT_EQ(result, GetParam().rules.reserved_ignored ? access_result::ok : access_result::reserved_bits) << bit;
    }
  });
}

TEST_P(register_walk, only_whole_aligned_accesses) {
  each([&](const hal::reg& r, std::uint32_t index) {
    for (const unsigned size : {1U, 2U, 4U, 8U}) {
      const bool half = GetParam().rules.halves && 2 * size == r.width;
      if (size == r.width || half || !r.readable()) continue;
      EXPECT_EQ(bank.read(r.at(index), size, value), access_result::wrong_size) << size;
    }
    const auto crooked = bank.read(r.at(index) + 1, r.width, value);
    EXPECT_TRUE(r.width == 1 || crooked != access_result::ok);
  });
}

TEST_P(register_walk, what_is_not_described_is_not_there) {
  std::vector<bool> described(GetParam().size);
  for (const auto& r : GetParam())
    for (std::uint32_t i = 0; i < r.count; ++i) std::fill_n(described.begin() + r.at(i), r.width, true);
  described.resize(GetParam().size + 16);
  for (std::uint64_t offset = 0; offset < described.size(); ++offset) {
    const bool there = bank.read(offset, 1, value) != access_result::unmapped;
    ASSERT_EQ(there, described[offset]) << offset;
  }
}

INSTANTIATE_TEST_SUITE_P(chip, register_walk, testing::ValuesIn([] {
                           std::vector<hal::register_block> blocks{hal::global::block, hal::router::block,
                                                                   hal::tile::block, hal::uart::divisor_block};
                           for (const auto* p : hal::peripherals::all) blocks.push_back(p->registers);
                           return blocks;
                         }()),
                         [](const auto& test) { return std::string(test.param.name); });
