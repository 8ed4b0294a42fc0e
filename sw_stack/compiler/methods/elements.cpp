// Single weights live and die. Masters, momenta and copies are dense, with zeros where the mask of the tile that owns
// them says so: products bypass the zeros of the copies, which do not travel either. Every change of the mask drops the
// smallest weights of a layer; how many, and what grows in their place, is what these recipes differ in:
//   rigl: as many, with the largest gradients      set: as many, at random
//   momentum: as many, with the largest momenta, which all weights have   magnitude: nothing, and the mask starts full
#include "sw_stack/compiler/choice.hpp"
#include "sw_stack/compiler/methods/method.hpp"
#include "sw_stack/hal/numeric.hpp"

#include <algorithm>
#include <cmath>

namespace acf::compiler {
namespace {

using namespace hal;

enum rooms_used : std::size_t { mask = 0, scores = 1 };
constexpr std::uint8_t dead = 0, live = 1, padding = 2;

class elements final : public method {
public:
  explicit elements(method_kind k) : kind(k) {}

  void shape_layers(const training&, const std::vector<node>& nodes, std::vector<layer_shape>& layers) const override {
    need_perceptron(nodes, "an unstructured pattern");
    for (auto& l : layers) l.whole_rows = true; // so that the numbers of a tile's weights follow each other
  }

  void plan(const training& t, std::uint32_t all_steps, recipe& r) const override {
    std::vector<std::uint32_t> alive, now; // live weights in the course of the run, and where it starts
    for (const auto& s : r.layers) {
      const std::uint32_t all = s.real_outputs * s.real_inputs;
      alive.push_back(kind == method_kind::magnitude ? all : count_of(all, t.sparsity));
    }
    now = alive;
    if (t.regrow_period) plan_changes(t, all_steps, r, alive, now);
    for (std::size_t l = 0; l < r.layers.size(); ++l) set_mask(t, l, r.layers[l], now[l], r.start[l]);
  }

  bool resident() const override { return true; }
  bool has_masks() const override { return true; }
  bool packed() const override { return true; }
  bool changes_masks(const training& t) const override { return t.regrow_period != 0; }

  std::vector<room> rooms(const room_request& r) const override {
    const std::uint64_t own = r.part.widest(r.l);
    return {{"mask", own}, {"scores", own * 4}};
  }

  void load(const design& d, tile_code& code, setup_loader& to, std::uint32_t l) const override {
    if (d.part.owns(l, code.tile))
      to.load(own_mask(d, l, code.tile), d.dram.layers[l].start_mask + first(d, l, code.tile));
  }

  std::vector<tensor> update(const design& d, tile_code& code, std::uint32_t l, const chunk& c,
                             wait_for first_wait) const override {
    const std::uint16_t t = tagged(tag::update, l);
    const std::uint32_t above = c.where.rows.first - d.part.weights(l, code.tile).rows.first,
                        inputs = d.layers[l].inputs;
    const tensor here =
        matrix_of(element::u8, d.mem.layers[l].of_method[mask], c.where.rows.count, c.where.columns.count, inputs)
            .at(above * inputs + c.where.columns.first);
    const link last{.then = {semaphore::updated, 1}, .tag = t};
    if (kind == method_kind::momentum) { // dead weights have momenta, too
      emit_update_command(d, code, c, nullptr, {.first = first_wait, .tag = t});
      emit_ewise(code, ewise_fn::gate, &c.master, &here, c.master, {.tag = t});
      emit_ewise(code, ewise_fn::copy, &c.master, nullptr, c.copy, last);
    } else {
      emit_ewise(code, ewise_fn::gate, &c.gradient, &here, c.gradient, {.first = first_wait, .tag = t});
      emit_update_command(d, code, c, &c.copy, last);
    }
    return {part_to_send(d, l, d.mem.layers[l].weights, c.where)};
  }

  void step_end(const design&, tile_code& code) const override {
    if (kind == method_kind::set) code.set(scalar::draws, setreg_op::add, 1);
  }

  void change_masks(const design& d, tile_code& code) const override {
    std::uint32_t copies = 0;
    for (std::uint32_t l = 0; l <= d.last(); ++l) {
      for (std::uint32_t t = 0; t < d.tiles(); ++t) copies += d.part.owns(l, t);
      if (code.tile == 0) code.load_scalar(scalar::change, d.dram.changes + l * 4, scalar::event);
      change_layer(d, code, l);
    }
    if (code.tile == 0) code.set(scalar::event, setreg_op::add, std::uint64_t{d.last() + 1} * 4);
    code.wait(semaphore::ready, copies);
    emit_fence(d, code);
  }

