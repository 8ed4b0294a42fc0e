// MM and SDDMM against loops over single elements, bit for bit.
#include "tests/unit/zbcc/tile_memory.hpp"

namespace {

using namespace test;
namespace mm = hal::mm_flag;

constexpr element number_types[] = {element::f32, element::f16, element::bf16};
element any_float() { return number_types[below(3)]; }

// A u8 operand as the contract converts it.
float operand(const tile_memory& t, const hal::view_record& v, std::uint32_t i, std::uint32_t j, std::uint8_t other,
              float scale) {
  const float x = t.get(v, i, j);
  if (static_cast<element>(v.type) != element::u8) return x;
  const volatile float scaled = x * scale;
  return reference::decode(reference::encode(scaled, static_cast<element>(other)), static_cast<element>(other));
}

struct mm_case {
  std::uint32_t m, n, k, flags = 0;
  bool sparse_b = false, bitmap_a = false, accumulator = false;
  element a = element::bf16, b = element::bf16, c = element::f32;
  mix values{};
};

void check_mm(const mm_case& x) {
  tile_memory t(x.k > 100 ? 512 * 1024 : 64 * 1024);
  const bool ta = x.flags & mm::transpose_a, tb = x.flags & mm::transpose_b;
  hal::view_record a = ta ? t.random(x.a, x.k, x.m, x.values, true) : t.random(x.a, x.m, x.k, x.values, true);
  const hal::view_record b = x.sparse_b ? t.sparse(x.b, x.n, x.k, 0.4, x.values)
                             : tb       ? t.random(x.b, x.k, x.n, x.values, true)
                                        : t.random(x.b, x.n, x.k, x.values, true);
  const hal::view_record c = t.dense(x.c, x.m, x.n, true);
  const hal::view_record acc = t.random(element::f32, x.m, x.n, x.values),
                         gate = t.random(any_float(), x.m, x.n, x.values);
  const hal::view_record bias = t.random(element::f32, 1, x.n, x.values);

  std::vector<std::uint32_t> want;
  const float scale = 1.0f / 255.0f;
  for (std::uint32_t i = 0; i < x.m; ++i)
    for (std::uint32_t j = 0; j < x.n; ++j) {
      float sum = x.accumulator ? t.get(acc, i, j) + 0.0f : 0.0f;
      for (std::uint32_t k = 0; k < x.k; ++k)
        sum = reference::dot_step(sum, operand(t, a, ta ? k : i, ta ? i : k, b.type, scale),
                                  x.sparse_b ? t.sparse_element(b, j, k, tb)
                                             : operand(t, b, tb ? k : j, tb ? j : k, a.type, scale));
      if (x.flags & mm::bias) sum = sum + t.get(bias, 0, j);
      if ((x.flags & mm::relu) && (sum < 0 || sum == 0)) sum = 0;
      if ((x.flags & mm::gate) && !(t.get(gate, i, j) > 0)) sum = 0;
      want.push_back(reference::encode(sum, x.c));
    }

  if (x.bitmap_a) {
    hal::view_record packed = a;
    packed.layout = static_cast<std::uint8_t>(hal::format::bitmap);
    packed.capacity = a.dim[0] * a.dim[1];
    packed.base = t.room(std::uint64_t{packed.capacity} * 4);
    packed.pointers = t.room(4 * (a.dim[0] + 1));
    packed.indices = t.room(a.dim[0] * ((a.dim[1] + 7) / 8));
    run(t, request(opcode::convert).view(0, a).view(1, packed));
    a = packed;
  }
  request r(opcode::mm);
  r.view(0, a).view(1, b).view(2, c).view(4, bias).view(5, gate).param(0, x.flags);
  if (x.accumulator) r.view(3, acc);
  const prepared p = run(t, r);
  for (std::uint32_t i = 0; i < x.m; ++i)
    for (std::uint32_t j = 0; j < x.n; ++j) ASSERT_EQ(t.bits(c, i, j), want[i * x.n + j]) << i << ' ' << j;
  EXPECT_EQ(p.matrix.executed + p.matrix.skipped, std::uint64_t{x.m} * x.n * x.k);
}

TEST(mm, the_main_jobs_shapes_agree_with_the_naive_loop) {
  check_mm({4, 128, 784, mm::bias | mm::relu | mm::skip_a | mm::skip_b, false, false, false, element::u8});
  check_mm({4, 128, 784, mm::bias | mm::relu | mm::skip_a | mm::skip_b, true, false, false, element::u8});
  check_mm({4, 128, 12, mm::gate | mm::transpose_b, true, false, false, element::bf16, element::bf16, element::bf16});
}

TEST(mm, random_shapes_types_and_epilogues_agree_with_the_naive_loop) {
  for (int i = 0; i < 250; ++i) {
    mm_case x{between(1, 19), between(1, 37), between(1, 70), below(0x80)};
    x.sparse_b = i % 3 == 0, x.bitmap_a = i % 5 == 0, x.accumulator = i % 2 == 0;
    if (x.sparse_b) x.n = (x.n + 3) / 4 * 4, x.k = (x.k + 3) / 4 * 4;
    x.a = any_float(), x.b = any_float(), x.c = any_float();
    if (i % 7 == 0 && !x.bitmap_a) x.a = element::u8;
    if (i % 7 == 1 && !x.sparse_b) x.b = element::u8;
    x.values = {i % 4 * 0.3, 0.0};
    SCOPED_TRACE(i);
    check_mm(x);
    if (HasFatalFailure()) return;
  }
}

TEST(mm, infinities_nan_denormals_and_minus_zero_follow_the_contract) {
  for (int i = 0; i < 250; ++i) {
    mm_case x{between(1, 9), between(1, 33), between(1, 40), below(0x80)};
    x.sparse_b = i % 3 == 0, x.bitmap_a = i % 5 == 0, x.accumulator = true;
    if (x.sparse_b) x.n = (x.n + 3) / 4 * 4, x.k = (x.k + 3) / 4 * 4;
    x.a = any_float(), x.b = any_float(), x.c = any_float();
    x.values = {0.4, i % 2 ? 0.01 : 0.1};
    SCOPED_TRACE(i);
    check_mm(x);
    if (HasFatalFailure()) return;
  }
}

TEST(mm, zero_times_infinity_is_skipped) {
  tile_memory t;
  const auto a = t.dense(element::f32, 1, 2), b = t.dense(element::f32, 1, 2), c = t.dense(element::f32, 1, 1);
  t.set(a, 0, 0, -0.0f), t.set(a, 0, 1, 2.0f);
  t.set(b, 0, 0, INFINITY), t.set(b, 0, 1, 3.0f);
  run(t, request(opcode::mm).view(0, a).view(1, b).view(2, c));
  EXPECT_EQ(t.get(c, 0, 0), 6.0f);
}

TEST(mm, an_empty_product_writes_the_epilogue_only) {
  tile_memory t;
  const auto a = t.random(element::bf16, 4, 8, {}), c = t.dense(element::f32, 4, 8),
             bias = t.random(element::f32, 8, 1, {0, 0});
  const auto b = t.sparse(element::bf16, 8, 8, 0.0, {});
  const prepared p =
      run(t, request(opcode::mm).view(0, a).view(1, b).view(2, c).view(4, bias).param(0, mm::bias | mm::skip_b));
  EXPECT_EQ(t.get(c, 3, 7), t.get(bias, 7, 0));
  EXPECT_EQ(p.matrix.executed, 0u);
  EXPECT_EQ(p.matrix[stall::sram], p.busy * 64);
}

TEST(mm, chained_accumulation_gives_the_bits_of_one_product) {
  tile_memory t;
  const auto a = t.random(element::bf16, 5, 32, {0.2, 0}), b = t.random(element::bf16, 7, 32, {0.2, 0});
  const auto whole = t.dense(element::f32, 5, 7), part = t.dense(element::f32, 5, 7);
  run(t, request(opcode::mm).view(0, a).view(1, b).view(2, whole));
  auto half_a = a, half_b = b;
  half_a.dim[1] = half_b.dim[1] = 16;
  run(t, request(opcode::mm).view(0, half_a).view(1, half_b).view(2, part));
  run(t, request(opcode::mm).view(0, half_a, 32).view(1, half_b, 32).view(2, part).view(3, part)); // in place
  for (std::uint32_t i = 0; i < 5; ++i)
    for (std::uint32_t j = 0; j < 7; ++j) EXPECT_EQ(t.bits(part, i, j), t.bits(whole, i, j));
}

TEST(mm, the_engine_changes_cycles_but_no_bit) {
  tile_memory t;
  engine_config dense;
  dense.name = "dense";
  const datapath other{dense};
  const auto a = t.random(element::bf16, 6, 40, {0.6, 0.02}), b = t.sparse(element::bf16, 16, 40, 0.3, {0.1, 0.02});
  const auto c = t.dense(element::f32, 6, 16), d = t.dense(element::f32, 6, 16);
  const prepared x = run(t, request(opcode::mm).view(0, a).view(1, b).view(2, c).param(0, mm::skip_a | mm::skip_b));
  const prepared y = run(t, request(opcode::mm).view(0, a).view(1, b).view(2, d), other);
  for (std::uint32_t i = 0; i < 6; ++i)
    for (std::uint32_t j = 0; j < 16; ++j) EXPECT_EQ(t.bits(c, i, j), t.bits(d, i, j));
  EXPECT_LT(x.busy, y.busy);
  EXPECT_LT(x.matrix.executed, y.matrix.executed);
}

TEST(mm, zeros_of_operands_and_result_are_counted) {
  tile_memory t;
  const auto a = t.dense(element::u8, 1, 3), b = t.dense(element::bf16, 2, 3), c = t.dense(element::bf16, 1, 2);
  for (std::uint32_t k = 0; k < 3; ++k)
    t.set_bits(a, 0, k, k), t.set(b, 0, k, 1.0f), t.set(b, 1, k, k == 0 ? 5.0f : -0.0f);
  const prepared p = run(t, request(opcode::mm).view(0, a).view(1, b).view(2, c));
  EXPECT_EQ(p.a.non_zeros, 2u);
  EXPECT_EQ(p.b.non_zeros, 4u);
  EXPECT_EQ(p.b.elements, 6u);
  EXPECT_EQ(p.result.elements, 2u);
  EXPECT_EQ(p.result.non_zeros, 1u);
}

void check_sddmm(std::uint32_t m, std::uint32_t n, std::uint32_t k, std::uint32_t form, bool list, bool accumulator,
                 element ea, element eb, mix values) {
  tile_memory t;
  const auto a = t.random(ea, k, m, values, true), b = t.random(eb, k, n, values, true);
  const std::uint32_t all = m / 4 * (n / 4), first = list ? 0 : below(all),
                      count = list ? below(all + 1) : between(0, all - first);
  std::vector<std::uint32_t> blocks;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t block = list ? below(all) : first + i;
    blocks.insert(blocks.end(), {block / (n / 4), block % (n / 4)});
  }
  const auto list_view = t.words(blocks, 2);
  const auto acc = t.random(element::f32, count, 16, values);
  const auto d = t.dense(element::f32, count, form == 0 ? 16 : 1);

