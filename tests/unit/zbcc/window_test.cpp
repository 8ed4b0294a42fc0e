// Windows over pixels, tensors of four dimensions as matrices, and POOL, against loops over single elements.
#include "tests/unit/zbcc/tile_memory.hpp"

namespace {

using namespace test;
namespace mm = hal::mm_flag;

struct shape {
  std::uint32_t samples = 2, height = 7, width = 6, channels = 4, filters = 8;
  std::array<std::uint32_t, 2> kernel{3, 3}, stride{1, 1}, padding{1, 1}, dilation{1, 1};
  bool reversed = false, spread = false;

  std::uint32_t size(int d) const { return d == 0 ? height : width; }
  std::uint32_t positions(int d) const {
    if (spread) return size(d) * stride[d] + kernel[d] - 1; // some see nothing
    return (size(d) + 2 * padding[d] - dilation[d] * (kernel[d] - 1) - 1) / stride[d] + 1;
  }
  std::uint32_t taps() const { return kernel[0] * kernel[1]; }
  std::uint32_t columns() const { return (taps() * channels + 3) / 4 * 4; }
  std::uint32_t rows() const { return samples * positions(0) * positions(1); }
};

shape any_shape() {
  shape s;
  s.samples = between(1, 3), s.channels = between(1, 9), s.filters = 4 * between(1, 3);
  s.height = between(3, 9), s.width = between(3, 9);
  s.reversed = below(2) != 0, s.spread = below(3) == 0;
  for (int d : {0, 1}) {
    do {
      s.kernel[d] = between(1, 4), s.dilation[d] = between(1, 2), s.stride[d] = between(1, 3);
      s.padding[d] = below(s.kernel[d]);
    } while (s.dilation[d] * (s.kernel[d] - 1) + 1 > s.size(d));
  }
  return s;
}

// [samples, height, width, channels]; with gaps between samples.
hal::view_record pixels(tile_memory& t, element e, const shape& s, mix m) {
  const hal::view_record all = t.random(e, s.samples, s.height * s.width * s.channels, m, true);
  hal::view_record v = all;
  const std::uint32_t size = hal::bytes_of(e);
  v.dim = {s.samples, s.height, s.width, s.channels};
  v.stride = {all.stride[0], s.width * s.channels * size, s.channels * size, size};
  return v;
}
hal::view_record with_window(hal::view_record v, const shape& s) {
  for (std::size_t d = 0; d < 2; ++d) {
    v.window[d] = static_cast<std::uint8_t>(s.kernel[d]), v.window[2 + d] = static_cast<std::uint8_t>(s.stride[d]);
    v.window[4 + d] = static_cast<std::uint8_t>(s.padding[d]);
    v.window[6 + d] = static_cast<std::uint8_t>(s.dilation[d]);
  }
  v.pixels = hal::window_pixels(s.positions(0), s.positions(1));
  v.window_flags = static_cast<std::uint16_t>((s.reversed ? hal::window_flag::reversed : 0) |
                                              (s.spread ? hal::window_flag::spread : 0));
  return v;
}

std::uint64_t place(const hal::view_record& v, std::uint32_t n, std::uint32_t y, std::uint32_t x, std::uint32_t c) {
  return v.base + std::uint64_t{n} * v.stride[0] + y * v.stride[1] + x * v.stride[2] + c * v.stride[3];
}
float value(const tile_memory& t, const hal::view_record& v, std::uint64_t address) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, t.sram.data() + address, hal::bytes_of(static_cast<element>(v.type)));
  return reference::decode(bits, static_cast<element>(v.type));
}

