// MM and SDDMM: what the matrix engine does with tile SRAM.
#include "models/zbcc/feed.hpp"
#include "models/zbcc/group_sums.hpp"
#include "models/zbcc/masks.hpp"
#include "models/zbcc/operands.hpp"
#include "models/zbcc/windows.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace acf::zbcc {
namespace {

namespace mm = hal::mm_flag;

constexpr bool is_operand(element e) { return is_float(e) || e == element::u8; }

// A u8 operand is scaled and rounded to the other operand's type; two u8 operands have no such type.
float u8_scale(const context& ctx) { return ctx.param(1) == 0 ? unit_of_u8 : ctx.constant(1); }

matrix_operand operand(const context& ctx, std::uint32_t view, fold how, element other) {
  matrix_operand m = matrix_of(ctx, view, how);
  ctx.require_type(m.from, is_operand(m.from.type) && (m.from.type != element::u8 || other != element::u8));
  m.at.scale = u8_scale(ctx), m.at.as = other;
  ctx.reads(m.from.place());
  return m;
}

sides skipped_sides(std::uint32_t flags) { return {(flags & mm::skip_a) != 0, (flags & mm::skip_b) != 0}; }

hal::phase phase_of(const context& ctx, std::uint32_t bits) {
  const std::uint32_t p = bits >> mm::phase_shift & 3;
  ctx.require(p <= 2, error::bad_parameter, 0);
  return static_cast<hal::phase>(p);
}

void charge_matrix(context& ctx, const machine& m, const chunk& work, const fed_operand& a, const fed_operand& b) {
  prepared& out = ctx.out;
  out.a = {work.m * work.k, work.a.count()};
  out.b = {work.n * work.k, work.b.count()};
  out.matrix = m.core.cost(work);
  pass_feed(m.feed, m.core, work, a, b, out.matrix);
  out.matrix.bytes_read += out.bytes_read; // lists, accumulators and epilogue operands
  out.matrix.bytes_written += out.bytes_written;
  limit_by_sram(out.matrix, m.core.lanes(), m.sram_width);
  out.bytes_read = out.matrix.bytes_read, out.bytes_written = out.matrix.bytes_written;
  out.busy = out.matrix.busy;
}

class mm_operation final : public operation {
public:
  matrix_operand a, b;
  std::optional<bitmap_matrix> packed_a;
  std::optional<sparse_matrix> sparse_b;
  std::size_t m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false, relu_after = false;
  std::optional<tensor> accumulator, bias, gate_by;
  std::optional<sample_groups> summed; // sums of the result are output 1

  void compute() override {
    const real_matrix left = left_operand();
    std::vector<float> c = accumulator ? load(*accumulator) : std::vector<float>(m * n);
    for (float& x : c) x += 0.0f; // an incoming -0 counts as +0
    if (sparse_b) {
      const packed_blocks values = load_blocks(sram + sparse_b->base, sparse_b->type, sparse_b->blocks, transpose_b);
      multiply_blocks(left, sparse_b->blocks, values, c.data());
    } else {
      multiply(left, b.at, transpose_b, c.data());
    }
    epilogue(c);
    store(0, c.data());
    if (summed) {
      load_row(outputs[0].bytes.data(), outputs[0].where.type, c.size(), outputs[0].where.size(), c.data());
      store(1, summed->values_and_squares(c.data()).data());
    }
    result = {m * n, count_non_zeros(outputs[0].bytes.data(), outputs[0].where.type, m * n)};
  }

private:
  real_matrix left_operand() const {
    real_matrix left = packed_a ? unpacked(*packed_a) : load_matrix(a.at);
    if (transpose_a) return transposed(left);
    return left; // moved: it may be an image of many windows
  }

  real_matrix unpacked(const bitmap_matrix& p) const {
    real_matrix out{p.rows, p.cols, std::vector<float>(p.rows * p.cols), true};
    std::vector<float> values(p.cols);
    const std::size_t size = hal::bytes_of(p.type);
    for (std::size_t r = 0; r < p.rows; ++r) {
      std::size_t count = 0;
      for (std::size_t w = 0; w < p.bits.words; ++w) count += static_cast<std::size_t>(std::popcount(p.bits.row(r)[w]));
      load_row(sram + p.base + p.first[r] * size, p.type, count, size, values.data());
      for (std::size_t c = 0, next = 0; c < p.cols; ++c)
        if (p.bits.test(r, c)) out.at[r * p.cols + c] = values[next++];
    }
    out.finite = std::all_of(out.at.begin(), out.at.end(), is_finite);
    return out;
  }

