// GRADIENTS, what UPDATE takes from it, AdamW, and dropout.
#include "sw_stack/hal/gradient_commands.hpp"
#include "sw_stack/hal/numeric.hpp"
#include "tests/unit/zbcc/tile_memory.hpp"

#include <cmath>
#include <limits>

namespace {

using namespace test;
using hal::gradient_record;
using hal::step_record;
constexpr float infinity = std::numeric_limits<float>::infinity();

hal::view_record view_of(tile_memory& t, element type, std::uint32_t rows, std::uint32_t columns) {
  return t.dense(type, rows, columns);
}
hal::view_record values(tile_memory& t, const std::vector<float>& x) {
  const auto v = view_of(t, element::f32, static_cast<std::uint32_t>(x.size()), 1);
  for (std::uint32_t i = 0; i < x.size(); ++i) t.set(v, i, 0, x[i]);
  return v;
}

// Records of tiles that have these gradients, and what is decided.
struct decision {
  float bound = 0;
  std::uint32_t interval = 0;
  std::vector<std::uint32_t> ended{0, 0};

  step_record of(const std::vector<std::vector<float>>& tiles, step_record before = {}) const {
    tile_memory t;
    const auto n = static_cast<std::uint32_t>(tiles.size());
    const auto records = view_of(t, element::u64, n, 8), result = view_of(t, element::u32, 8, 1);
    for (std::uint32_t i = 0; i < n; ++i) {
      auto own = records;
      own.base += i * static_cast<std::uint32_t>(sizeof(gradient_record)), own.dim = {8, 1, 1, 1},
                                                                           own.stride = {8, 0, 0, 0};
      run(t, request(opcode::gradients).view(1, own).param(0, hal::gradients_step::clear));
      for (const float x : tiles[i]) // one by one
        run(t, request(opcode::gradients).view(0, values(t, {x})).view(1, own).param(0, hal::gradients_step::collect));
    }
    t.put(result.base, before);
    run(t, request(opcode::gradients)
               .view(0, records)
               .view(1, result)
               .view(2, t.words(ended))
               .param(0, hal::gradients_step::decide)
               .param(1, std::bit_cast<std::uint32_t>(bound))
               .param(2, interval));
    return t.word<step_record>(result.base);
  }
};

TEST(gradients, neither_order_nor_tiles_change_the_norm) {
  std::vector<float> x;
  for (int i = 0; i < 60; ++i) x.push_back(random_value(mix{}) * std::ldexp(1.f, static_cast<int>(below(60)) - 30));
  const float whole = decision{}.of({x}).norm;
  for (int i = 0; i < 5; ++i) {
    std::shuffle(x.begin(), x.end(), random_bits());
    std::vector<std::vector<float>> tiles(between(1, 7));
    for (const float v : x) tiles[below(static_cast<std::uint32_t>(tiles.size()))].push_back(v);
    EXPECT_EQ(decision{}.of(tiles).norm, whole);
  }
  double sum = 0;
  for (const float v : x) sum += static_cast<double>(v * v);
  EXPECT_NEAR(whole / std::sqrt(sum), 1, 1e-6);
}

TEST(gradients, sums_are_exact_however_far_apart_their_terms_are) {
  // 2^60 + 2^36 lies half way between two numbers; a bit far below decides.
  EXPECT_EQ(decision{}.of({{0x1p30f}, {0x1p18f}}).norm, std::sqrt(0x1p60f));
  EXPECT_EQ(decision{}.of({{0x1p30f, 0x1p18f, 0x1p-60f}}).norm, std::sqrt(0x1.000002p60f));
  EXPECT_EQ(decision{}.of({std::vector<float>(16, 0x1p-74f)}).norm, std::sqrt(16 * 0x1p-148f)); // denormal squares
  EXPECT_EQ(decision{}.of({std::vector<float>(8, 0x1.8p63f)}).norm, infinity);                  // squares are finite
  EXPECT_EQ(decision{}.of({{}, {0.f, -0.f}}).norm, 0.f);
  EXPECT_EQ(decision{}.of({{3.f}, {-4.f}}).norm, 5.f);
}

TEST(gradients, long_ones_are_made_as_long_as_the_bound) {
  EXPECT_EQ((decision{5.f}.of({{3.f, 4.f}}).factor), 1.f);
  EXPECT_EQ((decision{2.5f}.of({{3.f, 4.f}}).factor), 0.5f);
  EXPECT_EQ((decision{2.5f}.of({{3.f, 4.f}}, {.loss_scale = 4}).norm), 1.25f);
  EXPECT_EQ((decision{0.625f}.of({{3.f, 4.f}}, {.loss_scale = 4}).factor), 0.125f);
}

TEST(gradients, the_loss_scale_halves_after_an_overflow_and_doubles_after_good_steps) {
  for (const float bad : {infinity, -infinity, std::nanf(""), 0x1p64f}) {
    const auto after = decision{0, 3}.of({{1.f}, {bad, 2.f}}, {.loss_scale = 64, .good = 2, .skipped = 5, .steps = 9});
    EXPECT_EQ(after.held, 1u);
    EXPECT_EQ(after.factor, 0.f);
    EXPECT_EQ(after.loss_scale, 32.f);
    EXPECT_EQ(after.rescale, 0.5f);
    EXPECT_EQ(after.good, 0u);
    EXPECT_EQ(after.skipped, 6u);
    EXPECT_EQ(after.steps, 10u);
  }
  const auto least = decision{0, 3}.of({{infinity}}, {.loss_scale = 1, .rescale = 2});
  EXPECT_EQ(least.loss_scale, 1.f);
  EXPECT_EQ(least.rescale, 1.f);
  EXPECT_EQ((decision{0, 0}.of({{infinity}}, {.loss_scale = 8}).loss_scale), 8.f); // no scaling
  step_record r{.held = 1, .loss_scale = 16};
  for (int i = 0; i < 7; ++i) {
    r = decision{0, 3}.of({{1.f}}, r);
    EXPECT_EQ(r.rescale, i % 3 == 2 ? 2.f : 1.f);
  }
  EXPECT_EQ(r.loss_scale, 64.f);
  EXPECT_EQ(r.good, 1u);
  EXPECT_EQ(r.held, 0u);
  EXPECT_EQ(r.factor, 1.f / 64);
}

TEST(gradients, are_held_for_good_if_a_word_is_set) {
  for (const float x : {3.f, infinity}) {
    const step_record before{
        .held = 0, .factor = 1, .loss_scale = 64, .good = 2, .norm = 7, .skipped = 5, .steps = 9, .rescale = 2},
        after = decision{1, 3, {0, 0, 8}}.of({{x}}, before);
    EXPECT_EQ(after.held, 1u);
    EXPECT_EQ(after.factor, 0.f);
    EXPECT_EQ(after.rescale, 1.f);
    EXPECT_EQ(after.loss_scale, 64.f);
    EXPECT_EQ(after.good, 2u);
    EXPECT_EQ(after.norm, 7.f);
    EXPECT_EQ(after.skipped, 5u);
    EXPECT_EQ(after.steps, 9u);
  }
}

TEST(gradients, refuses_what_does_not_fit) {
  tile_memory t;
  const auto x = values(t, {1.f}), record = view_of(t, element::u64, 8, 1), short_one = view_of(t, element::u64, 7, 1);
  expect_error(t, request(opcode::gradients).param(0, 3), hal::tile::error::bad_parameter, 0);
  EXPECT_FALSE(prepare(t, request(opcode::gradients).view(0, x).view(1, short_one).param(0, 1)));
  EXPECT_FALSE(prepare(t, request(opcode::gradients).view(0, record).view(1, record).param(0, 1)));
  expect_error(t, request(opcode::gradients).view(0, short_one).view(1, view_of(t, element::u32, 8, 1)).param(0, 2),
               hal::tile::error::shape, 16);
}

struct update_bench {
  tile_memory t;
  hal::view_record w = values(t, {1.f, -2.f, 3.f}), m = values(t, {0.5f, 0.f, 0.25f}), g = values(t, {4.f, -8.f, 0.5f}),
                   u = values(t, {1.f, 0.f, 4.f}), copy = view_of(t, element::bf16, 3, 1);
  request r{opcode::update};

