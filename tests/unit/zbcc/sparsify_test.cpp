// SPARSIFY, random scores, and masks whose parts change without lists: against counting, and the generator of the
// documents.
#include "sw_stack/hal/threshold_commands.hpp"
#include "tests/reference/random.hpp"
#include "tests/unit/zbcc/tile_memory.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace {

using namespace test;
using hal::threshold_record;
using hal::tile::error;

constexpr std::uint64_t seed = 0x1234'5678'9ABC'DEF0, stream = 0x5'0000'0002;

std::uint32_t word(std::uint64_t i) { return acf::reference::random_numbers{seed, stream}.block(i / 4)[i % 4]; }

request& with_stream(request& r, tile_memory& t, std::uint32_t first) {
  t.scalars[6] = stream;
  return r.param(2, first).param(3, 6).param(4, static_cast<std::uint32_t>(seed)).param(5, seed >> 32);
}

TEST(sparsify, keeps_the_largest_of_every_row) {
  for (int round = 0; round < 100; ++round) {
    tile_memory t;
    const std::uint32_t rows = between(1, 8), columns = between(1, 30), kept = below(34);
    const auto from = t.random(below(2) ? element::f32 : element::bf16, rows, columns, {0.3, 0.05}, true),
               to = t.dense(element::bf16, rows, columns, true);
    run(t, request(opcode::sparsify).view(0, from).view(1, to).param(1, kept));
    const auto rank = [&](std::uint32_t r, std::uint32_t c) { // NaN ranks last, like a zero
      const float x = std::fabs(t.get(from, r, c));
      return x > 0 ? x : 0;
    };
    for (std::uint32_t r = 0; r < rows; ++r)
      for (std::uint32_t c = 0; c < columns; ++c) {
        std::uint32_t before = 0;
        for (std::uint32_t x = 0; x < columns; ++x)
          before += rank(r, x) > rank(r, c) || (rank(r, x) == rank(r, c) && x < c);
        ASSERT_EQ(t.bits(to, r, c), before < kept ? reference::encode(t.get(from, r, c), element::bf16) : 0u);
      }
  }
}

// A tensor in two parts: what SELECT_K takes of the whole stays, wherever it lies.
TEST(sparsify, keeps_what_has_been_selected) {
  for (int round = 0; round < 100; ++round) {
    tile_memory t;
    const std::uint32_t rows = 2 * between(1, 5), columns = 4 * between(1, 8), all = rows * columns, first = below(999);
    const auto from = t.random(below(2) ? element::f32 : element::bf16, rows, columns, {0.3, 0.05}),
               to = t.dense(element::bf16, rows, columns), chosen = t.words(std::vector<std::uint32_t>(8, 9));
    t.set(from, 1, 2, -t.get(from, 0, 1)); // as large as another
    const std::uint32_t kept = t.scalars[5] = below(all + 2);
    run(t, request(opcode::select_k)
               .view(0, from)
               .view(2, chosen)
               .param(0, hal::order::largest_magnitude)
               .param(2, 5)
               .param(5, first));
    for (const std::uint32_t half : {0u, 1u}) {
      auto x = from, y = to;
      x.dim[0] = y.dim[0] = rows / 2;
      x.base += half * rows / 2 * x.stride[0], y.base += half * rows / 2 * y.stride[0];
      run(t, request(opcode::sparsify)
                 .view(0, x)
                 .view(1, y)
                 .view(2, chosen)
                 .param(0, hal::sparsify_rule::selected)
                 .param(1, first + half * all / 2));
    }
    std::vector<std::uint32_t> order(all);
    std::iota(order.begin(), order.end(), 0u);
    const auto value = [&](std::uint32_t i) { return t.get(from, i / columns, i % columns); };
    const auto size = [&](std::uint32_t i) { return std::isnan(value(i)) ? 0 : std::fabs(value(i)); };
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t i, std::uint32_t j) { return size(i) > size(j); });
    for (std::uint32_t place = 0; place < all; ++place) {
      const std::uint32_t i = order[place];
      ASSERT_EQ(t.bits(to, i / columns, i % columns), place < kept ? reference::encode(value(i), element::bf16) : 0u);
    }
  }
}

TEST(sparsify, drops_what_a_random_word_says) {
  tile_memory t;
  const std::uint32_t bound = 0x6000'0000;
  const auto x = t.random(element::f32, 40, 33, {0, 0});
  const auto before = t;
  request r(opcode::sparsify);
  run(t, with_stream(r.view(0, x).view(1, x).param(0, hal::sparsify_rule::random).param(1, bound), t, 1001));
  std::uint32_t dropped = 0;
  for (std::uint32_t i = 0; i < 40 * 33; ++i) {
    const bool drops = word(1001 + i) < bound;
    ASSERT_EQ(t.bits(x, i / 33, i % 33), drops ? 0u : before.bits(x, i / 33, i % 33)) << i;
    dropped += drops;
  }
  EXPECT_NEAR(dropped, 40 * 33 * 0.375, 60);
}

