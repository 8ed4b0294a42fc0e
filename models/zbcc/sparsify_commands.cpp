// SPARSIFY: the rules that published work compares a threshold's control with: exact top-k of rows or, behind SELECT_K,
// of tensors on many tiles; random; and a threshold from the values' deviation. ARITHMETIC.md section 7.
#include "models/zbcc/arithmetic.hpp"
#include "models/zbcc/kernels.hpp"
#include "models/zbcc/masks.hpp"
#include "models/zbcc/operands.hpp"
#include "models/zbcc/vector_timing.hpp"
#include "sw_stack/hal/numeric.hpp"
#include "sw_stack/hal/threshold_commands.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace acf::zbcc {

namespace timing = vector_timing;
namespace rule = hal::sparsify_rule;

namespace {

class largest_operation final : public operation {
public:
  tensor from;
  std::size_t kept = 0;

  void compute() override {
    std::vector<float> x = load(from);
    const std::size_t columns = from.dim[1];
    std::vector<std::uint32_t> order(columns);
    for (std::size_t r = 0; r < from.dim[0]; ++r) {
      float* const row = x.data() + r * columns;
      std::iota(order.begin(), order.end(), 0u);
      const auto key = [&](std::uint32_t i) { return score_key(std::fabs(row[i])); };
      const auto first_dropped = order.begin() + static_cast<std::ptrdiff_t>(std::min(kept, columns));
      std::nth_element(order.begin(), first_dropped, order.end(),
                       [&](std::uint32_t i, std::uint32_t j) { return key(i) != key(j) ? key(i) > key(j) : i < j; });
      std::for_each(first_dropped, order.end(), [&](std::uint32_t i) { row[i] = 0.0f; });
    }
    store(0, x.data());
    result = {x.size(), count_non_zeros(outputs[0].bytes.data(), outputs[0].where.type, x.size())};
  }
};

class selected_operation final : public operation {
public:
  tensor from, chosen;
  std::uint32_t first = 0;

  void compute() override {
    hal::selection s;
    std::memcpy(&s, sram + chosen.base, sizeof s);
    const ranked last{s.score_bits, s.index};
    std::vector<float> x = load(from);
    for (std::uint32_t i = 0; i < x.size(); ++i)
      if (s.count == 0 || larger_first(last, {score_key(std::fabs(x[i])), first + i})) x[i] = 0.0f;
    store(0, x.data());
    result = {x.size(), count_non_zeros(outputs[0].bytes.data(), outputs[0].where.type, x.size())};
  }
};

class random_operation final : public operation {
public:
  tensor from;
  hal::numeric::random_stream words;
  std::uint32_t bound = 0, first = 0;

  void compute() override {
    std::vector<float> x = load(from);
    for (std::uint64_t i = 0; i < x.size(); ++i)
      if (words.word(first + i) < bound) x[i] = 0.0f;
    store(0, x.data());
    result = {x.size(), count_non_zeros(outputs[0].bytes.data(), outputs[0].where.type, x.size())};
  }
};

class deviation_operation final : public operation {
public:
  tensor sums, record;
  float factor = 0, elements = 1;

  void compute() override {
    hal::threshold_record r;
    std::memcpy(&r, sram + record.base, sizeof r);
    float sum = 0;
    for (const float s : load(sums)) sum += s;
    const float next = factor * std::sqrt(sum / elements);
    if (is_finite(next)) r.threshold = next;
    std::memcpy(outputs[0].bytes.data(), &r, sizeof r);
  }
};

std::unique_ptr<operation> set_deviation(context& ctx, const machine& m) {
  auto op = std::make_unique<deviation_operation>();
  op->factor = ctx.constant(1);
  ctx.require(ctx.param(2) >= 1, error::bad_parameter, 2);
  op->elements = static_cast<float>(ctx.param(2));
  op->record = ctx.record(2, sizeof(hal::threshold_record));
  op->sums = ctx.dense(3);
  ctx.require_type(op->sums, op->sums.type == element::f32);
  const std::vector<context::in_place> allowed{{op->record, op->record, ctx.reads(op->record)}};
  ctx.reads(op->sums);
  ctx.writes(*op, op->record);
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m, op->sums.count * timing::reduce + timing::deviation);
  return op;
}

// The operands that all zeroing rules have.
void zeroes(context& ctx, operation& op, tensor& from, const tensor* record = nullptr) {
  from = ctx.matrix(0);
  ctx.require_type(from, is_float(from.type));
  const tensor to = ctx.matrix(1);
  ctx.require_type(to, is_float(to.type));
  ctx.require_shape(to.same_shape(from), 1);
  const std::vector<context::in_place> allowed{{to, from, ctx.reads(from)}};
  if (record) ctx.reads(*record);
  ctx.writes(op, to);
  ctx.check_overlaps(op, allowed);
}

} // namespace

std::unique_ptr<operation> make_sparsify(context& ctx, const machine& m) {
  ctx.require(ctx.param(0) <= rule::selected, error::bad_parameter, 0);
  if (ctx.param(0) == rule::deviation) return set_deviation(ctx, m);
  if (ctx.param(0) == rule::largest) {
    auto op = std::make_unique<largest_operation>();
    zeroes(ctx, *op, op->from);
    op->kept = ctx.param(1);
    charge_vector(ctx.out, m, op->from.count * timing::select + op->from.dim[0] * timing::select_bins);
    return op;
  }
  if (ctx.param(0) == rule::selected) {
    auto op = std::make_unique<selected_operation>();
    op->chosen = ctx.record(2, sizeof(hal::selection));
    zeroes(ctx, *op, op->from, &op->chosen);
    op->first = ctx.param(1);
    charge_vector(ctx.out, m, op->from.count * timing::selected);
    return op;
  }
  auto op = std::make_unique<random_operation>();
  zeroes(ctx, *op, op->from);
  op->bound = ctx.param(1), op->first = ctx.param(2);
  op->words = {ctx.param(4) | std::uint64_t{ctx.param(5)} << 32, ctx.scalar_named_by(3)};
  charge_vector(ctx.out, m, op->from.count * timing::random);
  return op;
}

} // namespace acf::zbcc
