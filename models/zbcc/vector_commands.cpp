// EWISE, ROWRED, SOFTMAX_XENT: the vector unit's arithmetic.
#include "models/zbcc/operands.hpp"
#include "models/zbcc/vector_timing.hpp"
#include "sw_stack/hal/numeric.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace acf::zbcc {

namespace timing = vector_timing;

void charge_vector(prepared& out, const machine& m, std::uint64_t operations) {
  const std::uint64_t bytes = out.bytes_read + out.bytes_written;
  out.vector.startup = timing::startup;
  out.vector.work = (operations + m.vector_lanes - 1) / m.vector_lanes;
  const cycles fed = (bytes + m.sram_width - 1) / m.sram_width;
  out.vector.sram = fed > out.vector.work ? fed - out.vector.work : 0;
  out.busy = out.vector.startup + out.vector.work + out.vector.sram;
}

namespace {

using namespace hal::ewise_fn;

// An EWISE function is a line: how many operands, and the result of one element.
struct function {
  std::uint32_t code;
  std::uint32_t operands;
  float (*of)(float x, float y, float constant);
};
constexpr function functions[] = {
    {hal::ewise_fn::copy, 1, [](float x, float, float) { return x; }},
    {add, 2, [](float x, float y, float) { return x + y; }},
    {sub, 2, [](float x, float y, float) { return x - y; }},
    {mul, 2, [](float x, float y, float) { return x * y; }},
    {hal::ewise_fn::relu, 1, [](float x, float, float) { return zbcc::relu(x); }},
    {hal::ewise_fn::gate, 2, [](float x, float y, float) { return zbcc::gate(x, y); }},
    {scale, 1, [](float x, float, float c) { return x * c; }},
    {fill, 0, [](float, float, float c) { return c; }},
    {hal::ewise_fn::abs, 1, [](float x, float, float) { return from_bits(to_bits(x) & 0x7FFF'FFFF); }},
};

class ewise_operation final : public operation {
public:
  const function* f = nullptr;
  std::vector<tensor> in;
  float constant = 0;

  void compute() override {
    std::vector<float> x(outputs[0].where.count), y;
    if (!in.empty()) x = load(in[0]);
    if (in.size() > 1) y = load(in[1]);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = f->of(x[i], y.empty() ? 0.0f : y[i], constant);
    store(0, x.data());
  }
};

class dropout_operation final : public operation {
public:
  hal::numeric::random_stream words;
  tensor from;
  std::uint32_t first = 0, bound = 0;

  void compute() override {
    std::vector<float> x = load(from);
    const auto factor = static_cast<float>(0x1p32 / (0x1p32 - static_cast<double>(bound)));
    hal::numeric::philox_counter block{};
    for (std::uint64_t i = 0; i < x.size(); ++i) {
      const std::uint64_t word = first + i;
      if (i == 0 || word % 4 == 0) block = words.block(word / 4);
      x[i] = block[word % 4] < bound ? 0.0f : x[i] * factor;
    }
    store(0, x.data());
  }
};

std::unique_ptr<operation> make_dropout(context& ctx, const machine& m) {
  auto op = std::make_unique<dropout_operation>();
  op->bound = ctx.param(1);
  op->first = ctx.param(2);
  op->words = {ctx.param(4) | std::uint64_t{ctx.param(5)} << 32, ctx.scalar_named_by(3)};
  const tensor to = ctx.dense(2, true);
  ctx.require_type(to, is_float(to.type));
  op->from = ctx.dense(0, true);
  ctx.require_type(op->from, is_number(op->from.type));
  ctx.require_shape(op->from.same_shape(to), 0);
  const std::vector<context::in_place> allowed{{to, op->from, ctx.reads(op->from)}};
  ctx.writes(*op, to);
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m, to.count * timing::dropout);
  return op;
}

// Random scores: no operand, but a stream.
class uniform_operation final : public operation {
public:
  hal::numeric::random_stream words;
  std::uint32_t first = 0;

  void compute() override {
    std::vector<float> x(outputs[0].where.count);
    for (std::uint64_t i = 0; i < x.size(); ++i) x[i] = words.uniform(first + i);
    store(0, x.data());
  }
};

std::unique_ptr<operation> make_uniform(context& ctx, const machine& m) {
  auto op = std::make_unique<uniform_operation>();
  op->first = ctx.param(2);
  op->words = {ctx.param(4) | std::uint64_t{ctx.param(5)} << 32, ctx.scalar_named_by(3)};
  const tensor to = ctx.dense(2);
  ctx.require_type(to, to.type == element::f32);
  ctx.writes(*op, to);
  ctx.check_overlaps(*op);
  charge_vector(ctx.out, m, to.count * timing::random);
  return op;
}

} // namespace

std::unique_ptr<operation> make_ewise(context& ctx, const machine& m) {
  if (ctx.param(0) == hal::ewise_fn::uniform) return make_uniform(ctx, m);
  if (ctx.param(0) == hal::ewise_fn::dropout) return make_dropout(ctx, m);
  auto op = std::make_unique<ewise_operation>();
  const auto found = std::find_if(std::begin(functions), std::end(functions),
                                  [&](const function& f) { return f.code == ctx.param(0); });
  ctx.require(found != std::end(functions), error::bad_parameter, 0);
  op->f = found;
  op->constant = ctx.constant(1);
  const tensor to = ctx.dense(2, true);
  ctx.require_type(to, is_float(to.type));
  std::vector<context::in_place> allowed;
  for (std::uint32_t i = 0; i < found->operands; ++i) {
    const tensor from = ctx.dense(i, true);
    ctx.require_type(from, is_number(from.type));
    ctx.require_shape(from.same_shape(to), i);
    allowed.push_back({to, from, ctx.reads(from)});
    op->in.push_back(from);
  }
  ctx.writes(*op, to);
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m, to.count * timing::ewise);
  return op;
}

// --- ROWRED ----------------------------------------------------------------------------------------------------------
namespace {

class rowred_operation final : public operation {
public:
  tensor from;
  std::uint32_t what = 0;
  bool along_rows = false; // result [R]

