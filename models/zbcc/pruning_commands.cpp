// SCORE, SELECT_K, MASK_UPDATE: which blocks live. Exact and independent of the mesh: scores are compared as integers,
// ties go to the lowest index.
#include "models/zbcc/operands.hpp"
#include "models/zbcc/vector_timing.hpp"

#include <algorithm>
#include <cmath>
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

// Byte `digit` of (key, index), highest first.
std::uint32_t digit_of(const ranked& x, std::uint32_t digit) {
  return (digit < 4 ? x.key : x.index) >> (24 - 8 * (digit % 4)) & 0xFF;
}
bool same_before(const ranked& x, const ranked& y, std::uint32_t digit) {
  const std::uint64_t a = std::uint64_t{x.key} << 32 | x.index, b = std::uint64_t{y.key} << 32 | y.index;
  return digit == 0 || (a ^ b) >> (64 - 8 * digit) == 0;
}

template <typename T>
T word_at(const std::uint8_t* sram, std::uint64_t address) {
  T value;
  std::memcpy(&value, sram + address, sizeof value);
  return value;
}

// The entries that a selection is about: scores, which of them are eligible, and their indices.
class entries_operation : public operation {
public:
  tensor scores;
  std::optional<tensor> mask, indices;
  float eligible_value = 0;
  std::uint32_t first = 0;
  bool magnitudes = false;

  std::vector<ranked> eligible() const {
    const std::vector<float> x = load(scores);
    const std::vector<float> allowed = mask ? load(*mask) : std::vector<float>{};
    std::vector<ranked> entries;
    for (std::uint32_t i = 0; i < x.size(); ++i)
      if (!mask || allowed[i] == eligible_value)
        entries.push_back({score_key(magnitudes ? std::fabs(x[i]) : x[i]),
                           indices ? word_at<std::uint32_t>(sram, indices->address_of(i)) : first + i});
    return entries;
  }
};

class select_operation final : public entries_operation {
public:
  bool largest = false;
  std::uint64_t k = 0;

  void compute() override {
    std::vector<ranked> entries = eligible();
    hal::selection found;
    found.eligible = static_cast<std::uint32_t>(entries.size());
    found.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(k, entries.size()));
    if (found.count != 0) {
      const auto last = entries.begin() + found.count - 1;
      std::nth_element(entries.begin(), last, entries.end(), largest ? larger_first : smaller_first);
      found.score_bits = last->key, found.index = last->index;
      found.remaining = 1;
    }
    std::memcpy(outputs[0].bytes.data(), &found, sizeof found);
  }
};

class count_operation final : public entries_operation {
public:
  tensor chosen; // from digit 1 on
  std::uint32_t digit = 0;

  void compute() override {
    const hal::selection so_far = digit == 0 ? hal::selection{} : word_at<hal::selection>(sram, chosen.base);
    const ranked prefix{so_far.score_bits, so_far.index};
    std::vector<std::uint32_t> bins(hal::select_bins);
    for (const ranked& x : eligible())
      if (same_before(x, prefix, digit)) ++bins[digit_of(x, digit)];
    set(0, bins);
  }
};

class choose_operation final : public operation {
public:
  tensor bins, chosen;
  std::uint32_t digit = 0;
  bool largest = false;
  std::uint64_t k = 0;

  void compute() override {
    hal::selection s;
    if (digit != 0) {
      s = word_at<hal::selection>(sram, chosen.base);
    } else {
      for (std::uint32_t i = 0; i < hal::select_bins; ++i) s.eligible += in_bin(i);
      s.count = s.remaining = static_cast<std::uint32_t>(std::min<std::uint64_t>(k, s.eligible));
    }
    if (s.remaining != 0) take_digit(s);
    std::memcpy(outputs[0].bytes.data(), &s, sizeof s);
  }

private:
  std::uint32_t in_bin(std::uint32_t i) const { return word_at<std::uint32_t>(sram, bins.address_of(i)); }

  // The bin that holds the last one taken; without enough entries the last bin.
  void take_digit(hal::selection& s) const {
    const bool descending = largest && digit < 4; // of equal scores the lowest index comes first
    std::uint32_t bin = 0;
    for (std::uint32_t i = 0; i < hal::select_bins; ++i) {
      bin = descending ? hal::select_bins - 1 - i : i;
      const std::uint32_t inside = in_bin(bin);
      if (inside >= s.remaining) break;
      if (i + 1 < hal::select_bins) s.remaining -= inside;
    }
    (digit < 4 ? s.score_bits : s.index) |= bin << (24 - 8 * (digit % 4));
  }
};

