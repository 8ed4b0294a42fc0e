// GRADIENTS: the sum of squares of all gradients in an accumulator that is wide enough to round nothing (Kulisch), and
// what follows from it: the factor that clips by global norm, and the loss scale. ARITHMETIC.md section 5.
#include "sw_stack/hal/gradient_commands.hpp"
#include "models/zbcc/operands.hpp"
#include "models/zbcc/vector_timing.hpp"

#include <bit>
#include <cmath>

namespace acf::zbcc {

namespace timing = vector_timing;

namespace {

using hal::gradient_record;
using hal::step_record;

constexpr std::size_t limbs = std::tuple_size_v<decltype(gradient_record::sum)>;

// Adds `value`, at most 2^64 - 1, times 2^bit.
void add_at(gradient_record& r, std::uint64_t value, std::uint32_t bit) {
  const std::size_t limb = bit / 64, by = bit % 64;
  const std::uint64_t parts[] = {value << by, by ? value >> (64 - by) : 0};
  std::uint64_t carry = 0;
  for (std::size_t i = limb; i < limbs; ++i) {
    const std::uint64_t part = i - limb < 2 ? parts[i - limb] : 0, sum = r.sum[i] + part;
    const std::uint64_t over = sum < part, with_carry = sum + carry;
    carry = over + (with_carry < carry);
    r.sum[i] = with_carry;
    if (i > limb && carry == 0) break;
  }
}

// Of a finite number that is not negative, in units of 2^-149.
void add(gradient_record& r, float x) {
  const std::uint32_t bits = to_bits(x), exponent = bits >> 23, fraction = bits & 0x7F'FFFF;
  if (exponent == 0)
    add_at(r, fraction, 0);
  else
    add_at(r, fraction | 0x80'0000, exponent - 1);
}

// The sum as fp32, to nearest, ties to even; too large: infinity.
float rounded(const gradient_record& r) {
  std::size_t top = limbs;
  while (top > 0 && r.sum[top - 1] == 0) --top;
  if (top == 0) return 0.0f;
  const auto length = static_cast<std::uint32_t>(64 * top - static_cast<std::size_t>(std::countl_zero(r.sum[top - 1])));
  if (length <= 24) return from_bits(static_cast<std::uint32_t>(r.sum[0])); // denormals, and the first binade
  const auto bit = [&](std::uint32_t i) { return r.sum[i / 64] >> i % 64 & 1; };
  const std::uint32_t cut = length - 24;
  std::uint32_t mantissa = 0;
  for (std::uint32_t i = 0; i < 24; ++i) mantissa |= static_cast<std::uint32_t>(bit(cut + i)) << i;
  bool rest = false;
  for (std::uint32_t i = 0; i + 1 < cut && !rest; ++i) rest = bit(i) != 0;
  if (bit(cut - 1) && (rest || (mantissa & 1))) ++mantissa; // 2^24 carries into the exponent
  const std::uint64_t all = (std::uint64_t{cut} << 23) + mantissa;
  return from_bits(all < 0x7F80'0000 ? static_cast<std::uint32_t>(all) : 0x7F80'0000);
}

template <class T>
T read(const context& ctx, const tensor& t) {
  T record;
  std::memcpy(&record, ctx.sram.data() + t.base, sizeof record);
  return record;
}

class collecting final : public operation {
public:
  tensor from;
  bool clears = false;
  gradient_record record;

  void compute() override {
    if (!clears)
      for (const float x : load(from)) {
        const float square = x * x;
        if (is_finite(square))
          add(record, square);
        else
          ++record.not_finite;
      }
    std::memcpy(outputs[0].bytes.data(), &record, sizeof record);
  }
};

class deciding final : public operation {
public:
  std::vector<gradient_record> all;
  step_record record;
  float bound = 0;            // of the norm; 0: none
  std::uint32_t interval = 0; // good steps after which the loss scale doubles; 0: it stays
  bool ended = false;         // held for good, and nothing else changes

  void compute() override {
    if (ended)
      record.held = 1, record.factor = 0.0f, record.rescale = 1.0f;
    else
      decide();
    std::memcpy(outputs[0].bytes.data(), &record, sizeof record);
  }

private:
  void decide() {
    gradient_record total;
    for (const gradient_record& r : all) {
      total.not_finite += r.not_finite;
      for (std::size_t i = 0; i < limbs; ++i) add_at(total, r.sum[i], static_cast<std::uint32_t>(64 * i));
    }
    ++record.steps;
    const float scale = record.loss_scale;
    if (total.not_finite != 0)
      skip();
    else
      go_on(rounded(total));
    record.rescale = record.loss_scale / scale;
  }
  void skip() {
    record.held = 1, record.factor = 0.0f, record.norm = from_bits(0x7F80'0000), record.good = 0;
    ++record.skipped;
    if (interval != 0) record.loss_scale = record.loss_scale > 2.0f ? record.loss_scale * 0.5f : 1.0f;
  }
  void go_on(float squares) {
    record.held = 0;
    record.norm = std::sqrt(squares) / record.loss_scale;
    record.factor = 1.0f / record.loss_scale;
    if (bound != 0.0f && record.norm > bound) record.factor = record.factor * (bound / record.norm);
    ++record.good;
    if (interval != 0 && record.good >= interval) {
      record.good = 0;
      if (record.loss_scale < 0x1p30f) record.loss_scale = record.loss_scale * 2.0f;
    }
  }
};

std::unique_ptr<operation> make_decision(context& ctx, const machine& m) {
  auto op = std::make_unique<deciding>();
  const tensor records = ctx.dense(0), to = ctx.record(1, sizeof(step_record));
  ctx.require_type(records, records.type == element::u64);
  const std::uint64_t words = sizeof(gradient_record) / 8;
  ctx.require_shape(records.count % words == 0, 0);
  const auto values = ctx.copy<std::uint64_t>(records);
  for (std::size_t i = 0; i < values.size(); i += words) {
    auto& r = op->all.emplace_back();
    for (std::size_t k = 0; k < limbs; ++k) r.sum[k] = values[i + k];
    r.not_finite = values[i + limbs];
  }
  op->bound = ctx.constant(1);
  op->interval = ctx.param(2);
  op->ended = ctx.any_set(2);
  ctx.reads(records);
  const std::vector<context::in_place> allowed{{to, to, ctx.reads(to)}};
  op->record = read<step_record>(ctx, to);
  ctx.writes(*op, to);
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m, op->all.size() * timing::gradients_record + timing::gradients_decision);
  return op;
}

} // namespace

std::unique_ptr<operation> make_gradients(context& ctx, const machine& m) {
  ctx.require(ctx.param(0) <= hal::gradients_step::decide, error::bad_parameter, 0);
  if (ctx.param(0) == hal::gradients_step::decide) return make_decision(ctx, m);
  auto op = std::make_unique<collecting>();
  op->clears = ctx.param(0) == hal::gradients_step::clear;
  const tensor to = ctx.record(1, sizeof(gradient_record));
  std::vector<context::in_place> allowed;
  if (!op->clears) {
    op->from = ctx.dense(0);
    ctx.require_type(op->from, op->from.type == element::f32);
    ctx.reads(op->from);
    allowed.push_back({to, to, ctx.reads(to)});
    op->record = read<gradient_record>(ctx, to);
  }
  ctx.writes(*op, to);
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m, op->clears ? 1 : op->from.count * timing::gradients);
  return op;
}

} // namespace acf::zbcc
