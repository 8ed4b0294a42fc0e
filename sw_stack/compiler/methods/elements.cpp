// Entries, single weights or 4x4 blocks, live and die. Masters, momenta and copies are dense, with zeros where the mask
// of the tile that owns them says so: products bypass the zeros of the copies, which do not travel either. Every change
// of the mask drops the smallest entries of a layer; how many, and what grows in their place, is what these recipes
// differ in:
//   rigl: as many, with the largest gradients      set: as many, at random
//   momentum: of all layers together as many, with the largest momenta, which all weights have; by firmware's budget
//   magnitude: nothing, and the mask starts full
// Blocks that are listed, whose number never changes, are no recipe of this file: program_regrow.cpp. Layers that are
// layer_shape::fixed() have no mask: all their weights live, as in dense training.
#include "sw_stack/compiler/choice.hpp"
#include "sw_stack/compiler/methods/method.hpp"
#include "sw_stack/hal/numeric.hpp"

#include <algorithm>
#include <cmath>

namespace acf::compiler {
namespace {

using namespace hal;

// The last two are of blocks, whose weights lie block by block in the room of scores while they are summed up.
enum rooms_used : std::size_t { mask = 0, scores = 1, drop_scores = 2, grow_scores = 3 };
constexpr std::uint8_t dead = 0, live = 1, padding = 2;

class elements final : public method {
public:
  elements(method_kind k, std::uint32_t edge_of_an_entry) : kind(k), edge(edge_of_an_entry) {}

  void shape_layers(const training&, const std::vector<node>&, std::vector<layer_shape>& layers) const override {
    for (auto& l : layers) l.whole_rows = !l.fixed(); // so that the numbers of a tile's weights follow each other
  }

  void plan(const training& t, std::uint32_t all_steps, recipe& r) const override {
    std::vector<std::uint32_t> alive, now; // live weights in the course of the run, and where it starts
    for (const auto& s : r.layers) {
      const std::uint32_t all = entries(s);
      alive.push_back(kind == method_kind::magnitude ? all : count_of(all, t.sparsity));
    }
    now = alive;
    plan_changes(t, all_steps, r, alive, now);
    std::uint64_t given = 0, wanted = 0, all = 0;
    for (std::size_t l = 0; l < r.layers.size(); ++l) {
      if (r.layers[l].fixed()) continue;
      given += set_mask(t, l, r.layers[l], now[l], r.start[l]);
      wanted += now[l], all += entries(r.layers[l]);
    }
    if (given != wanted) refuse_start("layers", given, all, wanted);
  }

  bool resident() const override { return true; }
  bool has_masks() const override { return true; }
  bool packed() const override { return true; }
  bool changes_masks(const training& t) const override { return t.regrow_period != 0; }

  std::vector<room> rooms(const room_request& r) const override {
    const layer_shape& s = r.net.layers[r.l];
    if (s.fixed()) return {};
    const std::uint64_t own = r.part.widest(r.l);
    const std::uint64_t blocks = own / 16;
    std::vector<room> all{{"mask", edge == 1 ? own : own / s.inputs / 4 * mask_pitch(s)}, {"scores", own * 4}};
    if (edge > 1) all.push_back({"scores of blocks", blocks * 4}), all.push_back({"dense scores", blocks * 4});
    if (kind == method_kind::momentum) all.push_back({"sums of rows", own / s.inputs * 4});
    return all;
  }

  void load(const design& d, tile_code& code, setup_loader& to, std::uint32_t l) const override {
    if (owns(d, l, code.tile)) to.load(own_mask(d, l, code.tile), d.dram.layers[l].start_mask + first(d, l, code.tile));
  }

  wait_for gate_gradient(const design& d, tile_code& code, std::uint32_t l, const chunk& c,
                         wait_for first_wait) const override {
    if (kind == method_kind::momentum || d.layers[l].fixed()) return first_wait; // dead weights have momenta, too
    gate(code, c.gradient, mask_of(d, l, code.tile, c.where), {.first = first_wait, .tag = tagged(tag::update, l)});
    return {};
  }

  std::vector<tensor> update(const design& d, tile_code& code, std::uint32_t l, const chunk& c,
                             wait_for first_wait) const override {
    if (kind != method_kind::momentum || d.layers[l].fixed()) return method::update(d, code, l, c, first_wait);
    const std::uint16_t t = tagged(tag::update, l);
    emit_update_command(d, code, c, nullptr, {.first = first_wait, .tag = t});
    gate(code, c.master, mask_of(d, l, code.tile, c.where), {.tag = t});
    emit_ewise(code, ewise_fn::copy, &c.master, nullptr, c.copy, {.then = {semaphore::updated, 1}, .tag = t});
    return {copy_to_send(d, l, c)};
  }