  std::uint32_t at_end(const design& d, tile_code& code) const override {
    std::uint32_t stores = 0;
    for (std::uint32_t l = 0; l <= d.last(); ++l)
      if (d.part.owns(l, code.tile)) {
        code.store(own_mask(d, l, code.tile), d.dram.layers[l].mask + first(d, l, code.tile),
                   {.then = {semaphore::stored, 1}, .tag = tag::evaluate});
        ++stores;
      }
    return stores;
  }

private:
  const method_kind kind;

  static std::uint32_t count_of(std::uint32_t all, double sparsity) {
    return std::max(1u, static_cast<std::uint32_t>(std::floor((1.0 - sparsity) * all + 0.5)));
  }

  void plan_changes(const training& t, std::uint32_t all_steps, recipe& r, std::vector<std::uint32_t> alive,
                    std::vector<std::uint32_t>& now) const {
    std::uint32_t last = t.regrow_period;
    while (last + t.regrow_period < 0.75 * all_steps) last += t.regrow_period;
    for (std::uint32_t step = t.regrow_period; step < 0.75 * all_steps && step <= r.steps; step += t.regrow_period) {
      r.regrow_steps.push_back(step);
      const double share = 0.15 * (1.0 + numeric::cos_pi(step / (0.75 * all_steps)));
      for (std::size_t l = 0; l < r.layers.size(); ++l) {
        const std::uint32_t all = r.layers[l].real_outputs * r.layers[l].real_inputs;
        if (kind == method_kind::magnitude) {
          const double left = 1.0 - static_cast<double>(step) / last;
          const std::uint32_t then = count_of(all, t.sparsity * (1.0 - left * left * left));
          r.regrow_count.push_back(alive[l] - then);
          alive[l] = then;
        } else
          r.regrow_count.push_back(std::min(static_cast<std::uint32_t>(std::floor(share * alive[l])), all - alive[l]));
      }
      if (step <= t.steps_before) now = alive;
    }
  }

  // wanted: how many weights live at the start.
  void set_mask(const training& t, std::size_t l, const layer_shape& s, std::uint32_t wanted,
                layer_start& start) const {
    const std::uint32_t all = s.real_outputs * s.real_inputs;
    if (std::uint64_t{s.outputs} * s.inputs >= std::uint64_t{1} << draws_of_a_layer)
      throw input_error("layer " + std::to_string(l + 1) + ": at most 2^27 weights in an unstructured pattern");
    start.mask.assign(std::size_t{s.outputs} * s.inputs, padding);
    const auto at = [&](std::uint32_t i) -> std::size_t {
      return std::size_t{i / s.real_inputs} * s.inputs + i % s.real_inputs;
    };
    for (std::uint32_t i = 0; i < all; ++i) start.mask[at(i)] = wanted == all ? live : dead;
    if (wanted == all) return;
    if (!t.start.empty()) {
      std::uint32_t given = 0;
      for (std::uint32_t i = 0; i < all; ++i)
        if (t.start[l].live[i] || t.start[l].weights[i] != 0.f) start.mask[at(i)] = live, ++given;
      if (given != wanted)
        throw input_error("layer " + std::to_string(l + 1) + " to start from: " + std::to_string(given) + " of its " +
                          std::to_string(all) + " weights live, but the recipe asks for " + std::to_string(wanted));
      return;
    }
    for (const auto i : draw(t.seed, random_use::mask + l, all, wanted)) start.mask[at(i)] = live;
    const numeric::random_stream random{t.seed, random_use::weights + l};
    const auto deviation = static_cast<float>(std::sqrt(2.0 / s.real_inputs) / std::sqrt(1.0 - t.sparsity));
    for (std::uint32_t i = 0; i < all; ++i)
      start.weights[at(i)] = start.mask[at(i)] == live ? random.normal(i) * deviation : 0.f;
  }

  // Number of this tile's first weight.
  static std::uint32_t first(const design& d, std::uint32_t l, std::uint32_t tile) {
    return d.part.weights(l, tile).rows.first * d.layers[l].inputs;
  }
  static tensor own_mask(const design& d, std::uint32_t l, std::uint32_t tile) {
    const slice own = d.part.weights(l, tile);
    return matrix_of(element::u8, d.mem.layers[l].of_method[mask], own.rows.count, own.columns.count);
  }

