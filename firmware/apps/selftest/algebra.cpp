// Commands that compute, on operands for which every result is exact: MM, SDDMM, EWISE, ROWRED, SOFTMAX_XENT, UPDATE.
#include "firmware/apps/selftest/job.hpp"
#include "firmware/board/float_bits.hpp"

namespace acf::selftest {

using board::bf16_bits;
using board::fp32_bits;

namespace {

constexpr std::uint16_t none = hal::no_view;

// Small integers with many zeros; row-major operands of 8 columns.
int left(std::uint32_t i, std::uint32_t k) { return (i + k) % 3 == 0 ? static_cast<int>(i) - static_cast<int>(k) : 0; }
int right(std::uint32_t j, std::uint32_t k) {
  return (j / 4 + k / 4) % 2 == 0 ? static_cast<int>(j + 2 * k) % 7 - 3 : 0;
}
int product(std::uint32_t i, std::uint32_t j) {
  int sum = 0;
  for (std::uint32_t k = 0; k < 8; ++k) sum += left(i, k) * right(j, k);
  return sum;
}

} // namespace

// C = A B^T with every option of the epilogue, with a transposed operand, and with B as a list of blocks.
void matrix_products(bench& b) {
  job j(b);
  const auto a = j.input(element::bf16, 4, 8, [](std::uint32_t n) { return bf16_bits(left(n / 8, n % 8)); });
  const auto a_turned = j.input(element::bf16, 8, 4, [](std::uint32_t n) { return bf16_bits(left(n % 4, n / 4)); });
  const auto dense = j.input(element::bf16, 8, 8, [](std::uint32_t n) { return bf16_bits(right(n / 8, n % 8)); });
  const auto before = j.input(element::f32, 4, 8, [](std::uint32_t n) { return fp32_bits(static_cast<int>(n)); });
  const auto bias = j.input(element::f32, 1, 8, [](std::uint32_t n) { return fp32_bits(-5 * static_cast<int>(n)); });
  const auto gate = j.input(element::bf16, 4, 8, [](std::uint32_t n) { return bf16_bits(n % 4 == 0 ? 0 : 1); });
  // The live 4x4 blocks of B: (0,0) in slot 1, (1,1) in slot 0; row-major inside.
  const auto values = j.input(element::bf16, 2, 16, [](std::uint32_t n) {
    const auto at = n < 16 ? 4u : 0u, in_block = n % 16;
    return bf16_bits(right(at + in_block / 4, at + in_block % 4));
  });
  const auto pointers = j.input(element::u32, {0, 1, 2}), entries = j.input(element::u32, {0, 1, 1, 0});
  const auto blocks = j.view({.base = values.sram,
                              .type = static_cast<std::uint8_t>(element::bf16),
                              .layout = static_cast<std::uint8_t>(hal::format::bsr4x4),
                              .dim = {8, 8, 1, 1},
                              .pointers = pointers.sram,
                              .indices = entries.sram,
                              .capacity = 2});
  const auto plain = j.output(element::f32, 4, 8), turned = j.output(element::f32, 4, 8);
  const auto sparse = j.output(element::f32, 4, 8), full = j.output(element::f32, 4, 8);
  namespace flag = hal::mm_flag;
  j.add(opcode::mm, {a.view, dense.view, plain.view, none}).param[0] = 0;
  j.add(opcode::mm, {a_turned.view, dense.view, turned.view, none}).param[0] = flag::transpose_a | flag::skip_a;
  j.add(opcode::mm, {a.view, blocks, sparse.view, none}).param[0] = flag::skip_a | flag::skip_b;
  j.add(opcode::mm, {a.view, blocks, full.view, before.view}).param[0] =
      flag::skip_b | flag::bias | flag::relu | flag::gate;
  j.extend().view = {bias.view, gate.view, none, none};
  j.run(plain, turned, sparse, full);
  for (std::uint32_t n = 0; n < 32; ++n) {
    const int c = product(n / 8, n % 8), with_bias = static_cast<int>(n) + c - 5 * static_cast<int>(n % 8);
    b.expect("dense product", plain[n], fp32_bits(c));
    b.expect("product of a transposed operand", turned[n], fp32_bits(c));
    b.expect("product of blocks", sparse[n], fp32_bits(c));
    b.expect("accumulator, bias, relu, gate", full[n], fp32_bits(with_bias > 0 && n % 4 != 0 ? with_bias : 0));
  }
}

// D = A^T B on listed 4x4 blocks.
void sampled_products(bench& b) {
  job j(b);
  const auto a = j.input(element::bf16, 8, 8, [](std::uint32_t n) { return bf16_bits(left(n % 8, n / 8)); });
  const auto g = j.input(element::bf16, 8, 8, [](std::uint32_t n) { return bf16_bits(right(n % 8, n / 8)); });
  const auto list =
      j.input(element::u32, 2, 2, [](std::uint32_t n) { return n == 1 || n == 2 ? 1u : 0u; }); // (0,1) (1,0)
  const auto blocks = j.output(element::f32, 2, 16), sums = j.output(element::f32, 1, 4);
  j.add(opcode::sddmm, {a.view, g.view, blocks.view, list.view}).param = {hal::sddmm_out::blocks};
  j.add(opcode::sddmm, {a.view, g.view, sums.view, none}).param = {hal::sddmm_out::score_sum, 0, 0, 4};
  j.run(blocks, sums);
  int magnitudes[4] = {};
  for (std::uint32_t i = 0; i < 8; ++i)
    for (std::uint32_t k = 0; k < 8; ++k) {
      const int d = product(i, k);
      magnitudes[i / 4 * 2 + k / 4] += d < 0 ? -d : d;
    }
  for (std::uint32_t n = 0; n < 32; ++n) {
    const auto row = n / 16 == 0 ? 0u : 4u, column = n / 16 == 0 ? 4u : 0u, in_block = n % 16;
    b.expect("sampled product", blocks[n], fp32_bits(product(row + in_block / 4, column + in_block % 4)));
  }
  for (std::uint32_t n = 0; n < 4; ++n) b.expect("sum of magnitudes of a block", sums[n], fp32_bits(magnitudes[n]));
}

void elementwise(bench& b) {
  job j(b);
  const auto value = [](std::uint32_t n) { return static_cast<int>(n * 5 % 16) - 8; };
  const auto x = j.input(element::f32, 2, 8, [&](std::uint32_t n) { return fp32_bits(value(n)); });
  const auto y = j.input(element::f32, 2, 8, [&](std::uint32_t n) { return fp32_bits(value(15 - n), -1); });
  constexpr std::uint32_t functions = 9;
  tensor result[functions];
  for (std::uint32_t f = 0; f < functions; ++f) {
    result[f] = j.place(element::f32, 2, 8);
    j.add(opcode::ewise, {x.view, y.view, result[f].view, none}).param = {f, fp32_bits(-3, -2)};
  }
  j.run(result[0], result[1], result[2], result[3], result[4], result[5], result[6], result[7], result[8]);
  for (std::uint32_t n = 0; n < 16; ++n) {
    using namespace hal::ewise_fn;
    const int p = value(n), half_q = value(15 - n); // y = half_q / 2
    b.expect("copy", result[copy][n], fp32_bits(p));
    b.expect("add", result[add][n], fp32_bits(2 * p + half_q, -1));
    b.expect("sub", result[sub][n], fp32_bits(2 * p - half_q, -1));
    // 0 times a negative number is -0.
    const bool minus_zero = (p == 0 && half_q < 0) || (half_q == 0 && p < 0);
    b.expect("mul", result[mul][n], minus_zero ? 0x8000'0000 : fp32_bits(p * half_q, -1));
    b.expect("relu", result[relu][n], fp32_bits(p > 0 ? p : 0));
    b.expect("gate", result[gate][n], fp32_bits(half_q > 0 ? p : 0));
    b.expect("scale", result[scale][n], p == 0 ? 0x8000'0000 : fp32_bits(-3 * p, -2));
    b.expect("fill", result[fill][n], fp32_bits(-3, -2));
    b.expect("abs", result[abs][n], fp32_bits(p < 0 ? -p : p));
  }
}

void reductions(bench& b) {
  job j(b);
  constexpr int x[3][4] = {{1, -2, 3, 3}, {0, 5, -7, 2}, {4, 4, 4, -4}};
  const auto matrix = j.input(element::f32, 3, 4, [&](std::uint32_t n) { return fp32_bits(x[n / 4][n % 4]); });
  const auto spoilt = j.input(element::f32, {fp32_bits(1), 0x7f80'0000, fp32_bits(2), fp32_bits(3)});
  const auto reduce = [&](const tensor& from, element type, std::uint32_t operation, std::uint32_t axis) {
    const auto to = j.output(type, 1, axis == 0 ? from.columns : from.rows);
    j.add(opcode::rowred, {from.view, to.view, none, none}).param = {operation, axis};
    return to;
  };
  namespace op = hal::rowred_op;
  const auto down = reduce(matrix, element::f32, op::sum, 0), across = reduce(matrix, element::f32, op::sum, 1);
  const auto squares = reduce(matrix, element::f32, op::sum_squares, 1), top = reduce(matrix, element::f32, op::max, 1);
  const auto where = reduce(matrix, element::u32, op::argmax, 1),
             fine = reduce(matrix, element::u32, op::all_finite, 1);
  const auto not_fine = reduce(spoilt, element::u32, op::all_finite, 1);
  j.run(down, across, squares, top, where, fine, not_fine);
  constexpr int sums_down[4] = {5, 7, 0, 1}, sums_across[3] = {5, 0, 8}, squared[3] = {23, 78, 64},
                largest[3] = {3, 5, 4};
  constexpr std::uint32_t first_largest[3] = {2, 1, 0};
  for (std::uint32_t n = 0; n < 4; ++n) b.expect("sum of a column", down[n], fp32_bits(sums_down[n]));
  for (std::uint32_t n = 0; n < 3; ++n) {
    b.expect("sum of a row", across[n], fp32_bits(sums_across[n]));
    b.expect("sum of squares", squares[n], fp32_bits(squared[n]));
    b.expect("maximum", top[n], fp32_bits(largest[n]));
    b.expect("place of the maximum", where[n], first_largest[n]);
    b.expect("all finite", fine[n], 1);
  }
  b.expect("infinity noticed", not_fine[0], 0);
}

// Four equal logits have probability 1/4 each and loss ln 4; a row without label counts for nothing.
void softmax(bench& b) {
  job j(b);
  constexpr std::uint32_t scale = 5, loss_of_a_quarter = 90852; // round(65536 ln 4)
  const auto logits = j.input(element::f32, 3, 8, [](std::uint32_t n) { return n % 8 < 4 ? 0 : fp32_bits(99); });
  const auto labels = j.input(element::u8, {0, hal::no_label, 2});
  const auto gradient = j.output(element::f32, 3, 8);
  const auto totals = j.input(element::u64, 1, 4, [](std::uint32_t n) { return 10 * (n + 1); });
  b.fabric.tile(0).write(hal::tile::scalar, fp32_bits(1, -1), scale);
  j.add(opcode::softmax_xent, {logits.view, labels.view, gradient.view, totals.view}).param = {4, scale};
  j.run(gradient, totals);
  for (std::uint32_t n = 0; n < 24; ++n) {
    const auto row = n / 8, column = n % 8;
    const int eighths = row == 1 || column >= 4 ? 0 : column == row ? -3 : 1;
    b.expect("gradient", gradient[n], fp32_bits(eighths, -3));
  }
  b.expect("loss", totals[0], 10 + 2 * loss_of_a_quarter);
  b.expect("correct", totals[1], 20 + 1);
  b.expect("rows", totals[2], 30 + 2);
  b.expect("not finite", totals[3], 40);
}

void weight_updates(bench& b) {
  job j(b);
  constexpr std::uint32_t rate = 6;
  const auto weights = j.input(element::f32, 1, 4, [](std::uint32_t n) { return fp32_bits(4 * static_cast<int>(n)); });
  const auto momentum = j.input(element::f32, 1, 4, [](std::uint32_t) { return fp32_bits(2); });
  const auto gradient = j.input(element::f32, 1, 4, [](std::uint32_t n) { return fp32_bits(1 - static_cast<int>(n)); });
  const auto copy = j.output(element::bf16, 1, 4);
  b.fabric.tile(0).write(hal::tile::scalar, fp32_bits(1, -2), rate);
  // v = v/2 + g + w/2;  w = w - v/4
  j.add(opcode::update, {weights.view, momentum.view, gradient.view, copy.view}).param = {0, rate, fp32_bits(1, -1),
                                                                                          fp32_bits(1, -1)};
  j.run(weights, momentum, copy);
  for (std::uint32_t n = 0; n < 4; ++n) {
    const int w = 4 * static_cast<int>(n), v = 1 + (1 - static_cast<int>(n)) + w / 2;
    b.expect("momentum", momentum[n], fp32_bits(v));
    b.expect("weight", weights[n], fp32_bits(4 * w - v, -2));
    b.expect("copy in storage type", copy[n], bf16_bits(4 * w - v, -2));
  }
}

} // namespace acf::selftest