  void epilogue(std::vector<float>& c) const {
    if (bias) {
      const std::vector<float> add = load(*bias);
      for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < n; ++j) c[i * n + j] += add[j];
    }
    if (relu_after)
      for (float& x : c) x = relu(x);
    if (gate_by) {
      const std::vector<float> by = load(*gate_by);
      for (std::size_t i = 0; i < c.size(); ++i) c[i] = gate(c[i], by[i]);
    }
  }
};

// Of the result's rows: samples of extension p1 rows each, p0 samples to a group.
sample_groups sums_of(context& ctx, operation& op, std::uint64_t rows, std::uint64_t columns) {
  sample_groups s;
  s.group = ctx.extension->param[0], s.pixels = ctx.extension->param[1], s.channels = columns;
  ctx.require(s.group >= 1, error::bad_parameter, 6);
  ctx.require(s.pixels >= 1 && rows % s.pixels == 0, error::bad_parameter, 7);
  s.samples = rows / s.pixels;
  if (ctx.has(7)) {
    const tensor labels = ctx.list(7, element::u8, s.samples);
    ctx.reads(labels);
    s.labels = ctx.copy<std::uint8_t>(labels);
  }
  ctx.writes(op, ctx.list(6, element::f32, s.groups() * 2 * columns));
  return s;
}

} // namespace

