// The line buffer in front of the matrix engine: what a buffer of so many lines saves, with a pencil.
#include "models/zbcc/line_buffer.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <set>
#include <vector>

using namespace acf::zbcc;

namespace {

tensor image(std::uint64_t height, std::uint64_t width, std::uint64_t channels = 1, std::uint64_t samples = 1) {
  tensor t;
  t.type = element::bf16;
  t.dim = {samples, height, width, channels};
  return t;
}

window taps(std::uint64_t down, std::uint64_t across, std::uint64_t r, std::uint64_t s, std::uint64_t stride = 1,
            std::uint64_t padding = 0) {
  window w;
  w.positions[0] = down, w.positions[1] = across, w.kernel[0] = r, w.kernel[1] = s;
  for (std::size_t d = 0; d < 2; ++d) w.stride[d] = stride, w.dilation[d] = 1, w.padding[d] = padding;
  return w;
}

// Lines of 5 pixels of 2 bytes; 3x3 taps at 3 x 3 positions.
window_bytes three_by_three(std::uint64_t lines) {
  return through_line_buffer(image(5, 5), taps(3, 3, 3, 3), lines * 5 * 2);
}

} // namespace

TEST(line_buffer, without_room_for_a_line_everything_is_fetched_for_every_tap) {
  const auto b = through_line_buffer(image(5, 5), taps(3, 3, 3, 3), 9);
  EXPECT_EQ(b.delivered, 9u * 9 * 2);
  EXPECT_EQ(b.fetched, b.delivered);
}

TEST(line_buffer, one_line_serves_the_taps_across) {
  const auto b = three_by_three(1);
  EXPECT_EQ(b.delivered, 9u * 9 * 2);
  EXPECT_EQ(b.fetched, 3u * 3 * 5 * 2); // three lines at each of three positions down
}

TEST(line_buffer, two_lines_are_all_that_three_rows_of_taps_need) {
  EXPECT_EQ(three_by_three(2).fetched, 5u * 5 * 2); // every pixel once
  EXPECT_EQ(three_by_three(3).fetched, 5u * 5 * 2);
}

TEST(line_buffer, one_by_one_has_nothing_to_reuse) {
  const auto b = through_line_buffer(image(4, 4, 8, 3), taps(4, 4, 1, 1), 1 << 20);
  EXPECT_EQ(b.delivered, 3u * 16 * 8 * 2);
  EXPECT_EQ(b.fetched, b.delivered);
}

TEST(line_buffer, padding_is_neither_delivered_nor_fetched) {
  const auto b = through_line_buffer(image(1, 1, 4), taps(1, 1, 3, 3, 1, 1), 1 << 20);
  EXPECT_EQ(b.delivered, 4u * 2);
  EXPECT_EQ(b.fetched, 4u * 2);
}

TEST(line_buffer, a_stride_skips_pixels_that_are_never_fetched) {
  const auto b = through_line_buffer(image(7, 7), taps(3, 3, 1, 1, 3), 1 << 20); // every third pixel
  EXPECT_EQ(b.fetched, 9u * 2);
}

// With room for the whole image every pixel that any tap meets is fetched once, and more room never fetches more.
TEST(line_buffer, more_room_never_fetches_more) {
  EXPECT_TRUE(rc::check([] {
    const auto size = [](std::uint64_t most) { return *rc::gen::inRange<std::uint64_t>(1, most + 1); };
    const auto height = size(9), width = size(9), channels = size(3);
    window w = taps(size(6), size(6), size(4), size(4), size(3), *rc::gen::inRange<std::uint64_t>(0, 3));
    w.dilation[0] = size(2), w.dilation[1] = size(2), w.reversed = *rc::gen::arbitrary<bool>();
    const auto t = image(height, width, channels);
    std::set<std::pair<std::uint64_t, std::uint64_t>> met;
    std::uint64_t asked = 0, y = 0, x = 0;
    for (std::uint64_t p = 0; p < w.positions[0]; ++p)
      for (std::uint64_t q = 0; q < w.positions[1]; ++q)
        for (std::uint64_t r = 0; r < w.kernel[0]; ++r)
          for (std::uint64_t s = 0; s < w.kernel[1]; ++s)
            if (w.inside(0, p, r, height, y) && w.inside(1, q, s, width, x)) ++asked, met.emplace(y, x);
    const std::uint64_t line = width * channels * 2;
    std::uint64_t before = asked * channels * 2;
    for (std::uint64_t lines = 0; lines <= height; ++lines) {
      const auto b = through_line_buffer(t, w, lines * line);
      RC_ASSERT(b.delivered == asked * channels * 2);
      RC_ASSERT(b.fetched <= before);
      before = b.fetched;
    }
    RC_ASSERT(before == met.size() * channels * 2);
  }));
}
