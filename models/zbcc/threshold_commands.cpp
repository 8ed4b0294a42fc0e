// NM_SELECT: the online compressor of SAT (SORE). DTS_STORE: the sparsifier of SparTANN in the store path, one
// multiplier, divider, comparator and counter, with the threshold's update in hardware. ARITHMETIC.md section 7.
#include "sw_stack/hal/threshold_commands.hpp"
#include "models/zbcc/arithmetic.hpp"
#include "models/zbcc/kernels.hpp"
#include "models/zbcc/masks.hpp"
#include "models/zbcc/operands.hpp"
#include "models/zbcc/vector_timing.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace acf::zbcc {

namespace timing = vector_timing;

namespace {

float magnitude(float x) { return from_bits(to_bits(x) & 0x7FFF'FFFF); }

// --- NM_SELECT -------------------------------------------------------------------------------------------------------
class nm_operation final : public operation {
public:
  tensor from;
  std::size_t kept = 1, group = 1;
  bool along_rows = false, packed = false, with_list = false;

  void compute() override {
    const std::vector<float> x = load(from);
    const std::size_t rows = from.dim[0], columns = from.dim[1];
    const std::size_t lines = along_rows ? columns : rows, length = along_rows ? rows : columns;
    const std::size_t per_line = packed ? kept * ((length + group - 1) / group) : length;
    std::vector<float> values(lines * per_line);
    std::vector<std::uint8_t> list(lines * per_line);
    const auto place = [&](std::size_t line, std::size_t i, std::size_t of) {
      return along_rows ? i * lines + line : line * of + i;
    };
    for (std::size_t line = 0; line < lines; ++line)
      for (std::size_t first = 0; first < length; first += group) {
        const std::size_t width = std::min(group, length - first);
        std::array<float, hal::nm_largest_group> member{};
        for (std::size_t i = 0; i < width; ++i) member[i] = x[place(line, first + i, length)];
        const std::uint32_t live = chosen(member, width);
        for (std::size_t i = 0, next = 0; i < width; ++i) {
          if ((live >> i & 1) == 0) continue;
          const std::size_t at = packed ? first / group * kept + next++ : first + i;
          values[place(line, at, per_line)] = member[i];
          list[place(line, at, per_line)] = static_cast<std::uint8_t>(packed ? i : 1);
        }
      }
    store(0, values.data());
    if (with_list) set(1, list);
  }

private:
  // Bits of the kept members: the largest keys of magnitude, of equal ones the lowest place.
  std::uint32_t chosen(const std::array<float, hal::nm_largest_group>& member, std::size_t width) const {
    std::array<std::uint32_t, hal::nm_largest_group> key{};
    for (std::size_t i = 0; i < width; ++i) key[i] = score_key(magnitude(member[i]));
    std::uint32_t live = 0;
    for (std::size_t i = 0; i < width; ++i) {
      std::size_t before = 0;
      for (std::size_t j = 0; j < width; ++j) before += j < i ? key[j] >= key[i] : key[j] > key[i];
      if (before < kept) live |= std::uint32_t{1} << i;
    }
    return live;
  }
};

// --- DTS_STORE -------------------------------------------------------------------------------------------------------
hal::threshold_record record_at(const std::uint8_t* sram, const tensor& where, std::uint64_t number = 0) {
  hal::threshold_record r;
  std::memcpy(&r, sram + where.base + number * sizeof r, sizeof r);
  return r;
}

class dts_store_operation final : public operation {
public:
  tensor from, record;

  void compute() override {
    hal::threshold_record r = record_at(sram, record);
    std::vector<float> x = load(from);
    for (float& value : x) {
      const float size = magnitude(value);
      if (size > r.largest && is_finite(size)) r.largest = size;
      if (size < r.threshold) value = 0.0f; // a NaN stays
    }
    store(0, x.data());
    r.elements += static_cast<std::uint32_t>(x.size());
    result = {x.size(), count_non_zeros(outputs[0].bytes.data(), outputs[0].where.type, x.size())};
    r.zeros += static_cast<std::uint32_t>(x.size() - result.non_zeros);
    std::memcpy(outputs[1].bytes.data(), &r, sizeof r);
  }
};

class dts_commit_operation final : public operation {
public:
  tensor record;
  std::optional<tensor> others;
  std::uint64_t number = 0;

  void compute() override {
    hal::threshold_record r = record_at(sram, record);
    for (std::uint64_t i = 0; i < number; ++i) {
      const hal::threshold_record other = record_at(sram, *others, i);
      r.zeros += other.zeros, r.elements += other.elements;
      if (other.largest > r.largest) r.largest = other.largest;
    }
    r.last_threshold = r.threshold;
    r.last_zeros = r.zeros, r.last_elements = r.elements;
    if (r.hold == 0 || r.commits < r.hold) r.threshold = next(r);
    if (r.threshold < r.floor) r.threshold = r.floor;
    r.largest = 0;
    r.zeros = r.elements = 0;
    ++r.commits;
    std::memcpy(outputs[0].bytes.data(), &r, sizeof r);
  }

private:
  static float next(const hal::threshold_record& r) {
    constexpr float first_share = 100, slowest = 0.8f, fastest = 1.2f;
    if (r.elements == 0) return r.threshold; // nothing was stored
    if (r.commits == 0 || !(r.threshold > 0)) return r.largest / first_share;
    const float share = static_cast<float>(r.zeros) / static_cast<float>(r.elements);
    const float ratio = r.zeros == 0 ? fastest : r.target / share;
    return r.threshold * (ratio < slowest ? slowest : ratio > fastest ? fastest : ratio);
  }
};

std::unique_ptr<operation> dts_commit(context& ctx, const machine& m) {
  auto op = std::make_unique<dts_commit_operation>();
  op->number = ctx.param(1);
  op->record = ctx.record(2, sizeof(hal::threshold_record));
  const std::vector<context::in_place> allowed{{op->record, op->record, ctx.reads(op->record)}};
  ctx.require((op->number != 0) == ctx.has(3), error::bad_parameter, 1);
  if (ctx.has(3)) {
    op->others = ctx.record(3, op->number * sizeof(hal::threshold_record));
    ctx.reads(*op->others);
  }
  ctx.writes(*op, op->record);
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m, (op->number + 1) * timing::dts_commit);
  return op;
}

} // namespace

std::unique_ptr<operation> make_nm_select(context& ctx, const machine& m) {
  auto op = std::make_unique<nm_operation>();
  op->kept = ctx.param(0), op->group = ctx.param(1);
  const bool known = op->group == 2 || op->group == 4 || op->group == 8 || op->group == hal::nm_largest_group;
  ctx.require(op->kept >= 1 && op->kept <= hal::nm_largest_group, error::bad_parameter, 0);
  ctx.require(known && op->kept <= op->group, error::bad_parameter, 1);
  ctx.require(ctx.param(2) <= hal::nm_axis::rows, error::bad_parameter, 2);
  ctx.require(ctx.param(3) <= hal::nm_form::packed, error::bad_parameter, 3);
  op->along_rows = ctx.param(2) == hal::nm_axis::rows, op->packed = ctx.param(3) == hal::nm_form::packed;
  op->with_list = ctx.has(2);
  op->from = ctx.matrix(0);
  ctx.require_type(op->from, is_float(op->from.type));
  ctx.reads(op->from);
  const std::uint64_t rows = op->from.dim[0], columns = op->from.dim[1];
  const auto stored = [&](std::uint64_t length) {
    return op->packed ? op->kept * ((length + op->group - 1) / op->group) : length;
  };
  const std::uint64_t out_rows = op->along_rows ? stored(rows) : rows,
                      out_columns = op->along_rows ? columns : stored(columns);
  const tensor to = ctx.matrix(1);
  ctx.require_type(to, is_float(to.type));
  ctx.require_shape(to.dim[0] == out_rows && to.dim[1] == out_columns, 1);
  ctx.writes(*op, to);
  if (op->with_list) ctx.writes(*op, ctx.list(2, element::u8, out_rows * out_columns));
  ctx.check_overlaps(*op);
  charge_vector(ctx.out, m, op->from.count * timing::nm_select);
  return op;
}

std::unique_ptr<operation> make_dts_store(context& ctx, const machine& m) {
  ctx.require(ctx.param(0) <= hal::dts_step::commit, error::bad_parameter, 0);
  if (ctx.param(0) == hal::dts_step::commit) return dts_commit(ctx, m);
  auto op = std::make_unique<dts_store_operation>();
  op->from = ctx.dense(0);
  ctx.require_type(op->from, is_float(op->from.type));
  const tensor to = ctx.dense(1);
  ctx.require_type(to, is_float(to.type));
  ctx.require_shape(to.same_shape(op->from), 1);
  op->record = ctx.record(2, sizeof(hal::threshold_record));
  const std::vector<context::in_place> allowed{{to, op->from, ctx.reads(op->from)},
                                               {op->record, op->record, ctx.reads(op->record)}};
  ctx.writes(*op, to);
  ctx.writes(*op, op->record);
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m, op->from.count * timing::dts);
  return op;
}

} // namespace acf::zbcc