TEST(sparsify, takes_a_threshold_from_the_deviation) {
  tile_memory t;
  const auto sums = t.dense(element::f32, 3), slot = t.words(std::vector<std::uint32_t>(12));
  const float squares[] = {1.5f, 0.25f, 7};
  for (std::uint32_t i = 0; i < 3; ++i) t.set(sums, i, 0, squares[i]);
  const threshold_record before{7, 0.5f, 1, 2, 3, 4, 5, 6};
  t.put(slot.base, before);
  request r(opcode::sparsify);
  r.view(2, slot).view(3, sums).param(0, hal::sparsify_rule::deviation).param(2, 35);
  r.param(1, reference::encode(0.6745f, element::f32));
  run(t, r);
  auto after = t.word<threshold_record>(slot.base);
  EXPECT_EQ(after.threshold, 0.6745f * std::sqrt(8.75f / 35.0f));
  after.threshold = 7;
  EXPECT_EQ(std::memcmp(&after, &before, sizeof after), 0);
  for (const float without_root : {-100.f, std::numeric_limits<float>::infinity()}) {
    t.put(slot.base, before);
    t.set(sums, 1, 0, without_root);
    run(t, r);
    after = t.word<threshold_record>(slot.base);
    EXPECT_EQ(std::memcmp(&after, &before, sizeof after), 0);
  }
}

TEST(sparsify, refuses_what_it_does_not_know) {
  tile_memory t;
  const auto x = t.random(element::f32, 4, 8, {}), y = t.dense(element::f32, 8, 4),
             slot = t.words(std::vector<std::uint32_t>(12));
  EXPECT_EQ(prepare(t, request(opcode::sparsify).view(0, x).view(1, y)).error.cause, error::shape);
  expect_error(t, request(opcode::sparsify).view(0, x).view(1, x).param(0, 4), error::bad_parameter, 0);
  EXPECT_EQ(prepare(t, request(opcode::sparsify).view(0, x).view(1, x).view(2, t.words({1})).param(0, 3)).error.cause,
            error::shape);
  expect_error(t, request(opcode::sparsify).view(0, x).view(1, x).param(0, 1).param(3, 16), error::bad_parameter, 3);
  expect_error(t, request(opcode::sparsify).view(2, slot).view(3, x).param(0, 2), error::bad_parameter, 2);
  EXPECT_EQ(prepare(t, request(opcode::sparsify).view(2, x).view(3, x).param(0, 2).param(2, 1)).error.cause,
            error::shape);
}

TEST(uniform, numbers_are_those_of_the_stream) {
  tile_memory t;
  const auto x = t.dense(element::f32, 9, 7);
  request r(opcode::ewise);
  run(t, with_stream(r.view(2, x).param(0, hal::ewise_fn::uniform), t, 3));
  for (std::uint32_t i = 0; i < 63; ++i)
    ASSERT_EQ(t.get(x, i / 7, i % 7), static_cast<float>(word(3 + i) >> 8) / 16777216.0f);
}

// Elements of a layer that lie on several tiles: every tile changes its own part.
TEST(part_of_a_mask, loses_its_smallest_and_grows_the_others_largest) {
  for (int round = 0; round < 200; ++round) {
    tile_memory t;
    const std::uint32_t n = between(1, 60), drop = below(n + 2), grow = below(n + 2), first = below(1000);
    const auto mask = t.dense(element::u8, n), scores = t.dense(element::f32, n), growth = t.dense(element::f32, n),
               chosen = t.words(std::vector<std::uint32_t>(16));
    struct entry {
      float score;
      std::uint32_t i;
    };
    std::vector<entry> live, dead;
    std::vector<std::uint32_t> expected(n);
    for (std::uint32_t i = 0; i < n; ++i) {
      expected[i] = below(5) == 0 ? 2 : below(2); // 2: padding
      t.set_bits(mask, i, 0, expected[i]);
      t.set(scores, i, 0, static_cast<float>(below(6)));
      t.set(growth, i, 0, static_cast<float>(below(6)));
      if (expected[i] == 1) live.push_back({t.get(scores, i), i});
      if (expected[i] == 0) dead.push_back({t.get(growth, i), i});
    }
    std::stable_sort(live.begin(), live.end(), [](const entry& a, const entry& b) { return a.score < b.score; });
    std::stable_sort(dead.begin(), dead.end(), [](const entry& a, const entry& b) { return a.score > b.score; });
    for (std::uint32_t k = 0; k < std::min<std::size_t>(drop, live.size()); ++k) expected[live[k].i] = 0;
    for (std::uint32_t k = 0; k < std::min<std::size_t>(grow, dead.size()); ++k) expected[dead[k].i] = 1;

    t.scalars[1] = drop, t.scalars[2] = grow;
    auto one = chosen, two = chosen;
    one.dim[0] = two.dim[0] = 8, two.base += 32;
    run(t,
        request(opcode::select_k).view(0, scores).view(1, mask).view(2, one).param(1, 1).param(2, 1).param(5, first));
    run(t, request(opcode::select_k)
               .view(0, growth)
               .view(1, mask)
               .view(2, two)
               .param(0, hal::order::largest)
               .param(2, 2)
               .param(5, first));
    run(t, request(opcode::mask_update).view(0, mask).view(1, scores).view(2, growth).view(3, chosen).param(0, first));
    for (std::uint32_t i = 0; i < n; ++i) ASSERT_EQ(t.bits(mask, i), expected[i]) << i;
  }
}

} // namespace