std::unique_ptr<operation> make_mm(context& ctx, const machine& m) {
  auto op = std::make_unique<mm_operation>();
  const std::uint32_t flags = ctx.param(0);
  ctx.require((flags & ~(0x7Fu | 3u << mm::phase_shift)) == 0, error::bad_parameter, 0);
  chunk work;
  work.what = phase_of(ctx, flags);
  work.skip = skipped_sides(flags);
  work.a_is_gradient = work.what != phase::forward; // commands have it there
  op->transpose_a = (flags & mm::transpose_a) != 0, op->transpose_b = (flags & mm::transpose_b) != 0;
  op->relu_after = (flags & mm::relu) != 0;

  const element type_a = static_cast<element>(ctx.record_of(0).type),
                type_b = static_cast<element>(ctx.record_of(1).type);
  if (ctx.format_of(0) == hal::format::bitmap) {
    op->packed_a = ctx.bitmap(0);
    ctx.require(is_float(type_a), error::bad_view, 16);
    ctx.require(op->packed_a->rows * op->packed_a->cols <= sparse_expansion * ctx.sram.size(), error::shape, 16);
    for (const footprint& f : op->packed_a->places) ctx.reads(f);
    work.m = op->packed_a->rows, work.k = op->packed_a->cols;
  } else {
    op->a = operand(ctx, 0, fold::pixels, type_b);
    work.m = op->a.rows, work.k = op->a.cols;
  }
  if (op->transpose_a) std::swap(work.m, work.k);

  if (ctx.format_of(1) == hal::format::bsr4x4) {
    op->sparse_b = ctx.sparse(1);
    const sparse_matrix& s = *op->sparse_b;
    ctx.require(is_float(type_b), error::bad_view, 17);
    ctx.require_shape(s.cols == work.k, 1);
    ctx.require_shape(s.rows <= sparse_expansion * ctx.sram.size() / std::max<std::uint64_t>(1, s.cols), 1);
    for (const footprint& f : s.places) ctx.reads(f);
    ctx.out.bytes_read += s.list_bytes();
    work.n = s.rows;
  } else {
    op->b = operand(ctx, 1, op->transpose_b ? fold::pixels : fold::filters, type_a);
    work.n = op->transpose_b ? op->b.cols : op->b.rows;
    ctx.require_shape((op->transpose_b ? op->b.rows : op->b.cols) == work.k, 1);
  }
  op->m = work.m, op->n = work.n, op->k = work.k;

  const auto fits = [&](const tensor& t) {
    const matrix_shape s = shape_of(t, fold::pixels);
    ctx.require_shape(s.rows == work.m && s.cols == work.n, t.view);
  };
  const tensor c = ctx.dense(2);
  ctx.require_type(c, is_float(c.type));
  fits(c);
  std::vector<context::in_place> allowed;
  if (ctx.has(3)) {
    const tensor t = ctx.dense(3);
    ctx.require_type(t, t.type == element::f32);
    fits(t);
    allowed.push_back({c, t, ctx.reads(t)});
    op->accumulator = t;
  }
  if (flags & mm::bias) {
    op->bias = ctx.list(4, element::f32, work.n);
    ctx.reads(*op->bias);
  }
  if (flags & mm::gate) {
    const tensor t = ctx.dense(5);
    ctx.require_type(t, is_float(t.type));
    fits(t);
    allowed.push_back({c, t, ctx.reads(t)});
    op->gate_by = t;
  }
  ctx.writes(*op, c);
  if (ctx.has(6)) op->summed = sums_of(ctx, *op, work.m, work.n);
  ctx.check_overlaps(*op, allowed);

  work.a = op->packed_a ? bit_matrix{} : non_zeros(op->a.at);
  if (op->packed_a) { // a stored value may be zero all the same
    work.a = op->packed_a->bits;
    const std::size_t size = hal::bytes_of(op->packed_a->type);
    float value = 0;
    for (std::size_t r = 0; r < work.a.rows; ++r)
      for (std::size_t w = 0, next = op->packed_a->first[r]; w < work.a.words; ++w)
        for (std::uint64_t left = work.a.row(r)[w]; left != 0; left &= left - 1, ++next) {
          load_row(ctx.sram.data() + op->packed_a->base + next * size, op->packed_a->type, 1, size, &value);
          if (value == 0.0f) work.a.row(r)[w] &= ~(left & (0 - left));
        }
    ctx.out.bytes_read += 4 * work.a.rows;
  }
  if (op->transpose_a) work.a = transposed(work.a);
  if (op->sparse_b) {
    const sparse_matrix& s = *op->sparse_b;
    work.b = non_zeros(ctx.sram.data() + s.base, s.type, s.blocks, s.cols, op->transpose_b);
    work.live = op->sparse_b->blocks;
  } else {
    work.b = non_zeros(op->b.at);
    if (op->transpose_b) work.b = transposed(work.b);
  }
  work.bytes_a = hal::bytes_of(type_a), work.bytes_b = hal::bytes_of(type_b);
  work.b_in_groups = false; // no view says that it is N:M
  ctx.out.multiplies = multiplier_of(type_a, type_b);
  charge_matrix(ctx, m, work,
                {op->packed_a ? nullptr : &op->a, nullptr, op->packed_a ? &*op->packed_a : nullptr, op->transpose_a},
                {op->sparse_b ? nullptr : &op->b, op->sparse_b ? &*op->sparse_b : nullptr, nullptr, op->transpose_b});
  return op;
}

// --- SDDMM -----------------------------------------------------------------------------------------------------------
namespace {

class sddmm_operation final : public operation {
public:
  matrix_operand a, b;
  std::vector<output_block> blocks;
  std::uint32_t form = 0;
  std::optional<tensor> accumulator;

  void compute() override {
    std::vector<float> d = accumulator ? load(*accumulator) : std::vector<float>(blocks.size() * 16);
    for (float& x : d) x += 0.0f;
    multiply_sampled(a.at, b.at, blocks, d.data());
    if (form == hal::sddmm_out::blocks) {
      store(0, d.data());
    } else {
      std::vector<float> scores(blocks.size());
      for (std::size_t i = 0; i < scores.size(); ++i)
        scores[i] = block_score({d.data() + 16 * i, 16}, form == hal::sddmm_out::score_max);
      store(0, scores.data());
    }
    result = {outputs[0].where.count, count_non_zeros(outputs[0].bytes.data(), element::f32, outputs[0].where.count)};
  }
};

// Elements, and those that are not zero, of the columns that blocks of the list read; `x` is the operand transposed.
zero_count count_of_listed(const bit_matrix& x, const std::vector<output_block>& blocks,
                           std::uint32_t output_block::*which) {
  std::vector<bool> listed(x.rows / 4);
  for (const auto& b : blocks) listed[b.*which] = true;
  zero_count all;
  for (std::size_t r = 0; r < x.rows; ++r) {
    if (!listed[r / 4]) continue;
    all.elements += x.cols;
    for (std::size_t w = 0; w < x.words; ++w) all.non_zeros += static_cast<std::uint64_t>(std::popcount(x.row(r)[w]));
  }
  return all;
}

} // namespace