  void step_end(const design&, tile_code& code) const override {
    if (kind == method_kind::set) code.set(scalar::draws, setreg_op::add, 1);
  }

  void change_masks(const design& d, tile_code& code) const override {
    std::uint32_t copies = 0, changed = 0;
    const bool budgeted = kind == method_kind::momentum;
    if (budgeted) sum_up_momenta(d, code);
    for (std::uint32_t l = 0; l <= d.last(); ++l) {
      if (d.layers[l].fixed()) continue;
      for (std::uint32_t t = 0; t < d.tiles(); ++t) copies += d.part.owns(l, t);
      change_layer(d, code, l, changed++);
    }
    if (code.tile == 0 && !budgeted) code.set(scalar::event, setreg_op::add, std::uint64_t{changed} * 4);
    code.wait(semaphore::ready, copies);
    emit_fence(d, code);
  }

  std::uint32_t at_end(const design& d, tile_code& code) const override {
    std::uint32_t stores = 0;
    for (std::uint32_t l = 0; l <= d.last(); ++l)
      if (owns(d, l, code.tile)) {
        const slice own = d.part.weights(l, code.tile);
        link how{.then = {semaphore::stored, 1}, .tag = tag::evaluate};
        tensor each = own_mask(d, l, code.tile);
        if (edge > 1) { // of single weights, in place of scores
          each = matrix_of(element::u8, d.mem.layers[l].of_method[scores], own.rows.count, own.columns.count);
          how.first = {semaphore::scored, 1};
          code.copy(mask_of(d, l, code.tile, own), by_blocks(each),
                    {.then = {semaphore::scored, 1}, .tag = tag::evaluate});
        }
        code.store(each, d.dram.layers[l].mask + std::uint64_t{own.rows.first} * d.layers[l].inputs, how);
        ++stores;
      }
    return stores;
  }

private:
  const method_kind kind;
  const std::uint32_t edge; // 1 or 4 weights each way

  // Weights with a mask.
  static bool owns(const design& d, std::uint32_t l, std::uint32_t tile) {
    return !d.layers[l].fixed() && d.part.owns(l, tile);
  }
  // Of the network, without padding; blocks of the padded matrix.
  std::uint32_t entries(const layer_shape& s) const {
    return edge == 1 ? s.real_outputs * s.real_inputs : s.outputs / 4 * (s.inputs / 4);
  }
  // Of the matrix as it lies, where a tile's part has them side by side.
  std::uint32_t entries_of_a_row(const layer_shape& s) const { return s.inputs / edge; }
  std::uint32_t entries_of_rows(const layer_shape& s, std::uint32_t rows) const {
    return rows / edge * entries_of_a_row(s);
  }
  std::uint32_t mask_pitch(const layer_shape& s) const { return (entries_of_a_row(s) + 3) / 4 * 4; }

  static std::uint32_t count_of(std::uint32_t all, double sparsity) {
    return std::max(1u, static_cast<std::uint32_t>(std::floor((1.0 - sparsity) * all + 0.5)));
  }

  void plan_changes(const training& t, std::uint32_t all_steps, recipe& r, std::vector<std::uint32_t> alive,
                    std::vector<std::uint32_t>& now) const {
    const auto changes = change_steps(t.regrow_period, all_steps);
    for (const std::uint32_t step : changes) {
      if (step > r.steps) break;
      r.regrow_steps.push_back(step);
      const double share = kind == method_kind::set ? 0.3 : falling_share(step, all_steps);
      if (kind == method_kind::momentum) {
        r.regrow_share.push_back(static_cast<std::uint32_t>(std::floor(share * 0x1p32)));
        continue;
      }
      for (std::size_t l = 0; l < r.layers.size(); ++l) {
        if (r.layers[l].fixed()) continue;
        const std::uint32_t all = entries(r.layers[l]);
        if (kind == method_kind::magnitude) {
          const double left = 1.0 - static_cast<double>(step) / changes.back();
          const std::uint32_t then = count_of(all, t.sparsity * (1.0 - left * left * left));
          r.regrow_count.push_back(alive[l] - then);
          alive[l] = then;
        } else
          r.regrow_count.push_back(std::min(static_cast<std::uint32_t>(std::floor(share * alive[l])), all - alive[l]));
      }
      if (step <= t.steps_before) now = alive;
    }
  }

  [[noreturn]] void refuse_start(const std::string& where, std::uint64_t given, std::uint64_t all,
                                 std::uint64_t wanted) const {
    throw input_error(where + " to start from: " + std::to_string(given) + " of " + std::to_string(all) +
                      (edge == 1 ? " weights" : " 4x4 blocks") + " live, but the recipe asks for " +
                      std::to_string(wanted));
  }