  void compute() override {
    const std::vector<float> x = load(from);
    const std::size_t rows = from.dim[0], cols = from.dim[1];
    const std::size_t results = along_rows ? rows : cols, length = along_rows ? cols : rows;
    const std::size_t step = along_rows ? 1 : cols, pitch = along_rows ? cols : 1;
    std::vector<float> values(results);
    std::vector<std::uint32_t> numbers(results);
    for (std::size_t r = 0; r < results; ++r) reduce(x.data() + r * pitch, length, step, values[r], numbers[r]);
    if (what == hal::rowred_op::argmax || what == hal::rowred_op::all_finite)
      set(0, numbers);
    else
      store(0, values.data());
  }

private:
  void reduce(const float* x, std::size_t n, std::size_t step, float& value, std::uint32_t& number) const {
    using namespace hal::rowred_op;
    const bool extreme = what == max || what == argmax;
    value = extreme ? from_bits(0xFF80'0000) : 0.0f;
    number = what == all_finite;
    for (std::size_t i = 0; i < n; ++i) {
      const float v = x[i * step];
      switch (what) {
      case sum: value += v; break;
      case sum_squares: value += v * v; break;
      case all_finite: number &= is_finite(v); break;
      default:
        if (v > value) value = v, number = static_cast<std::uint32_t>(i);
      }
    }
  }
};

} // namespace

namespace {

// Sums of u32, modulo 2^32: histograms of many tiles become one.
class count_sum_operation final : public operation {
public:
  tensor from;
  bool along_rows = false;

  void compute() override {
    std::vector<std::uint32_t> sums(from.dim[along_rows ? 0 : 1]);
    for (std::uint64_t i = 0; i < from.count; ++i) {
      std::uint32_t x;
      std::memcpy(&x, sram + from.address_of(i), sizeof x);
      sums[along_rows ? i / from.dim[1] : i % from.dim[1]] += x;
    }
    set(0, sums);
  }
};

std::unique_ptr<operation> sum_counts(context& ctx, const machine& m) {
  auto op = std::make_unique<count_sum_operation>();
  op->along_rows = ctx.param(1) == 1;
  op->from = ctx.matrix(0);
  ctx.reads(op->from);
  ctx.writes(*op, ctx.list(1, element::u32, op->from.dim[op->along_rows ? 0 : 1]));
  ctx.check_overlaps(*op);
  charge_vector(ctx.out, m, op->from.count * timing::reduce);
  return op;
}

} // namespace

std::unique_ptr<operation> make_rowred(context& ctx, const machine& m) {
  using namespace hal::rowred_op;
  auto op = std::make_unique<rowred_operation>();
  ctx.require(ctx.param(0) <= all_finite, error::bad_parameter, 0);
  ctx.require(ctx.param(1) <= 1, error::bad_parameter, 1);
  op->what = ctx.param(0);
  op->along_rows = ctx.param(1) == 1;
  op->from = ctx.matrix(0);
  if (op->what == sum && op->from.type == element::u32) return sum_counts(ctx, m);
  ctx.require_type(op->from, is_number(op->from.type));
  ctx.reads(op->from);
  const bool integer = op->what == argmax || op->what == all_finite;
  ctx.writes(*op, ctx.list(1, integer ? element::u32 : element::f32, op->from.dim[op->along_rows ? 0 : 1]));
  ctx.check_overlaps(*op);
  charge_vector(ctx.out, m, op->from.count * (op->what == sum_squares ? timing::reduce_squares : timing::reduce));
  return op;
}

// --- SOFTMAX_XENT ----------------------------------------------------------------------------------------------------
namespace {

class softmax_operation final : public operation {
public:
  tensor logits;
  std::vector<std::uint8_t> labels;
  std::size_t classes = 0;
  float factor = 1.0f, bound = std::numeric_limits<float>::infinity(); // of a logit's magnitude
  std::optional<std::size_t> gradient, record;                         // their outputs
  std::uint64_t record_at = 0;

