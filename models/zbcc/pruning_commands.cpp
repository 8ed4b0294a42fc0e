// SCORE, SELECT_K, MASK_UPDATE: which blocks live. Exact and independent of the mesh: scores are compared as integers,
// ties go to the lowest index.
#include "models/zbcc/operands.hpp"
#include "models/zbcc/vector_timing.hpp"

#include <algorithm>
#include <cstring>

namespace acf::zbcc {

namespace timing = vector_timing;

// --- SCORE -----------------------------------------------------------------------------------------------------------
namespace {

class score_operation final : public operation {
public:
  tensor from;
  bool maximum = false;

  void compute() override {
    const std::vector<float> x = load(from);
    std::vector<float> scores(x.size() / 16);
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = block_score({x.data() + 16 * i, 16}, maximum);
    store(0, scores.data());
  }
};

} // namespace

std::unique_ptr<operation> make_score(context& ctx, const machine& m) {
  auto op = std::make_unique<score_operation>();
  ctx.require(ctx.param(0) <= 1, error::bad_parameter, 0);
  op->maximum = ctx.param(0) == 1;
  op->from = ctx.matrix(0);
  ctx.require_type(op->from, is_float(op->from.type));
  ctx.require_shape(op->from.dim[1] == 16, 0);
  ctx.reads(op->from);
  ctx.writes(*op, ctx.list(1, element::f32, op->from.dim[0]));
  ctx.check_overlaps(*op);
  charge_vector(ctx.out, m, op->from.count * timing::score);
  return op;
}

// --- SELECT_K --------------------------------------------------------------------------------------------------------
namespace {

struct ranked {
  std::uint32_t key, index;
};
bool smaller_first(const ranked& x, const ranked& y) { return x.key != y.key ? x.key < y.key : x.index < y.index; }
bool larger_first(const ranked& x, const ranked& y) { return x.key != y.key ? x.key > y.key : x.index < y.index; }

class select_operation final : public operation {
public:
  tensor scores;
  std::optional<tensor> mask;
  std::uint32_t eligible_value = 0;
  bool largest = false;
  std::uint64_t k = 0;

  void compute() override {
    const std::vector<float> x = load(scores);
    const std::vector<float> allowed = mask ? load(*mask) : std::vector<float>{};
    std::vector<ranked> entries;
    for (std::uint32_t i = 0; i < x.size(); ++i)
      if (!mask || static_cast<std::uint32_t>(allowed[i]) == eligible_value) entries.push_back({score_key(x[i]), i});
    hal::selection found;
    found.eligible = static_cast<std::uint32_t>(entries.size());
    found.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(k, entries.size()));
    if (found.count != 0) {
      const auto last = entries.begin() + found.count - 1;
      std::nth_element(entries.begin(), last, entries.end(), largest ? larger_first : smaller_first);
      found.score_bits = last->key, found.index = last->index;
    }
    std::memcpy(outputs[0].bytes.data(), &found, sizeof found);
  }
};

} // namespace

std::unique_ptr<operation> make_select_k(context& ctx, const machine& m) {
  auto op = std::make_unique<select_operation>();
  ctx.require(ctx.param(0) <= hal::order::largest, error::bad_parameter, 0);
  op->largest = ctx.param(0) == hal::order::largest;
  op->eligible_value = ctx.param(1);
  op->k = ctx.scalar_named_by(2);
  op->scores = ctx.dense(0);
  ctx.require_type(op->scores, op->scores.type == element::f32);
  ctx.reads(op->scores);
  if (ctx.has(1)) {
    op->mask = ctx.list(1, element::u8, op->scores.count);
    ctx.reads(*op->mask);
  }
  ctx.writes(*op, ctx.record(2, sizeof(hal::selection)));
  ctx.check_overlaps(*op);
  charge_vector(ctx.out, m, op->scores.count * timing::select + timing::select_bins);
  return op;
}

// --- MASK_UPDATE -----------------------------------------------------------------------------------------------------
namespace {

struct thresholds {
  hal::selection drop, grow;

  bool drops(float score, std::uint32_t i) const {
    const ranked last{drop.score_bits, drop.index}, x{score_key(score), i};
    return drop.count != 0 && !smaller_first(last, x);
  }
  bool grows(float score, std::uint32_t i) const {
    const ranked last{grow.score_bits, grow.index}, x{score_key(score), i};
    return grow.count != 0 && !larger_first(last, x);
  }
};

} // namespace