  // wanted: how many entries live at the start; momentum's move between layers. Returns how many do.
  std::uint32_t set_mask(const training& t, std::size_t l, const layer_shape& s, std::uint32_t wanted,
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
      if (kind == method_kind::momentum ? given == 0 : given != wanted)
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

  // Number of this tile's first entry.
  std::uint32_t first(const design& d, std::uint32_t l, std::uint32_t tile) const {
    return entries_of_rows(d.layers[l], d.part.weights(l, tile).rows.first);
  }
  tensor own_mask(const design& d, std::uint32_t l, std::uint32_t tile) const {
    const layer_shape& s = d.layers[l];
    return matrix_of(element::u8, d.mem.layers[l].of_method[mask], d.part.weights(l, tile).rows.count / edge,
                     entries_of_a_row(s), mask_pitch(s));
  }
  // The mask of a part of this tile's weights, as an operand beside them.
  tensor mask_of(const design& d, std::uint32_t l, std::uint32_t tile, const slice& where) const {
    const std::uint32_t above = where.rows.first - d.part.weights(l, tile).rows.first, pitch = mask_pitch(d.layers[l]);
    tensor m = matrix_of(element::u8, d.mem.layers[l].of_method[mask], where.rows.count / edge,
                         where.columns.count / edge, pitch)
                   .at(above / edge * pitch + where.columns.first / edge);
    if (edge > 1) m.view.dim[2] = m.view.dim[3] = edge, m.view.stride[2] = m.view.stride[3] = 0;
    return m;
  }
  // A matrix block by block: [block row, block column, 4, 4].
  static tensor by_blocks(tensor t) {
    const auto [row, column] = std::pair{t.view.stride[0], t.view.stride[1]};
    t.view.dim = {t.view.dim[0] / 4, t.view.dim[1] / 4, 4, 4};
    t.view.stride = {4 * row, 4 * column, row, column};
    return t;
  }
  // Zeros for what is dead.
  void gate(tile_code& code, const tensor& values, const tensor& mask, const link& how) const {
    const tensor v = edge == 1 ? values : by_blocks(values);
    emit_ewise(code, ewise_fn::gate, &v, &mask, v, how);
  }
  // What entries are worth: magnitudes of own weights, or of blocks their sums.
  void score(const design& d, tile_code& code, std::uint32_t l, const tensor& values, const tensor& to,
             const link& how) const {
    if (edge == 1) return emit_ewise(code, ewise_fn::abs, &values, nullptr, to, how);
    const tensor from = by_blocks(values);
    const std::uint32_t blocks = from.view.dim[0] * from.view.dim[1], room = d.mem.layers[l].of_method[scores];
    tensor side_by_side = from;
    side_by_side.view.base = room, side_by_side.offset = 0;
    side_by_side.view.stride = {from.view.dim[1] * 64, 64, 16, 4};
    code.copy(from, side_by_side, {.first = how.first, .tag = how.tag});
    const tensor all = matrix_of(element::f32, room, blocks, 16);
    code.append(code.start(opcode::score, {.then = how.then, .tag = how.tag}, {&all, &to}));
  }

  // Scores of what might grow.
  void growth_scores(const design& d, tile_code& code, std::uint32_t l, const chunk& own, const tensor& to) const {
    const std::uint16_t t = tagged(tag::regrow, l);
    if (kind == method_kind::momentum) return score(d, code, l, own.momentum, to, {.tag = t});
    if (kind == method_kind::set) {
      command c = code.start(opcode::ewise, {.tag = t}, {nullptr, nullptr, &to});
      c.param = {ewise_fn::uniform,
                 0,
                 (l << draws_of_a_layer) + first(d, l, code.tile),
                 scalar::draws,
                 static_cast<std::uint32_t>(d.run.seed),
                 static_cast<std::uint32_t>(d.run.seed >> 32)};
      return code.append(c);
    }
    link scored{.tag = t};
    if (d.layers[l].convolution) // sums of groups are still here, on the vector unit
      operator_of(layer_kind::conv2d).weight_gradient(d, code, d.node_of(l), own, {.tag = t});
    else {
      const tensor a = d.gradients(l, d.all_rows(), own.where.rows),
                   b = d.layer_input(l, d.fill_scalar(), d.all_rows(), own.where.columns); // of the last step
      command mm = code.start(opcode::mm, {.then = {semaphore::ranged, 1}, .tag = t}, {&a, &b, &own.gradient});
      mm.param[0] = d.product_flags(phase::weight_gradient) | mm_flag::transpose_a | mm_flag::transpose_b;
      code.append(mm);
      scored.first = {semaphore::ranged, 1};
    }
    score(d, code, l, own.gradient, to, scored);
  }

  // Of the live weights of each row, the magnitudes of momenta: for firmware, which says then how many die and grow.
  void sum_up_momenta(const design& d, tile_code& code) const {
    std::uint32_t stores = 0;
    for (std::uint32_t l = 0; l <= d.last(); ++l) {
      if (!owns(d, l, code.tile)) continue;
      const std::uint16_t t = tagged(tag::regrow, l);
      const auto& room = d.mem.layers[l].of_method;
      const chunk own = own_weights(d, l, code.tile);
      const std::uint32_t rows = own.where.rows.count;
      const tensor sizes = matrix_of(element::f32, room[scores], rows, d.layers[l].inputs),
                   sums = vector_of(element::f32, room.back(), rows);
      emit_ewise(code, ewise_fn::abs, &own.momentum, nullptr, sizes, {.tag = t});
      gate(code, sizes, mask_of(d, l, code.tile, own.where), {.tag = t});
      command add = code.start(opcode::rowred, {.then = {semaphore::scored, 1}, .tag = t}, {&sizes, &sums});
      add.param = {rowred_op::sum, 1, 0, 0, 0, 0};
      code.append(add);
      code.store(sums, d.dram.layers[l].row_sums + std::uint64_t{own.where.rows.first} * 4,
                 {.first = {semaphore::scored, 1}, .then = {semaphore::stored, 1}, .tag = t});
      ++stores;
    }
    code.wait(semaphore::stored, stores);
    code.add(semaphore::scores, 1, d.root_only());
    if (code.tile == 0) code.wait(semaphore::scores, d.tiles());
    emit_fence(d, code);
    if (code.tile == 0) code.wait(semaphore::budgeted, 1);
  }

  // How many weights or blocks the next choice takes, of the root.
  void load_count(const design& d, tile_code& code, std::uint32_t changed, std::uint32_t which) const {
    if (code.tile != 0) return;
    if (kind == method_kind::momentum)
      code.load_scalar(scalar::change, d.dram.changes + (std::uint64_t{changed} * 2 + which) * 4);
    else if (which == 0) // as many grow
      code.load_scalar(scalar::change, d.dram.changes + changed * 4, scalar::event);
  }

  void change_layer(const design& d, tile_code& code, std::uint32_t l, std::uint32_t changed) const {
    const std::uint16_t t = tagged(tag::regrow, l);
    const bool grows = kind != method_kind::magnitude, owns = d.part.owns(l, code.tile);
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
                .own = {owns ? first(d, l, code.tile) : 0, owns ? count : 0},
                .scores = sizes,
                .mask = own_mask(d, l, code.tile)};
    choice grow = drop;
    grow.which = 1, grow.order = order::largest, grow.eligible = dead, grow.scores = growing;
    const wait_for all_digits{semaphore::selected, 1};
    grow.first = all_digits;
    if (owns) {
      if (grows) growth_scores(d, code, l, own, growing);
      score(d, code, l, own.master, sizes, {.tag = t});
    }
    load_count(d, code, changed, 0);
    emit_choice(d, code, drop);
    load_count(d, code, changed, 1);
    if (grows) emit_choice(d, code, grow);
    if (!owns) return code.fill_zero(vector_of(element::f32, d.mem.relay, 1), {.first = all_digits});

    const std::uint32_t selections = (grows ? 2 : 1) * sizeof(selection) / 4;
    const tensor chosen = vector_of(element::u32, d.mem.layers[l].selections, selections);
    command change = code.start(opcode::mask_update, {.first = all_digits, .tag = t},
                                {&*drop.mask, &sizes, grows ? &grow.scores : nullptr, &chosen});
    change.param[0] = drop.own.first;
    code.append(change);
    const tensor here = mask_of(d, l, code.tile, own.where);
    gate(code, own.master, here, {.tag = t});
    if (kind != method_kind::momentum) {
      gate(code, own.momentum, here, {.tag = t});
      if (d.states() > 1) gate(code, own.second, here, {.tag = t});
    }
    emit_ewise(code, ewise_fn::copy, &own.master, nullptr, own.copy, {.then = {semaphore::cast, 1}, .tag = t});
    code.send(part_to_send(d, l, d.mem.layers[l].weights, own.where), d.all_tiles(),
              {.first = {semaphore::cast, 1}, .then = {semaphore::ready, 1}, .packed = true, .tag = t});
  }
};

} // namespace

const method& element_method(method_kind k, pattern entries) {
  static const elements single[] = {{method_kind::rigl, 1},
                                    {method_kind::set, 1},
                                    {method_kind::magnitude, 1},
                                    {method_kind::momentum, 1}},
                        blocks[] = {{method_kind::rigl, 4},
                                    {method_kind::set, 4},
                                    {method_kind::magnitude, 4},
                                    {method_kind::momentum, 4}};
  const auto& all = entries == pattern::masked_blocks ? blocks : single;
  switch (k) {
  case method_kind::set: return all[1];
  case method_kind::magnitude: return all[2];
  case method_kind::momentum: return all[3];
  default: return all[0];
  }
}

} // namespace acf::compiler