  void compute() override {
    const std::vector<float> x = load(logits);
    const std::size_t width = gradient ? outputs[*gradient].where.dim[1] : 0;
    std::vector<float> g(labels.size() * width);
    hal::loss_record sums;
    if (record) std::memcpy(&sums, sram + record_at, sizeof sums);
    std::vector<float> e(classes);
    for (std::size_t r = 0; r < labels.size(); ++r)
      if (labels[r] != hal::no_label)
        row(x.data() + r * logits.dim[1], labels[r], e.data(), gradient ? g.data() + r * width : nullptr, sums);
    if (gradient) store(*gradient, g.data());
    if (record) std::memcpy(outputs[*record].bytes.data(), &sums, sizeof sums);
  }

private:
  void row(const float* x, std::size_t label, float* e, float* g, hal::loss_record& sums) const {
    ++sums.rows;
    if (!std::all_of(x, x + classes, [this](float y) { return is_finite(y) && std::fabs(y) <= bound; })) {
      if (sums.first_not_finite == 0) sums.first_not_finite = sums.rows;
      if (g != nullptr) std::fill(g, g + classes, from_bits(nan_bits));
      return;
    }
    std::size_t best = 0;
    for (std::size_t j = 1; j < classes; ++j)
      if (x[j] > x[best]) best = j;
    float sum = 0.0f;
    for (std::size_t j = 0; j < classes; ++j) {
      e[j] = zbcc::exp(x[j] - x[best]);
      sum += e[j];
    }
    if (g != nullptr)
      for (std::size_t j = 0; j < classes; ++j) g[j] = (e[j] / sum - (j == label ? 1.0f : 0.0f)) * factor;
    sums.loss_q16 += loss_q16(zbcc::log(sum) - (x[label] - x[best]));
    sums.correct += best == label;
  }
};

} // namespace

std::unique_ptr<operation> make_softmax_xent(context& ctx, const machine& m) {
  auto op = std::make_unique<softmax_operation>();
  op->logits = ctx.matrix(0);
  const tensor& logits = op->logits;
  ctx.require_type(logits, logits.type == element::f32);
  const std::uint64_t rows = logits.dim[0];
  ctx.require(ctx.param(0) >= 1 && ctx.param(0) <= logits.dim[1], error::bad_parameter, 0);
  op->classes = ctx.param(0);
  if (ctx.param(2) != 0) op->bound = from_bits(ctx.param(2));
  const std::size_t logits_read = ctx.reads(logits);
  const tensor labels = ctx.list(1, element::u8, rows);
  ctx.reads(labels);
  op->labels = ctx.copy<std::uint8_t>(labels);
  for (std::size_t r = 0; r < rows; ++r)
    ctx.require(op->labels[r] < op->classes || op->labels[r] == hal::no_label, error::index, labels.address_of(r));
  std::vector<context::in_place> allowed;
  if (ctx.has(2)) {
    op->factor = from_bits(static_cast<std::uint32_t>(ctx.scalar_named_by(1)));
    if (ctx.has(4)) {
      const tensor scale = ctx.list(4, element::f32, 1);
      ctx.reads(scale);
      op->factor = op->factor * ctx.copy<float>(scale)[0];
    }
    const tensor g = ctx.matrix(2);
    ctx.require_type(g, is_float(g.type));
    ctx.require_shape(g.dim[0] == rows && g.dim[1] >= op->classes, 2);
    allowed.push_back({g, logits, logits_read});
    op->gradient = op->outputs.size();
    ctx.writes(*op, g);
  }
  if (ctx.has(3)) {
    const tensor r = ctx.record(3, sizeof(hal::loss_record));
    allowed.push_back({r, r, ctx.reads(r)});
    op->record = op->outputs.size();
    op->record_at = r.base;
    ctx.writes(*op, r);
  }
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m, rows * (op->classes * timing::softmax + timing::softmax_row));
  return op;
}

} // namespace acf::zbcc