  std::vector<std::uint32_t> want;
  const float scale = reference::float_of(0x3C23'D70A); // 0.01
  for (std::uint32_t i = 0; i < count; ++i) {
    float score = 0;
    for (std::uint32_t x = 0; x < 4; ++x)
      for (std::uint32_t y = 0; y < 4; ++y) {
        float sum = accumulator ? t.get(acc, i, 4 * x + y) + 0.0f : 0.0f;
        for (std::uint32_t q = 0; q < k; ++q)
          sum = reference::dot_step(sum, operand(t, a, q, 4 * blocks[2 * i] + x, b.type, scale),
                                    operand(t, b, q, 4 * blocks[2 * i + 1] + y, a.type, scale));
        if (form == 0) want.push_back(reference::encode(sum, element::f32));
        if (form == 1) score = score + std::fabs(sum);
        if (form == 2 && std::fabs(sum) > score) score = std::fabs(sum);
      }
    if (form != 0) want.push_back(reference::encode(score, element::f32));
  }
  request r(opcode::sddmm);
  r.view(0, a)
      .view(1, b)
      .view(2, d)
      .param(0, form | 2u << mm::phase_shift)
      .param(1, 0x3C23'D70A)
      .param(4, below(4) << 2);
  if (list) r.view(3, list_view);
  if (!list) r.param(2, first).param(3, count);
  if (accumulator) r.view(4, acc);
  const prepared p = run(t, r);
  EXPECT_EQ(p.matrix.executed + p.matrix.skipped, std::uint64_t{count} * 16 * k);
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_EQ(t.word<std::uint32_t>(d.base + 4 * i), want[i]) << i;
}

TEST(sddmm, random_blocks_forms_and_types_agree_with_the_naive_loop) {
  for (int i = 0; i < 200; ++i) {
    SCOPED_TRACE(i);
    const element a = any_float(), b = i % 5 == 0 ? element::u8 : any_float();
    check_sddmm(4 * between(1, 8), 4 * between(1, 10), between(1, 70), below(3), i % 2, i % 3 == 0, a, b,
                {0.4, i % 4 == 0 ? 0.05 : 0.0});
    if (HasFatalFailure()) return;
  }
}

TEST(matrix_errors, are_named_with_the_place) {
  using hal::tile::error;
  tile_memory t;
  const auto a = t.random(element::bf16, 4, 8, {}), b = t.random(element::bf16, 8, 8, {}),
             c = t.dense(element::f32, 4, 8);
  const request good = request(opcode::mm).view(0, a).view(1, b).view(2, c);
  run(t, good);
  expect_error(t, request(good).param(0, 0x80), error::bad_parameter, 0);
  expect_error(t, request(good).param(0, 0x300), error::bad_parameter, 0);
  expect_error(t, request(good).param(0, mm::bias), error::bad_view, 20);
  expect_error(t, request(good).view(0, a, 2), error::bad_view, 16);
  expect_error(t, request(good).view(2, b), error::shape, 18);
  auto wrong = b;
  wrong.dim[1] = 9;
  expect_error(t, request(good).view(1, wrong), error::shape, 17);
  wrong = b;
  wrong.base = static_cast<std::uint32_t>(t.sram.size()) - 64;
  expect_error(t, request(good).view(1, wrong), error::range, wrong.base + 128);
  wrong = c;
  wrong.base = a.base + 4;
  expect_error(t, request(good).view(2, wrong), error::overlap, wrong.base);
  wrong = c;
  wrong.stride[0] = 16; // rows of the result share bytes
  expect_error(t, request(good).view(2, wrong), error::overlap, wrong.base);
  request undefined = good;
  undefined.views[1].is = resolved_view::state::undefined;
  expect_error(t, undefined, error::bad_view, 17);

  auto sparse = t.sparse(element::bf16, 8, 8, 1.0, {});
  t.put(sparse.indices + 8, 7u);
  expect_error(t, request(good).view(1, sparse), error::index, sparse.indices + 8);
  t.put(sparse.indices + 8, 1u);
  t.put(sparse.indices + 12, sparse.capacity);
  expect_error(t, request(good).view(1, sparse), error::index, sparse.indices + 12);
  t.put(sparse.pointers + 4, 0x8000'0000u);
  expect_error(t, request(good).view(1, sparse), error::index, sparse.pointers + 4);

  const auto list = t.words({0, 0, 0, 2}, 2);
  const auto d = t.dense(element::f32, 2, 16), x = t.random(element::bf16, 8, 4, {});
  const request sampled = request(opcode::sddmm).view(0, x).view(1, b).view(2, d);
  expect_error(t, request(sampled).view(3, list), error::index, list.base + 8);
  expect_error(t, request(sampled).param(2, 3), error::bad_parameter, 2);
  expect_error(t, request(sampled).param(3, 3), error::bad_parameter, 3);
  expect_error(t, request(opcode::loop), error::bad_opcode, 3);
}

} // namespace
