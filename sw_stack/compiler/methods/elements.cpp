#include "sw_stack/compiler/methods/elements.hpp"

#include "sw_stack/compiler/choice.hpp"
#include "sw_stack/hal/numeric.hpp"

#include <algorithm>
#include <cmath>

namespace acf::compiler {
namespace {

using namespace hal;

// The last two are of blocks.
enum rooms_used : std::size_t { mask = 0, scores = 1, drop_scores = 2, grow_scores = 3 };
constexpr std::uint8_t dead = 0, live = 1, padding = 2;

// A matrix block by block: [block row, block column, 4, 4].
tensor by_blocks(tensor t) {
  const auto [row, column] = std::pair{t.view.stride[0], t.view.stride[1]};
  t.view.dim = {t.view.dim[0] / 4, t.view.dim[1] / 4, 4, 4};
  t.view.stride = {4 * row, 4 * column, row, column};
  return t;
}

} // namespace

void elements::shape_layers(const training&, const std::vector<node>&, std::vector<layer_shape>& layers) const {
  for (auto& l : layers) l.whole_rows = !l.fixed(); // so that the numbers of a tile's weights follow each other
}

// --- numbers ---------------------------------------------------------------------------------------------------------

void elements::plan(const training& t, std::uint32_t all_steps, recipe& r) const {
  const auto wanted = plan_changes(t, all_steps, r);
  std::uint64_t given = 0, all_wanted = 0, all = 0;
  for (std::size_t l = 0; l < r.layers.size(); ++l) {
    if (r.layers[l].fixed()) continue;
    given += set_mask(t, l, r.layers[l], wanted[l], r.start[l]);
    all_wanted += wanted[l], all += entries(r.layers[l]);
  }
  if (given != all_wanted) refuse_start("layers", given, all, all_wanted);
}

std::uint32_t elements::count_of(std::uint32_t all, double sparsity) {
  return std::max(1u, static_cast<std::uint32_t>(std::floor((1.0 - sparsity) * all + 0.5)));
}

// Returns how many entries of each layer live where this run starts.
std::vector<std::uint32_t> elements::plan_changes(const training& t, std::uint32_t all_steps, recipe& r) const {
  std::vector<std::uint32_t> alive;
  for (const auto& s : r.layers) alive.push_back(starts_full() ? entries(s) : count_of(entries(s), t.sparsity));
  auto at_start = alive;
  const auto changes = change_steps(t.regrow_period, all_steps);
  for (const std::uint32_t step : changes) {
    if (step > r.steps) break;
    r.regrow_steps.push_back(step);
    plan_change(t, {step, changes.back(), all_steps}, r, alive);
    if (step <= t.steps_before) at_start = alive;
  }
  return at_start;
}

void elements::drop_share(double share, recipe& r, const std::vector<std::uint32_t>& alive) const {
  for (std::size_t l = 0; l < r.layers.size(); ++l)
    if (!r.layers[l].fixed())
      r.regrow_count.push_back(
          std::min(static_cast<std::uint32_t>(std::floor(share * alive[l])), entries(r.layers[l]) - alive[l]));
}

void elements::refuse_start(const std::string& where, std::uint64_t given, std::uint64_t all,
                            std::uint64_t wanted) const {
  throw input_error(where + " to start from: " + std::to_string(given) + " of " + std::to_string(all) +
                    (edge == 1 ? " weights" : " 4x4 blocks") + " live, but the recipe asks for " +
                    std::to_string(wanted));
}

// wanted: how many entries live at the start. Returns how many do.
std::uint32_t elements::set_mask(const training& t, std::size_t l, const layer_shape& s, std::uint32_t wanted,
                                 layer_start& start) const {
  const std::uint32_t all = entries(s);
  if (std::uint64_t{s.outputs} * s.inputs >= std::uint64_t{1} << draws_of_a_layer)
    throw input_error("layer " + std::to_string(l + 1) + ": at most 2^27 weights for recipes of single weights");
  start.mask.assign(std::size_t{s.outputs} / edge * entries_of_a_row(s), edge == 1 ? padding : dead);
  const auto at = [&](std::uint32_t i) -> std::size_t { // of a single weight in the mask
    return std::size_t{i / s.real_inputs} * s.inputs + s.column_of(i / s.real_inputs, i % s.real_inputs);
  };
  const auto place = [&](std::uint32_t entry) -> std::size_t { return edge == 1 ? at(entry) : entry; };
  const auto entry_of = [&](std::uint32_t i) -> std::size_t {
    return edge == 1 ? at(i) : std::size_t{at(i) / s.inputs / 4} * entries_of_a_row(s) + at(i) % s.inputs / 4;
  };
  for (std::uint32_t e = 0; e < all; ++e) start.mask[place(e)] = wanted == all ? live : dead;
  if (wanted == all) return all;
  const std::uint32_t weights = s.real_outputs * s.real_inputs;
  if (!t.start.empty()) {
    for (std::uint32_t i = 0; i < weights; ++i)
      if (t.start[l].live[i] || t.start[l].weights[i] != 0.f) start.mask[entry_of(i)] = live;
    const auto given = static_cast<std::uint32_t>(std::count(start.mask.begin(), start.mask.end(), live));
    if (moves_between_layers() ? given == 0 : given != wanted)
      refuse_start("layer " + std::to_string(l + 1), given, all, wanted);
    return given;
  }
  for (const auto e : draw(t.seed, random_use::mask + l, all, wanted)) start.mask[place(e)] = live;
  const numeric::random_stream random{t.seed, random_use::weights + l};
  const auto deviation = static_cast<float>(std::sqrt(2.0 / s.real_inputs) / std::sqrt(1.0 - t.sparsity));
  for (std::uint32_t i = 0; i < weights; ++i)
    start.weights[at(i)] = start.mask[entry_of(i)] == live ? random.normal(i) * deviation : 0.f;
  return wanted;
}

// --- room and operands -----------------------------------------------------------------------------------------------

std::vector<room> elements::rooms(const room_request& r) const {
  const layer_shape& s = r.net.layers[r.l];
  if (s.fixed()) return {};
  const std::uint64_t own = r.part.widest(r.l), blocks = own / 16;
  if (edge == 1) return {{"mask", own}, {"scores", own * 4}};
  return {{"mask", own / s.inputs / 4 * mask_pitch(s)},
          {"scores", own * 4},
          {"scores of blocks", blocks * 4},
          {"dense scores", blocks * 4}};
}

std::uint32_t elements::room_of_scores(const design& d, std::uint32_t l) { return d.mem.layers[l].of_method[scores]; }

std::uint32_t elements::first(const design& d, std::uint32_t l, std::uint32_t tile) const {
  return entries_of_rows(d.layers[l], d.part.weights(l, tile).rows.first);
}

tensor elements::own_mask(const design& d, std::uint32_t l, std::uint32_t tile) const {
  const layer_shape& s = d.layers[l];
  return matrix_of(element::u8, d.mem.layers[l].of_method[mask], d.part.weights(l, tile).rows.count / edge,
                   entries_of_a_row(s), mask_pitch(s));
}

tensor elements::mask_of(const design& d, std::uint32_t l, std::uint32_t tile, const slice& where) const {
  const std::uint32_t above = where.rows.first - d.part.weights(l, tile).rows.first, pitch = mask_pitch(d.layers[l]);
  tensor m = matrix_of(element::u8, d.mem.layers[l].of_method[mask], where.rows.count / edge,
                       where.columns.count / edge, pitch)
                 .at(above / edge * pitch + where.columns.first / edge);
  if (edge > 1) m.view.dim[2] = m.view.dim[3] = edge, m.view.stride[2] = m.view.stride[3] = 0;
  return m;
}

// --- commands --------------------------------------------------------------------------------------------------------

void elements::gate(tile_code& code, const tensor& values, const tensor& mask, const link& how) const {
  const tensor v = edge == 1 ? values : by_blocks(values);
  emit_ewise(code, ewise_fn::gate, &v, &mask, v, how);
}

void elements::score(const design& d, tile_code& code, std::uint32_t l, const tensor& values, const tensor& to,
                     const link& how) const {
  if (edge == 1) return emit_ewise(code, ewise_fn::abs, &values, nullptr, to, how);
  const tensor from = by_blocks(values);
  const std::uint32_t blocks = from.view.dim[0] * from.view.dim[1], room = room_of_scores(d, l);
  tensor side_by_side = from;
  side_by_side.view.base = room, side_by_side.offset = 0;
  side_by_side.view.stride = {from.view.dim[1] * 64, 64, 16, 4};
  code.copy(from, side_by_side, {.first = how.first, .tag = how.tag});
  const tensor all = matrix_of(element::f32, room, blocks, 16);
  code.append(code.start(opcode::score, {.then = how.then, .tag = how.tag}, {&all, &to}));
}

void elements::load(const design& d, tile_code& code, setup_loader& to, std::uint32_t l) const {
  if (owns(d, l, code.tile)) to.load(own_mask(d, l, code.tile), d.dram.layers[l].start_mask + first(d, l, code.tile));
}

wait_for elements::gate_gradient(const design& d, tile_code& code, std::uint32_t l, const chunk& c,
                                 wait_for first_wait) const {
  if (dead_ones_have_moments() || d.layers[l].fixed()) return first_wait;
  gate(code, c.gradient, mask_of(d, l, code.tile, c.where), {.first = first_wait, .tag = tagged(tag::update, l)});
  return {};
}

void elements::change_masks(const design& d, tile_code& code) const {
  std::uint32_t copies = 0, changed = 0;
  before_changes(d, code);
  for (std::uint32_t l = 0; l <= d.last(); ++l) {
    if (d.layers[l].fixed()) continue;
    for (std::uint32_t t = 0; t < d.tiles(); ++t) copies += d.part.owns(l, t);
    change_layer(d, code, l, changed++);
  }
  after_changes(d, code, changed);
  code.wait(semaphore::ready, copies);
  emit_fence(d, code);
}

void elements::load_count(const design& d, tile_code& code, std::uint32_t changed, bool growth) const {
  if (!growth) code.load_scalar(scalar::change, d.dram.changes + changed * 4, scalar::event);
}

void elements::after_changes(const design&, tile_code& code, std::uint32_t changed) const {
  if (code.tile == 0) code.set(scalar::event, setreg_op::add, std::uint64_t{changed} * 4);
}

void elements::change_layer(const design& d, tile_code& code, std::uint32_t l, std::uint32_t changed) const {
  const std::uint16_t t = tagged(tag::regrow, l);
  const bool owner = d.part.owns(l, code.tile);
  const chunk own = own_weights(d, l, code.tile);
  const layer_shape& shape = d.layers[l];
  const std::uint32_t rows = own.where.rows.count, count = entries_of_rows(shape, rows);
  const auto& room = d.mem.layers[l].of_method;
  const tensor sizes = edge == 1 ? matrix_of(element::f32, room[scores], rows, shape.inputs)
                                 : vector_of(element::f32, room[drop_scores], count),
               growing = edge == 1 ? own.gradient : vector_of(element::f32, room[grow_scores], count);
  choice drop{.l = l,
              .which = 0,
              .order = order::smallest,
              .eligible = live,
              .numbers = entries_of_rows(shape, shape.outputs),
              .own = {owner ? first(d, l, code.tile) : 0, owner ? count : 0},
              .scores = sizes,
              .mask = own_mask(d, l, code.tile)};
  choice grow = drop;
  grow.which = 1, grow.order = order::largest, grow.eligible = dead, grow.scores = growing;
  const wait_for all_digits{semaphore::selected, 1};
  grow.first = all_digits;
  if (owner) {
    if (grows()) growth_scores(d, code, l, own, growing);
    score(d, code, l, own.master, sizes, {.tag = t});
  }
  if (code.tile == 0) load_count(d, code, changed, false);
  emit_choice(d, code, drop);
  if (grows()) {
    if (code.tile == 0) load_count(d, code, changed, true);
    emit_choice(d, code, grow);
  }
  if (!owner) return code.fill_zero(vector_of(element::f32, d.mem.relay, 1), {.first = all_digits});

  const std::uint32_t selections = (grows() ? 2 : 1) * sizeof(selection) / 4;
  const tensor chosen = vector_of(element::u32, d.mem.layers[l].selections, selections);
  command change = code.start(opcode::mask_update, {.first = all_digits, .tag = t},
                              {&*drop.mask, &sizes, grows() ? &grow.scores : nullptr, &chosen});
  change.param[0] = drop.own.first;
  code.append(change);
  const tensor here = mask_of(d, l, code.tile, own.where);
  gate(code, own.master, here, {.tag = t});
  if (!dead_ones_have_moments()) {
    gate(code, own.momentum, here, {.tag = t});
    if (d.states() > 1) gate(code, own.second, here, {.tag = t});
  }
  emit_ewise(code, ewise_fn::copy, &own.master, nullptr, own.copy, {.then = {semaphore::cast, 1}, .tag = t});
  code.send(part_to_send(d, l, d.mem.layers[l].weights, own.where), d.all_tiles(),
            {.first = {semaphore::cast, 1}, .then = {semaphore::ready, 1}, .packed = true, .tag = t});
}
std::uint32_t elements::at_end(const design& d, tile_code& code) const {
  std::uint32_t stores = 0;
  for (std::uint32_t l = 0; l <= d.last(); ++l)
    if (owns(d, l, code.tile)) {
      const slice own = d.part.weights(l, code.tile);
      link how{.then = {semaphore::stored, 1}, .tag = tag::evaluate};
      tensor each = own_mask(d, l, code.tile);
      if (edge > 1) { // of single weights, in place of scores
        each = matrix_of(element::u8, room_of_scores(d, l), own.rows.count, own.columns.count);
        how.first = {semaphore::scored, 1};
        code.copy(mask_of(d, l, code.tile, own), by_blocks(each),
                  {.then = {semaphore::scored, 1}, .tag = tag::evaluate});
      }
      code.store(each, d.dram.layers[l].mask + std::uint64_t{own.rows.first} * d.layers[l].inputs, how);
      ++stores;
    }
  return stores;
}

} // namespace acf::compiler