void fill_entries(context& ctx, entries_operation& op) {
  op.eligible_value = static_cast<float>(ctx.param(1));
  op.first = ctx.param(5);
  op.magnitudes = ctx.param(0) == hal::order::largest_magnitude;
  op.scores = ctx.dense(0);
  ctx.require_type(op.scores, op.magnitudes ? is_float(op.scores.type) : op.scores.type == element::f32);
  ctx.reads(op.scores);
  if (ctx.has(1)) {
    op.mask = ctx.dense(1);
    ctx.require_type(*op.mask, op.mask->type == element::u8 || op.mask->type == element::f32);
    ctx.require_shape(op.mask->count == op.scores.count, 1);
    ctx.reads(*op.mask);
  }
  if (ctx.has(4)) {
    op.indices = ctx.list(4, element::u32, op.scores.count);
    ctx.reads(*op.indices);
  }
}

// How many, but none if one of the words of e.v1 is set.
std::uint64_t wanted(const context& ctx) {
  const std::uint64_t k = ctx.scalar_named_by(2);
  return ctx.any_set(5) ? 0 : k;
}

std::unique_ptr<operation> select_whole(context& ctx, const machine& m) {
  auto op = std::make_unique<select_operation>();
  op->largest = ctx.param(0) != hal::order::smallest;
  op->k = wanted(ctx);
  fill_entries(ctx, *op);
  ctx.writes(*op, ctx.record(2, sizeof(hal::selection)));
  ctx.check_overlaps(*op);
  charge_vector(ctx.out, m, op->scores.count * timing::select + timing::select_bins);
  return op;
}

std::unique_ptr<operation> select_count(context& ctx, const machine& m) {
  auto op = std::make_unique<count_operation>();
  op->digit = ctx.param(4);
  fill_entries(ctx, *op);
  if (op->digit != 0) {
    op->chosen = ctx.record(2, sizeof(hal::selection));
    ctx.reads(op->chosen);
  }
  ctx.writes(*op, ctx.list(3, element::u32, hal::select_bins));
  ctx.check_overlaps(*op);
  charge_vector(ctx.out, m, op->scores.count * timing::select_count + hal::select_bins);
  return op;
}

std::unique_ptr<operation> select_choose(context& ctx, const machine& m) {
  auto op = std::make_unique<choose_operation>();
  op->largest = ctx.param(0) != hal::order::smallest;
  op->digit = ctx.param(4);
  if (op->digit == 0) op->k = wanted(ctx);
  op->chosen = ctx.record(2, sizeof(hal::selection));
  op->bins = ctx.list(3, element::u32, hal::select_bins);
  ctx.reads(op->bins);
  std::vector<context::in_place> allowed;
  if (op->digit != 0) allowed.push_back({op->chosen, op->chosen, ctx.reads(op->chosen)});
  ctx.writes(*op, op->chosen);
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m, hal::select_bins);
  return op;
}

} // namespace

std::unique_ptr<operation> make_select_k(context& ctx, const machine& m) {
  ctx.require(ctx.param(0) <= hal::order::largest_magnitude, error::bad_parameter, 0);
  ctx.require(ctx.param(3) <= hal::select_step::choose, error::bad_parameter, 3);
  ctx.require(ctx.param(4) < hal::select_digits, error::bad_parameter, 4);
  switch (ctx.param(3)) {
  case hal::select_step::count: return select_count(ctx, m);
  case hal::select_step::choose: return select_choose(ctx, m);
  default: return select_whole(ctx, m);
  }
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

// What decides; without scores of a kind no block of that kind changes.
struct decision {
  std::vector<float> live_scores, other_scores; // by slot (of a part: by entry), by block
  thresholds limit;
};

decision read_decision(context& ctx, std::uint64_t slots, std::uint64_t blocks) {
  decision d;
  if (ctx.has(1)) {
    const tensor scores = ctx.list(1, element::f32, slots);
    ctx.reads(scores);
    d.live_scores = ctx.copy<float>(scores);
  }
  if (ctx.has(2)) {
    const tensor scores = ctx.list(2, element::f32, blocks);
    ctx.reads(scores);
    d.other_scores = ctx.copy<float>(scores);
  }
  const std::size_t kinds = ctx.has(1) + ctx.has(2);
  if (kinds != 0) {
    const tensor selections = ctx.record(3, kinds * sizeof(hal::selection));
    ctx.reads(selections);
    hal::selection* const first = ctx.has(1) ? &d.limit.drop : &d.limit.grow;
    std::memcpy(first, ctx.sram.data() + selections.base, sizeof *first);
    if (kinds == 2) std::memcpy(&d.limit.grow, ctx.sram.data() + selections.base + sizeof *first, sizeof *first);
  }
  return d;
}

// A part of a mask, whose lists are elsewhere or nowhere: entries that are 1 die, entries that are 0 grow.
std::unique_ptr<operation> change_part(context& ctx, const machine& m) {
  const tensor mask = ctx.dense(0);
  ctx.require_type(mask, mask.type == element::u8);
  const std::vector<context::in_place> allowed{{mask, mask, ctx.reads(mask)}};
  const decision d = read_decision(ctx, mask.count, mask.count);
  std::vector<std::uint8_t> live = ctx.copy<std::uint8_t>(mask);
  for (std::uint32_t i = 0; i < live.size(); ++i) {
    const std::uint32_t index = ctx.param(0) + i;
    if (live[i] == 1)
      live[i] = d.live_scores.empty() || !d.limit.drops(d.live_scores[i], index);
    else if (live[i] == 0)
      live[i] = !d.other_scores.empty() && d.limit.grows(d.other_scores[i], index);
  }
  auto op = std::make_unique<operation>();
  ctx.writes(*op, mask);
  op->set(0, live);
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m, mask.count * timing::mask_update);
  return op;
}

} // namespace