std::unique_ptr<operation> make_mask_update(context& ctx, const machine& m) {
  const hal::view_record& target = ctx.record_of(4);
  ctx.require(ctx.format_of(4) == hal::format::bsr4x4, error::bad_view, 20);
  ctx.require_shape(target.dim[0] % 4 == 0 && target.dim[1] % 4 == 0, 4);
  const std::uint64_t rows = target.dim[0] / 4, columns = target.dim[1] / 4, total = rows * columns;
  const tensor mask = ctx.list(0, element::u8, total);
  const tensor live_scores = ctx.list(1, element::f32, total), other_scores = ctx.list(2, element::f32, total);
  const tensor selections = ctx.record(3, 2 * sizeof(hal::selection));
  const tensor blocks = ctx.dense(5);
  ctx.require_type(blocks, blocks.type == element::u32);
  const std::uint64_t n = blocks.count;
  const tensor remap = ctx.list(6, element::u32, n), places = ctx.list(7, element::u32, 2 * n);
  ctx.require_shape(n <= target.capacity, 4);
  const tensor pointers = ctx.words(4, target.pointers, rows + 1), entries = ctx.words(4, target.indices, 2 * n);
  const std::uint64_t owners = ctx.extension->param[0];
  ctx.require(owners >= 1, error::bad_parameter, 6);
  const std::vector<context::in_place> allowed{{mask, mask, ctx.reads(mask)}, {blocks, blocks, ctx.reads(blocks)}};
  for (const tensor* t : {&live_scores, &other_scores, &selections}) ctx.reads(*t);

  std::vector<std::uint8_t> live = ctx.copy<std::uint8_t>(mask);
  const auto live_score = ctx.copy<float>(live_scores), other_score = ctx.copy<float>(other_scores);
  const auto old_blocks = ctx.copy<std::uint32_t>(blocks);
  thresholds limit;
  std::memcpy(&limit, ctx.sram.data() + selections.base, sizeof limit);

  std::vector<std::uint32_t> old_slot(total, hal::no_index);
  for (std::uint32_t s = 0; s < n; ++s) {
    ctx.require(old_blocks[s] < total, error::index, blocks.address_of(s));
    old_slot[old_blocks[s]] = s;
  }
  std::vector<std::uint32_t> order; // live blocks, row-major
  for (std::uint32_t i = 0; i < total; ++i) {
    const bool was = live[i] != 0;
    live[i] = was ? !limit.drops(live_score[i], i) : limit.grows(other_score[i], i);
    if (live[i] && !was) old_slot[i] = hal::no_index;
    if (live[i]) order.push_back(i);
  }
  ctx.require_shape(order.size() == n, 5);

  std::vector<std::uint32_t> new_pointers(rows + 1), new_entries(2 * n), new_blocks(n), new_remap(n), new_places(2 * n);
  for (std::uint64_t i = 0; i < n; ++i) {
    const std::uint64_t owner = i % owners;
    const auto slot = static_cast<std::uint32_t>(owner * (n / owners) + std::min(owner, n % owners) + i / owners);
    const auto row = static_cast<std::uint32_t>(order[i] / columns),
               column = static_cast<std::uint32_t>(order[i] % columns);
    ++new_pointers[row + 1];
    new_entries[2 * i] = column, new_entries[2 * i + 1] = slot;
    new_blocks[slot] = order[i];
    new_remap[slot] = old_slot[order[i]];
    new_places[2 * std::size_t{slot}] = row, new_places[2 * std::size_t{slot} + 1] = column;
  }
  for (std::size_t r = 1; r < new_pointers.size(); ++r) new_pointers[r] += new_pointers[r - 1];

  auto op = std::make_unique<operation>();
  for (const tensor* t : {&mask, &blocks, &remap, &places, &pointers, &entries}) ctx.writes(*op, *t);
  op->set(0, live);
  op->set(1, new_blocks);
  op->set(2, new_remap);
  op->set(3, new_places);
  op->set(4, new_pointers);
  op->set(5, new_entries);
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m, total * timing::mask_update + n * timing::mask_update_live);
  return op;
}

} // namespace acf::zbcc