std::unique_ptr<operation> make_sddmm(context& ctx, const machine& m) {
  auto op = std::make_unique<sddmm_operation>();
  op->form = ctx.param(0) & 3;
  ctx.require(op->form <= 2 && (ctx.param(0) & ~(3u | 3u << mm::phase_shift)) == 0, error::bad_parameter, 0);
  ctx.require((ctx.param(4) & ~(mm::skip_a | mm::skip_b)) == 0, error::bad_parameter, 4);
  chunk work;
  work.what = phase_of(ctx, ctx.param(0));
  work.skip = skipped_sides(ctx.param(4));
  work.a_is_gradient = true;

  const auto type_of = [&](std::uint32_t view) { return static_cast<element>(ctx.record_of(view).type); };
  op->a = operand(ctx, 0, fold::pixels, type_of(1)), op->b = operand(ctx, 1, fold::pixels, type_of(0));
  work.k = op->a.rows, work.m = op->a.cols, work.n = op->b.cols;
  ctx.require_shape(work.m % 4 == 0, 0);
  ctx.require_shape(work.n % 4 == 0 && op->b.rows == work.k, 1);

  const std::uint64_t block_rows = work.m / 4, block_columns = work.n / 4;
  std::vector<output_block>& blocks = op->blocks;
  if (ctx.has(3)) {
    const tensor list = ctx.dense(3);
    ctx.require_type(list, list.type == element::u32);
    // No block twice in a meaningful list; more blocks than the product has would only be a longer loop.
    ctx.require_shape(list.count % 2 == 0 && list.count / 2 <= block_rows * block_columns, 3);
    ctx.reads(list);
    const std::vector<std::uint32_t> raw = ctx.copy<std::uint32_t>(list);
    blocks.resize(raw.size() / 2);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      blocks[i] = {raw[2 * i], raw[2 * i + 1]};
      ctx.require(blocks[i].row < block_rows && blocks[i].column < block_columns, error::index, list.address_of(2 * i));
    }
  } else {
    const std::uint64_t first = ctx.param(2), count = ctx.param(3);
    ctx.require(first <= block_rows * block_columns, error::bad_parameter, 2);
    ctx.require(count <= block_rows * block_columns - first, error::bad_parameter, 3);
    ctx.require_shape(count <= ctx.sram.size(), 2); // it could not hold the result
    blocks.resize(count);
    for (std::uint64_t i = 0; i < count; ++i)
      blocks[i] = {static_cast<std::uint32_t>((first + i) / block_columns),
                   static_cast<std::uint32_t>((first + i) % block_columns)};
  }

  const std::uint64_t per_block = op->form == hal::sddmm_out::blocks ? 16 : 1;
  const tensor d = ctx.list(2, element::f32, blocks.size() * per_block);
  std::vector<context::in_place> allowed;
  if (ctx.has(4)) {
    op->accumulator = ctx.list(4, element::f32, blocks.size() * 16);
    allowed.push_back({d, *op->accumulator, ctx.reads(*op->accumulator)});
  }
  ctx.writes(*op, d);
  ctx.check_overlaps(*op, allowed);

  work.a = transposed(non_zeros(op->a.at));
  work.b = transposed(non_zeros(op->b.at));
  work.outputs = blocks;
  work.bytes_a = op->a.from.size(), work.bytes_b = op->b.from.size();
  ctx.out.multiplies = multiplier_of(type_of(0), type_of(1));
  charge_matrix(ctx, m, work, {&op->a, nullptr, nullptr, true}, {&op->b, nullptr, nullptr, true});
  if (ctx.has(3)) { // the rest of the operands is not read, and perhaps not there
    ctx.out.a = count_of_listed(work.a, blocks, &output_block::row);
    ctx.out.b = count_of_listed(work.b, blocks, &output_block::column);
  }
  return op;
}

} // namespace acf::zbcc