std::unique_ptr<operation> make_mask_update(context& ctx, const machine& m) {
  if (!ctx.has(4)) return change_part(ctx, m);
  ctx.require(ctx.param(0) == 0, error::bad_parameter, 0);
  const hal::view_record& target = ctx.record_of(4);
  ctx.require(ctx.format_of(4) == hal::format::bsr4x4, error::bad_view, 20);
  ctx.require_shape(target.dim[0] % 4 == 0 && target.dim[1] % 4 == 0, 4);
  const std::uint64_t rows = target.dim[0] / 4, columns = target.dim[1] / 4, total = rows * columns;
  const tensor mask = ctx.list(0, element::u8, total);
  const tensor blocks = ctx.dense(5);
  ctx.require_type(blocks, blocks.type == element::u32);
  const std::uint64_t n = blocks.count;
  const tensor remap = ctx.list(6, element::u32, n), places = ctx.list(7, element::u32, 2 * n);
  ctx.require_shape(n <= target.capacity, 4);
  const tensor pointers = ctx.words(4, target.pointers, rows + 1), entries = ctx.words(4, target.indices, 2 * n);
  const std::uint64_t owners = ctx.extension->param[0];
  ctx.require(owners >= 1, error::bad_parameter, 6);
  const auto numbering = ctx.extension->param[1];
  ctx.require(numbering <= hal::owner_order::columns, error::bad_parameter, 7);
  const std::vector<context::in_place> allowed{{mask, mask, ctx.reads(mask)}, {blocks, blocks, ctx.reads(blocks)}};
  const decision d = read_decision(ctx, n, total);

  std::vector<std::uint8_t> live = ctx.copy<std::uint8_t>(mask);
  const auto old_blocks = ctx.copy<std::uint32_t>(blocks);

  std::vector<std::uint32_t> old_slot(total, hal::no_index);
  for (std::uint32_t s = 0; s < n; ++s) {
    ctx.require(old_blocks[s] < total, error::index, blocks.address_of(s));
    old_slot[old_blocks[s]] = s;
  }
  std::vector<std::uint32_t> order; // live blocks, row-major
  for (std::uint32_t i = 0; i < total; ++i) {
    const bool was = live[i] != 0, known = old_slot[i] != hal::no_index;
    const bool drops = was && known && !d.live_scores.empty() && d.limit.drops(d.live_scores[old_slot[i]], i);
    const bool grows = !was && !d.other_scores.empty() && d.limit.grows(d.other_scores[i], i);
    live[i] = (was && !drops) || grows;
    if (live[i] && !was) old_slot[i] = hal::no_index;
    if (live[i]) order.push_back(i);
  }
  ctx.require_shape(order.size() == n, 5);

  std::vector<std::uint32_t> new_pointers(rows + 1), new_entries(2 * n), new_blocks(n), new_remap(n), new_places(2 * n);
  std::vector<std::uint32_t> slot_of(n);
  for (std::uint64_t i = 0; i < n; ++i) {
    const std::uint64_t owner = i % owners;
    slot_of[i] = static_cast<std::uint32_t>(owner * (n / owners) + std::min(owner, n % owners) + i / owners);
  }
  if (numbering == hal::owner_order::columns) { // column by column, so that an owner's lie side by side
    std::vector<std::uint32_t> next(columns + 1);
    for (const auto b : order) ++next[b % columns + 1];
    for (std::size_t c = 1; c < next.size(); ++c) next[c] += next[c - 1];
    for (std::uint64_t i = 0; i < n; ++i) slot_of[i] = next[order[i] % columns]++;
  }
  for (std::uint64_t i = 0; i < n; ++i) {
    const auto slot = slot_of[i];
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
