// EWISE, ROWRED, SOFTMAX_XENT, UPDATE and the moving commands against loops over single elements.
#include "tests/unit/zbcc/tile_memory.hpp"

namespace {

using namespace test;
using hal::tile::error;

constexpr element number_types[] = {element::f32, element::f16, element::bf16};
element any_float() { return number_types[below(3)]; }
constexpr mix wild{0.2, 0.1};

TEST(ewise, every_function_agrees_with_its_definition) {
  for (int i = 0; i < 200; ++i) {
    tile_memory t;
    const std::uint32_t f = below(9), rows = between(1, 6), cols = between(1, 40);
    const auto x = t.random(i % 4 == 0 ? element::u8 : any_float(), rows, cols, wild, true);
    const auto y = t.random(any_float(), rows, cols, wild), z = t.dense(any_float(), rows, cols, true);
    const float c = random_value({0, 0.1});
    run(t, request(opcode::ewise).view(0, x).view(1, y).view(2, z).param(0, f).param(1, reference::bits_of(c)));
    for (std::uint32_t r = 0; r < rows; ++r)
      for (std::uint32_t s = 0; s < cols; ++s) {
        const float a = t.get(x, r, s), b = t.get(y, r, s);
        const float want[] = {a,     a + b, a - b,       a * b, a < 0 || a == 0 ? 0.0f : a, b > 0 ? a : 0.0f,
                              a * c, c,     std::fabs(a)};
        ASSERT_EQ(t.bits(z, r, s), reference::encode(want[f], static_cast<element>(z.type))) << f;
      }
  }
}

TEST(ewise, works_in_place_but_not_half_over_its_operand) {
  tile_memory t;
  const auto x = t.random(element::f32, 4, 8, {0, 0});
  const float before = t.get(x, 3, 7);
  const request twice = request(opcode::ewise).view(0, x).view(1, x).param(0, hal::ewise_fn::add);
  run(t, request(twice).view(2, x));
  EXPECT_EQ(t.get(x, 3, 7), before + before);
  expect_error(t, request(twice).view(2, x, 4), error::overlap, x.base + 4);
}

TEST(ewise, an_operand_may_repeat_by_stride_zero) {
  tile_memory t;
  auto row = t.random(element::f32, 1, 8, {0, 0});
  row.dim[0] = 5, row.stride[0] = 0;
  const auto x = t.random(element::f32, 5, 8, {0, 0}), z = t.dense(element::f32, 5, 8);
  run(t, request(opcode::ewise).view(0, x).view(1, row).view(2, z).param(0, hal::ewise_fn::add));
  EXPECT_EQ(t.get(z, 4, 3), t.get(x, 4, 3) + t.get(row, 0, 3));
}

TEST(rowred, every_reduction_agrees_with_its_definition) {
  for (int i = 0; i < 200; ++i) {
    tile_memory t;
    const std::uint32_t op = below(5), axis = below(2), rows = between(1, 30), cols = between(1, 30);
    const auto x = t.random(any_float(), rows, cols, i % 2 ? wild : mix{0.2, 0}, true);
    const std::uint32_t results = axis ? rows : cols, length = axis ? cols : rows;
    const auto y = t.dense(op >= 3 ? element::u32 : element::f32, results);
    run(t, request(opcode::rowred).view(0, x).view(1, y).param(0, op).param(1, axis));
    for (std::uint32_t r = 0; r < results; ++r) {
      float sum = 0, squares = 0, largest = -INFINITY;
      std::uint32_t at = 0, finite = 1;
      for (std::uint32_t j = 0; j < length; ++j) {
        const float v = axis ? t.get(x, r, j) : t.get(x, j, r);
        const volatile float square = v * v;
        sum = sum + v, squares = squares + square;
        if (v > largest) largest = v, at = j;
        if (!std::isfinite(v)) finite = 0;
      }
      const std::uint32_t want[] = {reference::encode(sum, element::f32), reference::encode(largest, element::f32),
                                    reference::encode(squares, element::f32), at, finite};
      ASSERT_EQ(t.bits(y, r), want[op]) << op;
    }
  }
}

TEST(softmax_xent, gradient_and_record_follow_the_stated_order) {
  for (int i = 0; i < 100; ++i) {
    tile_memory t;
    const std::uint32_t rows = between(1, 12), classes = between(1, 12), width = classes + below(4);
    const auto x = t.random(element::f32, rows, width, {0.1, i % 3 == 0 ? 0.02 : 0.0}, true);
    const auto labels = t.dense(element::u8, rows);
    for (std::uint32_t r = 0; r < rows; ++r) t.set_bits(labels, r, 0, below(6) == 0 ? 255 : below(classes));
    const auto g = t.dense(any_float(), rows, width, true);
    const std::uint32_t earlier = i % 4 == 0 ? 2 : 0;
    const auto record = t.words({7, 0, 5, 0, 3, 0, earlier, 0});
    const float factor = 1.0f / 64;
    t.scalars[9] = reference::bits_of(factor);
    const float bound = i % 2 == 0 ? 0.0f : 2.0f; // 0: none
    run(t, request(opcode::softmax_xent)
               .view(0, x)
               .view(1, labels)
               .view(2, g)
               .view(3, record)
               .param(0, classes)
               .param(1, 9)
               .param(2, reference::bits_of(bound)));

    hal::loss_record want{7, 5, 3, earlier};
    for (std::uint32_t r = 0; r < rows; ++r) {
      std::vector<float> row(width, 0.0f);
      const std::uint32_t label = t.bits(labels, r);
      std::uint32_t best = 0;
      bool finite = true;
      for (std::uint32_t j = 0; j < classes; ++j) {
        if (t.get(x, r, j) > t.get(x, r, best)) best = j;
        finite = finite && std::isfinite(t.get(x, r, j)) && (bound == 0 || std::fabs(t.get(x, r, j)) <= bound);
      }
      if (label != 255) {
        ++want.rows;
        float sum = 0;
        for (std::uint32_t j = 0; j < classes; ++j)
          sum = sum + reference::exponential(t.get(x, r, j) - t.get(x, r, best));
        for (std::uint32_t j = 0; j < classes; ++j) {
          const volatile float share = reference::exponential(t.get(x, r, j) - t.get(x, r, best)) / sum;
          row[j] = finite ? (share - (j == label ? 1.0f : 0.0f)) * factor : NAN;
        }
        if (finite) {
          const float loss = reference::logarithm(sum) - (t.get(x, r, label) - t.get(x, r, best));
          want.loss_q16 += std::isfinite(loss) && loss < 0x1p32f
                               ? static_cast<std::uint64_t>(std::nearbyint(loss * 65536.0))
                               : std::uint64_t{1} << 48;
          want.correct += best == label;
        } else {
          if (want.first_not_finite == 0) want.first_not_finite = want.rows;
        }
      }
      for (std::uint32_t j = 0; j < width; ++j)
        ASSERT_EQ(t.bits(g, r, j), reference::encode(row[j], static_cast<element>(g.type)));
    }
    ASSERT_EQ(t.word<std::uint64_t>(record.base), want.loss_q16);
    ASSERT_EQ(t.word<std::uint64_t>(record.base + 8), want.correct);
    ASSERT_EQ(t.word<std::uint64_t>(record.base + 16), want.rows);
    ASSERT_EQ(t.word<std::uint64_t>(record.base + 24), want.first_not_finite);
  }
}

TEST(softmax_xent, a_label_that_is_no_class_is_an_index_error) {
  tile_memory t;
  const auto x = t.random(element::f32, 3, 4, {}), labels = t.dense(element::u8, 3), g = t.dense(element::f32, 3, 4);
  for (std::uint32_t r = 0; r < 3; ++r) t.set_bits(labels, r, 0, 2 * r);
  expect_error(t, request(opcode::softmax_xent).view(0, x).view(1, labels).view(2, g).param(0, 4), error::index,
               labels.base + 2);
  expect_error(t, request(opcode::softmax_xent).view(0, x).view(1, labels).view(2, g).param(0, 5), error::bad_parameter,
               0);
  expect_error(t, request(opcode::softmax_xent).view(0, x).view(1, labels).view(2, g).param(0, 4).param(1, 16),
               error::index, labels.base + 2);
}

TEST(update, rounds_every_operation_in_the_stated_order) {
  for (int i = 0; i < 50; ++i) {
    tile_memory t;
    const std::uint32_t rows = between(1, 9), cols = 16;
    const auto w = t.random(element::f32, rows, cols, wild), v = t.random(element::f32, rows, cols, wild),
               g = t.random(element::f32, rows, cols, wild), copy = t.dense(any_float(), rows, cols);
    const float rate = 0.05f, mu = 0.9f, decay = i % 2 ? 1e-3f : 0.0f;
    t.scalars[4] = reference::bits_of(rate) | 0xABCD'0000'0000'0000;
    std::vector<float> want_w, want_v;
    for (std::uint32_t r = 0; r < rows; ++r)
      for (std::uint32_t c = 0; c < cols; ++c) {
        volatile float x = t.get(g, r, c), product = decay * t.get(w, r, c);
        if (decay != 0) x = x + product;
        product = mu * t.get(v, r, c);
        x = product + x;
        want_v.push_back(static_cast<float>(x));
        product = rate * x;
        want_w.push_back(t.get(w, r, c) - product);
      }
    const prepared p = run(t, request(opcode::update)
                                  .view(0, w)
                                  .view(1, v)
                                  .view(2, g)
                                  .view(3, copy)
                                  .param(1, 4)
                                  .param(2, reference::bits_of(mu))
                                  .param(3, reference::bits_of(decay)));
    for (std::uint32_t j = 0; j < rows * cols; ++j) {
      ASSERT_EQ(t.bits(w, j / cols, j % cols), reference::encode(want_w[j], element::f32));
      ASSERT_EQ(t.bits(v, j / cols, j % cols), reference::encode(want_v[j], element::f32));
      ASSERT_EQ(t.bits(copy, j / cols, j % cols), reference::encode(want_w[j], static_cast<element>(copy.type)));
    }
    EXPECT_EQ(p.result.elements, rows * cols);
  }
}

TEST(update, states_may_not_share_bytes) {
  tile_memory t;
  const auto w = t.random(element::f32, 4, 4, {}), g = t.random(element::f32, 4, 4, {});
  expect_error(t, request(opcode::update).view(0, w).view(1, w).view(2, g), error::overlap, w.base);
  expect_error(t, request(opcode::update).view(0, w).view(1, g).view(2, g), error::overlap, g.base);
}

// --- moving ----------------------------------------------------------------------------------------------------------
TEST(copy, converts_and_scales_bytes) {
  tile_memory t;
  const auto x = t.random(element::u8, 5, 9, {}), y = t.dense(element::bf16, 5, 9);
  run(t, request(opcode::copy).view(0, x).view(1, y).param(5, reference::bits_of(1.0f / 255)));
  EXPECT_EQ(t.bits(y, 4, 8), reference::encode(static_cast<float>(t.bits(x, 4, 8)) * (1.0f / 255), element::bf16));
  run(t, request(opcode::copy).view(0, x).view(1, y));
  EXPECT_EQ(t.get(y, 2, 2),
            reference::decode(reference::encode(static_cast<float>(t.bits(x, 2, 2)), element::bf16), element::bf16));
  expect_error(t, request(opcode::copy).view(0, y).view(1, x), error::bad_view, 17);
}

TEST(copy, of_equal_types_keeps_bits_even_of_a_nan) {
  tile_memory t;
  const auto x = t.dense(element::f32, 2, 2, true), y = t.dense(element::f32, 2, 2);
  t.set_bits(x, 1, 1, 0xFF81'2345);
  run(t, request(opcode::copy).view(0, x).view(1, y));
  EXPECT_EQ(t.bits(y, 1, 1), 0xFF81'2345u);
}

TEST(transpose, exchanges_rows_and_columns) {
  tile_memory t;
  const auto x = t.random(element::f16, 7, 11, wild, true), y = t.dense(element::f16, 11, 7, true);
  run(t, request(opcode::transpose).view(0, x).view(1, y));
  for (std::uint32_t i = 0; i < 7; ++i)
    for (std::uint32_t j = 0; j < 11; ++j) EXPECT_EQ(t.bits(y, j, i), t.bits(x, i, j));
}

TEST(transpose, of_lists_shows_the_same_values_by_column) {
  for (int i = 0; i < 50; ++i) {
    tile_memory t;
    const auto x = t.sparse(element::bf16, 4 * between(1, 8), 4 * between(1, 9), 0.3, {0, 0});
    auto y = x;
    y.dim = {x.dim[1], x.dim[0], 0, 0};
    y.pointers = t.room(4 * (x.dim[1] / 4 + 1));
    y.indices = t.room(8 * x.capacity);
    run(t, request(opcode::transpose).view(0, x).view(1, y));
    for (std::uint32_t n = 0; n < x.dim[0]; ++n)
      for (std::uint32_t k = 0; k < x.dim[1]; ++k)
        ASSERT_EQ(t.sparse_element(y, k, n, true), t.sparse_element(x, n, k, false));
  }
}

TEST(convert, to_bitmap_and_back_keeps_all_but_the_sign_of_zero) {
  for (int i = 0; i < 50; ++i) {
    tile_memory t;
    const std::uint32_t rows = between(1, 9), cols = between(1, 90);
    const element e = i % 4 == 0 ? element::u8 : any_float();
    const auto x = t.random(e, rows, cols, {0.6, 0.05}, true), back = t.dense(e, rows, cols, true);
    auto packed = x;
    packed.layout = static_cast<std::uint8_t>(hal::format::bitmap);
    packed.capacity = rows * cols;
    packed.base = t.room(rows * cols * 4), packed.pointers = t.room(4 * (rows + 1)),
    packed.indices = t.room(rows * ((cols + 7) / 8));
    const auto count = t.dense(element::u32, 1), again = t.dense(element::u32, 1);
    run(t, request(opcode::convert).view(0, x).view(1, packed).view(4, count));
    run(t, request(opcode::convert).view(0, packed).view(1, back).view(4, again));
    std::uint32_t non_zeros = 0;
    for (std::uint32_t r = 0; r < rows; ++r) {
      ASSERT_EQ(t.word<std::uint32_t>(packed.pointers + 4 * r), non_zeros);
      for (std::uint32_t c = 0; c < cols; ++c) {
        const bool zero = t.get(x, r, c) == 0;
        non_zeros += !zero;
        ASSERT_EQ(t.bits(back, r, c), zero ? 0 : t.bits(x, r, c));
      }
    }
    ASSERT_EQ(t.bits(count, 0), non_zeros);
    ASSERT_EQ(t.bits(again, 0), non_zeros);
    packed.capacity = non_zeros - 1;
    if (non_zeros > 0) expect_error(t, request(opcode::convert).view(0, x).view(1, packed), error::shape, 17);
  }
}

TEST(gather, takes_rows_zeros_and_refuses_what_is_outside) {
  tile_memory t;
  const auto table = t.random(element::bf16, 6, 5, {}, true), to = t.dense(element::bf16, 3, 5);
  const auto index = t.words({5, hal::no_index, 0});
  const request r = request(opcode::gather).view(0, index).view(1, to).view(2, table).param(0, hal::table_in::sram);
  run(t, r);
  for (std::uint32_t j = 0; j < 5; ++j) {
    EXPECT_EQ(t.bits(to, 0, j), t.bits(table, 5, j));
    EXPECT_EQ(t.bits(to, 1, j), 0u);
    EXPECT_EQ(t.bits(to, 2, j), t.bits(table, 0, j));
  }
  t.put(index.base + 8, 6u);
  expect_error(t, r, error::index, index.base + 8);
}

TEST(scatter, adds_in_index_order_and_skips) {
  tile_memory t;
  const auto table = t.random(element::f32, 4, 3, {}, true), from = t.random(element::f32, 4, 3, {0, 0});
  const auto index = t.words({2, hal::no_index, 2, 0});
  std::vector<float> want;
  for (std::uint32_t j = 0; j < 3; ++j) {
    const volatile float first = t.get(table, 2, j) + t.get(from, 0, j);
    want.push_back(first + t.get(from, 2, j));
  }
  const std::uint32_t untouched = t.bits(table, 1, 1);
  run(t,
      request(opcode::scatter).view(0, index).view(1, from).view(2, table).param(0, hal::table_in::sram).param(5, 1));
  for (std::uint32_t j = 0; j < 3; ++j) EXPECT_EQ(t.get(table, 2, j), want[j]);
  EXPECT_EQ(t.bits(table, 1, 1), untouched);
  run(t, request(opcode::scatter).view(0, index).view(1, from).view(2, table).param(0, hal::table_in::sram));
  EXPECT_EQ(t.bits(table, 2, 2), t.bits(from, 2, 2));
}

TEST(vector_unit, takes_start_up_and_the_larger_of_work_and_bytes) {
  tile_memory t;
  const auto x = t.random(element::f32, 32, 32, {}), y = t.dense(element::f32, 32, 32),
             b = t.dense(element::bf16, 32, 32);
  // 1024 elements on 32 lanes; 8 KiB, or 6 KiB with the conversion, at 256 bytes per cycle
  EXPECT_EQ(run(t, request(opcode::ewise).view(0, x).view(2, y).param(0, hal::ewise_fn::abs)).busy, 8u + 32);
  EXPECT_EQ(run(t, request(opcode::copy).view(0, x).view(1, b)).busy, 8u + 32);
  const datapath wide{engine_config{}, 1024, 256};
  const prepared p = run(t, request(opcode::copy).view(0, x).view(1, b), wide);
  EXPECT_EQ(p.busy, 8u + 24);
  EXPECT_EQ(p.vector.sram, 23u);
}

TEST(footprints, of_interleaved_columns_do_not_overlap) {
  EXPECT_FALSE(overlap({0, 16, 8, 64}, {16, 16, 8, 64}));
  EXPECT_TRUE(overlap({0, 17, 8, 64}, {16, 16, 8, 64}));
  EXPECT_FALSE(overlap({0, 16, 8, 64}, {496, 64}));
  EXPECT_TRUE(overlap({0, 16, 8, 64}, {463, 64}));
  EXPECT_FALSE(overlap({0, 0}, {0, 64}));
  for (int i = 0; i < 20'000; ++i) { // against marking bytes
    const auto any = [] { return footprint{below(40), between(1, 6), between(1, 5), between(6, 20)}; };
    const footprint a = any(), b = any();
    std::array<int, 200> bytes{};
    for (const footprint& f : {a, b})
      for (std::uint64_t r = 0; r < f.rows; ++r)
        for (std::uint64_t x = 0; x < f.bytes; ++x) ++bytes[f.begin + r * f.pitch + x];
    ASSERT_EQ(overlap(a, b), *std::max_element(bytes.begin(), bytes.end()) > 1);
  }
}

} // namespace