  // Scores of what might grow, in place of the gradients.
  void growth_scores(const design& d, tile_code& code, std::uint32_t l, const chunk& own) const {
    const std::uint16_t t = tagged(tag::regrow, l);
    if (kind == method_kind::momentum)
      return emit_ewise(code, ewise_fn::abs, &own.momentum, nullptr, own.gradient, {.tag = t});
    if (kind == method_kind::set) {
      command c = code.start(opcode::ewise, {.tag = t}, {nullptr, nullptr, &own.gradient});
      c.param = {ewise_fn::uniform,
                 0,
                 (l << draws_of_a_layer) + first(d, l, code.tile),
                 scalar::draws,
                 static_cast<std::uint32_t>(d.run.seed),
                 static_cast<std::uint32_t>(d.run.seed >> 32)};
      return code.append(c);
    }
    const tensor a = d.gradients(l, d.all_rows(), own.where.rows),
                 b = d.layer_input(l, d.fill_scalar(), d.all_rows(), own.where.columns); // of the last step
    command mm = code.start(opcode::mm, {.then = {semaphore::ranged, 1}, .tag = t}, {&a, &b, &own.gradient});
    mm.param[0] = d.product_flags(phase::weight_gradient) | mm_flag::transpose_a | mm_flag::transpose_b;
    code.append(mm);
    emit_ewise(code, ewise_fn::abs, &own.gradient, nullptr, own.gradient, {.first = {semaphore::ranged, 1}, .tag = t});
  }

  void change_layer(const design& d, tile_code& code, std::uint32_t l) const {
    const std::uint16_t t = tagged(tag::regrow, l);
    const bool grows = kind != method_kind::magnitude, owns = d.part.owns(l, code.tile);
    const chunk own = own_weights(d, l, code.tile);
    const std::uint32_t rows = own.where.rows.count, inputs = d.layers[l].inputs;
    const tensor sizes = matrix_of(element::f32, d.mem.layers[l].of_method[scores], rows, inputs);
    choice drop{.l = l,
                .which = 0,
                .order = order::smallest,
                .eligible = live,
                .numbers = d.layers[l].outputs * inputs,
                .own = {owns ? first(d, l, code.tile) : 0, owns ? rows * inputs : 0},
                .scores = sizes,
                .mask = own_mask(d, l, code.tile)};
    choice grow = drop;
    grow.which = 1, grow.order = order::largest, grow.eligible = dead, grow.scores = own.gradient;
    const wait_for all_digits{semaphore::selected, 1};
    grow.first = all_digits;
    if (owns) {
      if (grows) growth_scores(d, code, l, own);
      emit_ewise(code, ewise_fn::abs, &own.master, nullptr, sizes, {.tag = t});
    }
    emit_choice(d, code, drop);
    if (grows) emit_choice(d, code, grow);
    if (!owns) return code.fill_zero(vector_of(element::f32, d.mem.relay, 1), {.first = all_digits});

    const std::uint32_t selections = (grows ? 2 : 1) * sizeof(selection) / 4;
    const tensor chosen = vector_of(element::u32, d.mem.layers[l].selections, selections);
    command change = code.start(opcode::mask_update, {.first = all_digits, .tag = t},
                                {&drop.mask, &sizes, grows ? &grow.scores : nullptr, &chosen});
    change.param[0] = drop.own.first;
    code.append(change);
    emit_ewise(code, ewise_fn::gate, &own.master, &drop.mask, own.master, {.tag = t});
    if (kind != method_kind::momentum) {
      emit_ewise(code, ewise_fn::gate, &own.momentum, &drop.mask, own.momentum, {.tag = t});
      if (d.states() > 1) emit_ewise(code, ewise_fn::gate, &own.second, &drop.mask, own.second, {.tag = t});
    }
    emit_ewise(code, ewise_fn::copy, &own.master, nullptr, own.copy, {.then = {semaphore::cast, 1}, .tag = t});
    code.send(part_to_send(d, l, d.mem.layers[l].weights, own.where), d.all_tiles(),
              {.first = {semaphore::cast, 1}, .then = {semaphore::ready, 1}, .packed = true, .tag = t});
  }
};

} // namespace

const method& element_method(method_kind k) {
  static const elements rigl(method_kind::rigl), set(method_kind::set), magnitude(method_kind::magnitude),
      momentum(method_kind::momentum);
  switch (k) {
  case method_kind::set: return set;
  case method_kind::magnitude: return magnitude;
  case method_kind::momentum: return momentum;
  default: return rigl;
  }
}

} // namespace acf::compiler
