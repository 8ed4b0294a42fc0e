// NORM, step by step, against loops over single elements.
#include "sw_stack/hal/norm_commands.hpp"
#include "tests/unit/zbcc/tile_memory.hpp"

namespace {

using namespace test;
namespace step = hal::norm_step;

struct shape {
  std::uint32_t samples = between(1, 9), height = between(1, 4), width = between(1, 4), channels = 4 * between(1, 3);
  std::uint32_t group = between(1, 4);
  std::uint32_t pixels() const { return height * width; }
  std::uint32_t groups() const { return (samples + group - 1) / group; }
};

// [samples, height, width, channels]; element (n, p, c) of the tensor is element (n, p channels + c) of a matrix.
struct values {
  hal::view_record flat, view;
};
values some_values(tile_memory& t, element e, const shape& s, mix m = {0.3}) {
  values v;
  v.flat = v.view = t.random(e, s.samples, s.pixels() * s.channels, m, true);
  const std::uint32_t size = hal::bytes_of(e);
  v.view.dim = {s.samples, s.height, s.width, s.channels};
  v.view.stride = {v.flat.stride[0], s.width * s.channels * size, s.channels * size, size};
  return v;
}
hal::view_record some_labels(tile_memory& t, const shape& s) {
  auto v = t.dense(element::u8, s.samples);
  for (std::uint32_t i = 0; i < s.samples; ++i) t.set_bits(v, i, 0, below(4) == 0 ? 255 : below(10));
  return v;
}
bool counts(const tile_memory& t, const hal::view_record& labels, std::uint32_t n) { return t.bits(labels, n) != 255; }
hal::view_record sums_of(tile_memory& t, const shape& s) {
  auto v = t.dense(element::f32, s.groups(), 2 * s.channels);
  v.dim = {s.groups(), 2, s.channels, 1};
  v.stride = {2 * s.channels * 4, s.channels * 4, 4, 0};
  return v;
}
float sum_at(const tile_memory& t, const hal::view_record& v, std::uint32_t g, std::uint32_t which, std::uint32_t c) {
  return t.word<float>(v.base + g * v.stride[0] + which * v.stride[1] + c * 4);
}
std::uint32_t bits(float x) { return reference::encode(x, element::f32); }

float rounded(float x) {
  const volatile float y = x; // no contraction, whatever the compiler is told
  return y;
}

TEST(norm, sums_values_and_squares_of_groups_of_samples) {
  for (int round = 0; round < 30; ++round) {
    const shape s;
    tile_memory t;
    const element type = below(2) ? element::bf16 : element::f32;
    const auto x = some_values(t, type, s, {0.3, 0.01});
    const auto labels = some_labels(t, s), sums = sums_of(t, s);
    run(t, request(opcode::norm).view(0, x.view).view(1, labels).view(2, sums).param(1, s.group));
    for (std::uint32_t g = 0; g < s.groups(); ++g)
      for (std::uint32_t c = 0; c < s.channels; ++c) {
        float sum = 0, squares = 0;
        for (std::uint32_t n = g * s.group; n < std::min(s.samples, (g + 1) * s.group); ++n)
          for (std::uint32_t p = 0; p < s.pixels() && counts(t, labels, n); ++p) {
            const float v = t.get(x.flat, n, p * s.channels + c);
            sum = rounded(sum + v);
            squares = rounded(squares + rounded(v * v));
          }
        ASSERT_EQ(bits(sum_at(t, sums, g, 0, c)), bits(sum));
        ASSERT_EQ(bits(sum_at(t, sums, g, 1, c)), bits(squares));
      }
  }
}

// The same sums, of a product's result as it is stored.
TEST(norm, sums_come_from_epilogues_too) {
  for (int round = 0; round < 20; ++round) {
    const shape s;
    tile_memory t;
    const element type = below(2) ? element::bf16 : element::f32;
    const std::uint32_t rows = s.samples * s.pixels();
    const auto a = t.random(element::bf16, rows, 12, {0.3}), b = t.random(element::bf16, s.channels, 12, {0.3}),
               c = t.dense(type, rows, s.channels), labels = some_labels(t, s);
    const auto sums = sums_of(t, s), expected = sums_of(t, s);
    auto samples = c; // as samples of pixels
    samples.dim = {s.samples, s.height, s.width, s.channels};
    samples.stride = {s.pixels() * c.stride[0], s.width * c.stride[0], c.stride[0], hal::bytes_of(type)};
    request r = request(opcode::mm).view(0, a).view(1, b).view(2, c).view(6, sums).param(0, hal::mm_flag::relu);
    const bool labelled = below(2) != 0;
    if (labelled) r.view(7, labels);
    r.extension.param[0] = s.group, r.extension.param[1] = s.pixels();
    run(t, r);
    request norm = request(opcode::norm).view(0, samples).view(2, expected).param(1, s.group);
    if (labelled) norm.view(1, labels);
    run(t, norm);
    for (std::uint32_t i = 0; i < s.groups() * 2 * s.channels; ++i)
      ASSERT_EQ(t.word<std::uint32_t>(sums.base + 4 * i), t.word<std::uint32_t>(expected.base + 4 * i));
    r.extension.param[0] = 0;
    expect_error(t, r, hal::tile::error::bad_parameter, 6);
    r.extension.param[0] = s.group, r.extension.param[1] = rows + 1;
    expect_error(t, r, hal::tile::error::bad_parameter, 7);
    r.extension.param[1] = s.pixels();
    r.view(6, t.dense(element::f32, 1, 4));
    if (s.groups() * 2 * s.channels != 4) expect_error(t, r, hal::tile::error::shape, 22);
  }
}

TEST(norm, makes_statistics_of_all_groups_and_moves_the_running_ones) {
  const shape s;
  tile_memory t;
  auto sums = sums_of(t, s);
  for (std::uint32_t i = 0; i < s.groups() * 2 * s.channels; ++i)
    t.put(sums.base + 4 * i, random_value({0}) + (i / s.channels % 2 ? 20.f : 0.f));
  const auto result = t.dense(element::f32, 2, s.channels), running = t.random(element::f32, 2, s.channels, {});
  const auto before = t.sram;
  t.scalars[7] = reference::bits_of(0.125f);
  const float share = 0.125f * 0.25f, epsilon = 1e-3f, momentum = 0.1f;
  run(t, request(opcode::norm)
             .view(0, sums)
             .view(1, result)
             .view(2, running)
             .param(0, step::statistics)
             .param(1, 7)
             .param(2, reference::bits_of(0.25f))
             .param(3, reference::bits_of(epsilon))
             .param(4, reference::bits_of(momentum)));
  for (std::uint32_t c = 0; c < s.channels; ++c) {
    float sum = 0, squares = 0;
    for (std::uint32_t g = 0; g < s.groups(); ++g)
      sum = rounded(sum + sum_at(t, sums, g, 0, c)), squares = rounded(squares + sum_at(t, sums, g, 1, c));
    const float mean = rounded(sum * share);
    const float variance = std::max(0.f, rounded(rounded(squares * share) - rounded(mean * mean)));
    EXPECT_EQ(t.bits(result, 0, c), bits(mean));
    EXPECT_EQ(t.bits(result, 1, c), bits(1.f / std::sqrt(rounded(variance + epsilon))));
    float old_mean, old_variance;
    std::memcpy(&old_mean, &before[tile_memory::address(running, 0, c)], 4);
    std::memcpy(&old_variance, &before[tile_memory::address(running, 1, c)], 4);
    const float unbiased = rounded(variance / (1.f - share));
    EXPECT_EQ(t.get(running, 0, c), rounded(old_mean + rounded(momentum * rounded(mean - old_mean))));
    EXPECT_EQ(t.get(running, 1, c), rounded(old_variance + rounded(momentum * rounded(unbiased - old_variance))));
  }
  run(t, request(opcode::norm)
             .view(0, t.random(element::f32, 2, s.channels, {}))
             .view(1, result)
             .param(0, step::running)
             .param(3, reference::bits_of(4.f)));
}

struct layer { // statistics and parameters of a batch
  hal::view_record statistics, parameters;
  layer(tile_memory& t, const shape& s)
      : statistics(t.random(element::f32, 2, s.channels, {})), parameters(t.random(element::f32, 2, s.channels, {})) {}
};

TEST(norm, normalises_in_place_or_elsewhere) {
  for (int round = 0; round < 40; ++round) {
    const shape s;
    tile_memory t;
    const element type = below(2) ? element::bf16 : element::f32;
    const bool relu = below(2) != 0, labelled = below(2) != 0;
    const auto x = some_values(t, type, s, {0.3, 0.01});
    const auto y = below(3) ? some_values(t, type, s) : x;
    const auto labels = some_labels(t, s);
    const layer l(t, s);
    const tile_memory before = t;
    request r = request(opcode::norm).view(0, x.view).view(2, y.view).view(3, l.statistics).view(4, l.parameters);
    if (labelled) r.view(1, labels);
    run(t, r.param(0, step::forward).param(1, relu));
    for (std::uint32_t n = 0; n < s.samples; ++n)
      for (std::uint32_t i = 0; i < s.pixels() * s.channels; ++i) {
        const std::uint32_t c = i % s.channels;
        const float factor = rounded(t.get(l.parameters, 0, c) * t.get(l.statistics, 1, c));
        const float centred = rounded(before.get(x.flat, n, i) - t.get(l.statistics, 0, c));
        float v = rounded(rounded(centred * factor) + t.get(l.parameters, 1, c));
        if (relu && v <= 0) v = 0;
        if (labelled && !counts(t, labels, n)) v = 0;
        ASSERT_EQ(t.bits(y.flat, n, i), reference::encode(v, type));
      }
  }
}

TEST(norm, gives_back_gradients) {
  for (int round = 0; round < 40; ++round) {
    const shape s;
    tile_memory t;
    const element type = below(2) ? element::bf16 : element::f32;
    const auto x = some_values(t, type, s), dy = some_values(t, type, s);
    const auto dx = below(2) ? x : below(2) ? dy : some_values(t, type, s);
    const auto labels = some_labels(t, s), sums = sums_of(t, s);
    const auto totals = t.random(element::f32, 2, s.channels, {});
    const layer l(t, s);
    const bool gated = below(2) != 0;
    run(t, request(opcode::norm)
               .view(0, dy.view)
               .view(1, labels)
               .view(2, sums)
               .view(3, l.statistics)
               .view(4, x.view)
               .param(0, step::gradient_sums)
               .param(1, s.group));
    const tile_memory before = t;
    const auto normal = [&](std::uint32_t n, std::uint32_t i) {
      const std::uint32_t c = i % s.channels;
      return rounded(rounded(before.get(x.flat, n, i) - t.get(l.statistics, 0, c)) * t.get(l.statistics, 1, c));
    };
    for (std::uint32_t g = 0; g < s.groups(); ++g)
      for (std::uint32_t c = 0; c < s.channels; ++c) {
        float factor = 0, offset = 0;
        for (std::uint32_t n = g * s.group; n < std::min(s.samples, (g + 1) * s.group); ++n)
          for (std::uint32_t p = 0; p < s.pixels() && counts(t, labels, n); ++p) {
            const std::uint32_t i = p * s.channels + c;
            factor = rounded(factor + rounded(t.get(dy.flat, n, i) * normal(n, i)));
            offset = rounded(offset + t.get(dy.flat, n, i));
          }
        ASSERT_EQ(bits(sum_at(t, sums, g, 0, c)), bits(factor));
        ASSERT_EQ(bits(sum_at(t, sums, g, 1, c)), bits(offset));
      }
    t.scalars[3] = reference::bits_of(0.2f);
    const float share = rounded(0.2f * 0.0625f);
    request r = request(opcode::norm).view(0, dy.view).view(1, labels).view(2, dx.view).view(3, l.statistics);
    r.view(4, l.parameters).view(5, x.view).view(6, totals).param(0, step::backward).param(1, gated).param(2, 3);
    run(t, r.param(3, reference::bits_of(0.0625f)));
    for (std::uint32_t n = 0; n < s.samples; ++n)
      for (std::uint32_t i = 0; i < s.pixels() * s.channels; ++i) {
        const std::uint32_t c = i % s.channels;
        const float factor = rounded(t.get(l.parameters, 0, c) * t.get(l.statistics, 1, c));
        const float slope = rounded(t.get(totals, 0, c) * share), level = rounded(t.get(totals, 1, c) * share);
        float v = rounded(before.get(dy.flat, n, i) - level);
        v = rounded(factor * rounded(v - rounded(normal(n, i) * slope)));
        if (!counts(t, labels, n) || (gated && !(before.get(x.flat, n, i) > 0))) v = 0;
        ASSERT_EQ(t.bits(dx.flat, n, i), reference::encode(v, type));
      }
  }
}

TEST(norm, refuses_what_makes_no_sense) {
  using hal::tile::error;
  tile_memory t;
  shape s;
  s.samples = 3, s.group = 2, s.channels = 8;
  const auto x = some_values(t, element::bf16, s);
  const auto sums = sums_of(t, s);
  const layer l(t, s);
  expect_error(t, request(opcode::norm).param(0, 6), error::bad_parameter, 0);
  expect_error(t, request(opcode::norm).view(0, x.view).view(2, sums), error::bad_parameter, 1); // groups of none
  expect_error(t, request(opcode::norm).view(0, x.view).view(2, sums).param(1, 1), error::shape, 18);
  request r = request(opcode::norm).param(0, step::forward).view(0, x.view).view(2, x.view).view(3, l.statistics);
  expect_error(t, r, error::bad_view, 20); // no parameters
  r.view(4, t.dense(element::f32, 4, 4));
  expect_error(t, r, error::shape, 20);
  r.view(4, l.parameters);
  expect_error(t, request(r).param(1, 2), error::bad_parameter, 1);
  auto moved = x.view;
  moved.base += 4;
  expect_error(t, request(r).view(2, moved), error::overlap, moved.base);
  expect_error(t, request(opcode::norm).param(0, step::statistics).param(1, 16).view(0, sums).view(1, l.statistics),
               error::bad_parameter, 1);
}

} // namespace