// Address of the element (row, column) of the window matrix; nothing where it is zero.
std::optional<std::uint64_t> under(const hal::view_record& v, const shape& s, std::uint32_t row, std::uint32_t column) {
  if (column >= s.taps() * s.channels) return {};
  const std::uint32_t q = row % s.positions(1), p = row / s.positions(1) % s.positions(0),
                      n = row / s.positions(1) / s.positions(0);
  std::uint32_t tap = column / s.channels;
  if (s.reversed) tap = s.taps() - 1 - tap;
  const std::uint32_t down = s.spread ? 1 : s.stride[0], across = s.spread ? 1 : s.stride[1];
  int y = static_cast<int>(p * down + tap / s.kernel[1] * s.dilation[0]) - static_cast<int>(s.padding[0]),
      x = static_cast<int>(q * across + tap % s.kernel[1] * s.dilation[1]) - static_cast<int>(s.padding[1]);
  if (s.spread) {
    const int apart[] = {static_cast<int>(s.stride[0]), static_cast<int>(s.stride[1])};
    if (y < 0 || x < 0 || y % apart[0] != 0 || x % apart[1] != 0) return {};
    y /= apart[0], x /= apart[1];
  }
  if (y < 0 || x < 0 || y >= static_cast<int>(s.height) || x >= static_cast<int>(s.width)) return {};
  return place(v, n, static_cast<std::uint32_t>(y), static_cast<std::uint32_t>(x), column % s.channels);
}
float window_value(const tile_memory& t, const hal::view_record& v, const shape& s, std::uint32_t row,
                   std::uint32_t column) {
  const auto at = under(v, s, row, column);
  return at ? value(t, v, *at) : 0.0f;
}

TEST(windows, are_left_operands) {
  for (int round = 0; round < 60; ++round) {
    const shape s = any_shape();
    tile_memory t(512 * 1024);
    const element type = below(2) ? element::bf16 : element::f32;
    const auto x = with_window(pixels(t, type, s, {0.4, 0.02}), s);
    const auto w = t.random(type, s.filters, s.columns(), {0.2, 0.02});
    const auto c = t.dense(element::f32, s.rows(), s.filters);
    const prepared p = run(t, request(opcode::mm).view(0, x).view(1, w).view(2, c).param(0, mm::skip_a | mm::skip_b));
    for (std::uint32_t i = 0; i < s.rows(); ++i)
      for (std::uint32_t j = 0; j < s.filters; ++j) {
        float sum = 0;
        for (std::uint32_t k = 0; k < s.columns(); ++k)
          sum = reference::dot_step(sum, window_value(t, x, s, i, k), t.get(w, j, k));
        ASSERT_EQ(t.bits(c, i, j), reference::encode(sum, element::f32)) << round;
      }
    EXPECT_EQ(p.matrix.executed + p.matrix.skipped, std::uint64_t{s.rows()} * s.filters * s.columns());
  }
}

TEST(windows, of_bytes_are_scaled) {
  shape s;
  s.channels = 1, s.kernel = {5, 5}, s.padding = {2, 2};
  tile_memory t;
  const auto x = with_window(pixels(t, element::u8, s, {}), s);
  const auto w = t.random(element::bf16, s.filters, s.columns(), {0.2});
  const auto c = t.dense(element::f32, s.rows(), s.filters);
  run(t, request(opcode::mm).view(0, x).view(1, w).view(2, c));
  for (std::uint32_t i = 0; i < s.rows(); ++i)
    for (std::uint32_t j = 0; j < s.filters; ++j) {
      float sum = 0;
      for (std::uint32_t k = 0; k < s.columns(); ++k) {
        const auto at = under(x, s, i, k);
        const volatile float scaled = at ? static_cast<float>(t.sram[*at]) * 0x1.010102p-8f : 0.0f;
        sum = reference::dot_step(sum, reference::decode(reference::encode(scaled, element::bf16), element::bf16),
                                  t.get(w, j, k));
      }
      ASSERT_EQ(t.bits(c, i, j), reference::encode(sum, element::f32));
    }
}

// The gradient of filters: A = gradients of outputs, B = the window, both stored by positions.
TEST(windows, are_right_operands_of_weight_gradients) {
  for (int round = 0; round < 30; ++round) {
    const shape s = any_shape();
    tile_memory t(512 * 1024);
    const auto x = with_window(pixels(t, element::bf16, s, {0.4, 0.02}), s);
    const auto g = t.random(element::bf16, s.rows(), s.filters, {0.5});
    const auto dense = t.dense(element::f32, s.filters, s.columns());
    run(t, request(opcode::mm).view(0, g).view(1, x).view(2, dense).param(0, mm::transpose_a | mm::transpose_b));
    const std::uint32_t blocks = s.filters / 4 * (s.columns() / 4);
    const auto sampled = t.dense(element::f32, blocks, 16);
    run(t, request(opcode::sddmm).view(0, g).view(1, x).view(2, sampled).param(3, blocks));
    for (std::uint32_t i = 0; i < s.filters; ++i)
      for (std::uint32_t j = 0; j < s.columns(); ++j) {
        float sum = 0;
        for (std::uint32_t k = 0; k < s.rows(); ++k)
          sum = reference::dot_step(sum, t.get(g, k, i), window_value(t, x, s, k, j));
        ASSERT_EQ(t.bits(dense, i, j), reference::encode(sum, element::f32));
        ASSERT_EQ(t.bits(sampled, i / 4 * (s.columns() / 4) + j / 4, i % 4 * 4 + j % 4),
                  reference::encode(sum, element::f32));
      }
  }
}