  update_bench() {
    t.scalars[3] = std::bit_cast<std::uint32_t>(0.5f);
    r.view(0, w).view(1, m).view(2, g).view(3, copy).param(1, 3).param(2, std::bit_cast<std::uint32_t>(0.5f));
  }
  std::vector<float> weights() {
    run(t, r);
    for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(t.get(copy, i), t.get(w, i)); // these have few bits
    return {t.get(w, 0), t.get(w, 1), t.get(w, 2)};
  }
};

TEST(update, a_word_that_is_not_zero_holds_it_back) {
  for (const std::uint32_t word : {0u, 1u, 0x8000'0000u}) {
    update_bench b;
    b.r.view(5, b.t.words({0, word, 0}));
    EXPECT_EQ(b.weights(), word ? (std::vector{1.f, -2.f, 3.f}) : (std::vector{-1.125f, 2.f, 2.6875f}));
    EXPECT_EQ(b.t.get(b.m, 0), word ? 0.5f : 4.25f);
  }
}

TEST(update, gradients_are_scaled_and_then_bounded) {
  update_bench b;
  b.r.view(6, values(b.t, {0.25f}));
  b.r.extension.param[1] = std::bit_cast<std::uint32_t>(1.5f);
  EXPECT_EQ(b.weights(), (std::vector{1 - 0.5f * (0.25f + 1), -2 + 0.5f * 1.5f, 3 - 0.5f * (0.125f + 0.125f)}));
}

TEST(update, adamw_divides_by_the_root_of_its_second_moment) {
  update_bench b;
  b.t.scalars[7] = std::uint64_t{std::bit_cast<std::uint32_t>(4.f)} << 32 | std::bit_cast<std::uint32_t>(2.f);
  b.r.view(4, b.u).param(0, hal::update_rule::adamw).param(4, std::bit_cast<std::uint32_t>(0.75f));
  b.r.param(5, std::bit_cast<std::uint32_t>(0.5f)).param(3, std::bit_cast<std::uint32_t>(0.125f));
  b.r.extension.param[0] = 7;
  std::vector<float> expected;
  const float w[] = {1, -2, 3}, m[] = {0.5f, 0, 0.25f}, g[] = {4, -8, 0.5f}, u[] = {1, 0, 4};
  for (int i = 0; i < 3; ++i) {
    const float first = 0.5f * m[i] + 0.5f * g[i], second = 0.75f * u[i] + 0.25f * (g[i] * g[i]);
    expected.push_back(w[i] - 0.5f * ((first * 2) / (std::sqrt(second * 4) + 0.5f) + 0.125f * w[i]));
  }
  run(b.t, b.r);
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(b.t.get(b.w, i), expected[i]);
  EXPECT_EQ(b.t.get(b.u, 0), 0.75f + 4);
  b.r.extension.param[0] = 99;
  expect_error(b.t, b.r, hal::tile::error::bad_parameter, 6);
}

TEST(dropout, a_word_decides_wherever_the_element_lies) {
  tile_memory t;
  const auto from = t.random(element::bf16, 40, 25, mix{}, true), to = t.dense(element::bf16, 40, 25),
             rest = t.dense(element::bf16, 30, 25);
  t.scalars[2] = 0x500'0000'0009;
  const hal::numeric::random_stream words{0x1234'5678'9ABC, t.scalars[2]};
  const auto drop = [&](const hal::view_record& x, const hal::view_record& y, std::uint32_t first) {
    run(t, request(opcode::ewise)
               .view(0, x)
               .view(2, y)
               .param(0, hal::ewise_fn::dropout)
               .param(1, 0x4000'0000)
               .param(2, first)
               .param(3, 2)
               .param(4, 0x5678'9ABC)
               .param(5, 0x1234));
  };
  drop(from, to, 77);
  auto later = from;
  later.dim[0] = 30, later.base += 10 * later.stride[0];
  drop(later, rest, 77 + 250);
  std::uint32_t zeros = 0;
  for (std::uint32_t i = 0; i < 40; ++i)
    for (std::uint32_t j = 0; j < 25; ++j) {
      const bool dropped = words.word(77 + i * 25 + j) < 0x4000'0000;
      EXPECT_EQ(t.get(to, i, j),
                reference::decode(reference::encode(dropped ? 0.f : t.get(from, i, j) * 0x1.555556p0f, element::bf16),
                                  element::bf16));
      if (i >= 10) {
        EXPECT_EQ(t.bits(to, i, j), t.bits(rest, i - 10, j));
      }
      zeros += dropped;
    }
  EXPECT_NEAR(zeros, 250, 45);
  drop(to, to, 0); // in place
}

TEST(ewise, takes_views_that_begin_at_any_element) {
  tile_memory t;
  const auto from = t.random(element::bf16, 6, 7, mix{}), to = t.dense(element::bf16, 6, 9);
  const auto channels = [](hal::view_record v, std::uint32_t first, std::uint32_t count) {
    v.base += 2 * first, v.dim[1] = count;
    return v;
  };
  run(t, request(opcode::ewise).view(0, channels(from, 1, 3)).view(2, channels(to, 5, 3)).param(0, 0));
  for (std::uint32_t i = 0; i < 6; ++i)
    for (std::uint32_t j = 0; j < 3; ++j) EXPECT_EQ(t.bits(to, i, 5 + j), t.bits(from, i, 1 + j));
  auto odd = from;
  odd.base += 1;
  expect_error(t, request(opcode::ewise).view(0, odd).view(2, from).param(0, 0), hal::tile::error::bad_view, 16);
}

} // namespace