// A filter tensor [outputs, taps, channels] read as [channels, taps, outputs], and results in a tensor of pixels.
TEST(matrices, of_four_dimensions_are_filters_and_pixels) {
  tile_memory t;
  const std::uint32_t outputs = 8, taps = 5, channels = 4, height = 3, width = 5;
  const auto w = t.random(element::bf16, outputs, taps * channels, {0.2});
  auto turned = w;
  turned.dim = {channels, taps, outputs, 1};
  turned.stride = {2, channels * 2, taps * channels * 2, 0};
  const auto g = t.random(element::bf16, height * width, taps * outputs, {0.3});
  const auto bytes = t.dense(element::bf16, 1, height * 2 * width * 2 * channels);
  auto c = bytes;
  c.dim = {1, height, width, channels}; // every other row and column
  c.stride = {0, 2 * 2 * width * channels * 2, 2 * channels * 2, 2};
  run(t, request(opcode::mm).view(0, g).view(1, turned).view(2, c));
  for (std::uint32_t i = 0; i < height * width; ++i)
    for (std::uint32_t j = 0; j < channels; ++j) {
      float sum = 0;
      for (std::uint32_t k = 0; k < taps * outputs; ++k)
        sum = reference::dot_step(sum, t.get(g, i, k), t.get(w, k % outputs, k / outputs * channels + j));
      std::uint16_t found;
      std::memcpy(&found, t.sram.data() + place(c, 0, i / width, i % width, j), 2);
      ASSERT_EQ(found, reference::encode(sum, element::bf16));
    }
}

TEST(transpose, of_lists_takes_taps_apart) {
  for (const std::uint32_t taps : {1u, 3u, 9u}) {
    tile_memory t;
    const std::uint32_t outputs = 12, channels = 8;
    const auto w = t.sparse(element::bf16, outputs, taps * channels, 0.4, {});
    auto turned = w;
    turned.dim = {channels, taps * outputs, 0, 0};
    turned.pointers = t.room(4 * (channels / 4 + 1));
    turned.indices = t.room(8 * std::max(1u, w.capacity));
    run(t, request(opcode::transpose).view(0, w).view(1, turned).param(0, taps));
    for (std::uint32_t o = 0; o < outputs; ++o)
      for (std::uint32_t tap = 0; tap < taps; ++tap)
        for (std::uint32_t c = 0; c < channels; ++c)
          ASSERT_EQ(t.sparse_element(turned, c, tap * outputs + o, true),
                    t.sparse_element(w, o, tap * channels + c, false));
  }
  tile_memory t;
  const auto w = t.sparse(element::bf16, 8, 24, 0.4, {});
  expect_error(t, request(opcode::transpose).view(0, w).view(1, w).param(0, 5), hal::tile::error::bad_parameter, 0);
}

TEST(pool, takes_maxima_and_gives_back_gradients) {
  for (int round = 0; round < 60; ++round) {
    shape s = any_shape();
    s.reversed = s.spread = false;
    tile_memory t;
    const bool maximum = below(2) != 0, gated = below(2) != 0;
    const auto x = with_window(pixels(t, element::f32, s, {0.3}), s);
    const auto y = t.dense(element::bf16, s.rows(), s.channels);
    const auto choice = t.dense(element::u8, s.rows(), s.channels);
    const std::uint32_t f = maximum ? hal::pool_fn::max : hal::pool_fn::average;
    request forward = request(opcode::pool).view(0, x).view(1, y).param(1, f);
    if (maximum) forward.view(2, choice);
    run(t, forward);
    const volatile float factor = 1.0f / static_cast<float>(s.taps());
    std::vector<float> dx(s.samples * s.height * s.width * s.channels, 0.0f);
    const auto g = t.random(element::f32, s.rows(), s.channels, {0.2});
    for (std::uint32_t i = 0; i < s.rows(); ++i)
      for (std::uint32_t c = 0; c < s.channels; ++c) {
        std::uint32_t best = 255;
        float found = 0;
        for (std::uint32_t tap = 0; tap < s.taps(); ++tap) {
          const auto at = under(x, s, i, tap * s.channels + c);
          if (!at) continue;
          const float v = value(t, x, *at);
          if (!maximum)
            found = found + v;
          else if (best == 255 || v > found)
            found = v, best = tap;
        }
        const volatile float scaled = found * factor;
        ASSERT_EQ(t.bits(y, i, c), reference::encode(maximum ? found : scaled, element::bf16));
        if (maximum) {
          ASSERT_EQ(t.bits(choice, i, c), best);
        }
      }
    // Every element of the gradient by itself: the windows that hold it, in their order.
    for (std::uint32_t i = 0; i < s.rows(); ++i)
      for (std::uint32_t tap = 0; tap < s.taps(); ++tap)
        for (std::uint32_t c = 0; c < s.channels; ++c) {
          const auto at = under(x, s, i, tap * s.channels + c);
          if (!at || (maximum && t.bits(choice, i, c) != tap)) continue;
          const std::uint64_t from = *at - x.base, n = from / x.stride[0], number = from % x.stride[0] / 4;
          const volatile float scaled = t.get(g, i, c) * factor;
          float& sum = dx[n * s.height * s.width * s.channels + number];
          sum = sum + (maximum ? t.get(g, i, c) : float{scaled});
        }
    const auto gate = pixels(t, element::f32, s, {0.4});
    const auto out = gated && below(2) ? with_window(gate, s) : with_window(pixels(t, element::f32, s, {}), s);
    std::vector<float> by;
    for (std::uint32_t i = 0; i < dx.size(); ++i)
      by.push_back(value(t, gate,
                         gate.base + i / (s.height * s.width * s.channels) * gate.stride[0] +
                             i % (s.height * s.width * s.channels) * 4));
    request backward = request(opcode::pool).view(0, g).view(2, out).param(0, 1).param(1, f);
    if (maximum) backward.view(1, choice);
    if (gated) backward.view(3, gate);
    run(t, backward);
    for (std::uint32_t i = 0; i < dx.size(); ++i) {
      const std::uint64_t at =
          out.base + i / (s.height * s.width * s.channels) * out.stride[0] + i % (s.height * s.width * s.channels) * 4;
      ASSERT_EQ(t.word<std::uint32_t>(at), reference::encode(gated && !(by[i] > 0) ? 0.0f : dx[i], element::f32));
    }
  }
}

TEST(windows, that_make_no_sense_are_refused) {
  using hal::tile::error;
  tile_memory t;
  const shape s;
  const auto x = with_window(pixels(t, element::bf16, s, {}), s);
  const auto w = t.random(element::bf16, s.filters, s.columns(), {}), c = t.dense(element::f32, s.rows(), s.filters);
  const auto product = [&](const hal::view_record& a, const hal::view_record& b) {
    return request(opcode::mm).view(0, a).view(1, b).view(2, c);
  };
  auto bad = x;
  bad.window[2] = 0; // no stride
  expect_error(t, product(bad, w), error::bad_view, 16);
  bad = x, bad.pixels = 0;
  expect_error(t, product(bad, w), error::bad_view, 16);
  bad = x, bad.window_flags = 4;
  expect_error(t, product(bad, w), error::bad_view, 16);
  bad = x, bad.pixels = hal::window_pixels(65535, 65535);
  expect_error(t, product(bad, w), error::shape, 16);
  expect_error(t, product(w, x), error::bad_view, 17); // filters do not slide
  const auto y = t.dense(element::bf16, s.rows(), s.channels);
  expect_error(t, request(opcode::pool).view(0, y).view(1, y), error::bad_view, 16);
  expect_error(t, request(opcode::pool).view(0, x).view(1, w), error::shape, 17);
  expect_error(t, request(opcode::pool).view(0, x).view(1, y).param(1, 2), error::bad_parameter, 1);
}

} // namespace
