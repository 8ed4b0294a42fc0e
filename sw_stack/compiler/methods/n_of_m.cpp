// N of every M neighbouring weights are used, those of the largest magnitude. All of them have a master, which gets the
// gradient of the weight that was used or not (straight through), and unused ones shrink. SR-STE uses the same weights
// forwards and backwards; BDWP backwards N of M along the outputs, so that both products have their groups along the
// reduction. Copies are made where weights are updated, right after that (SAT's pre-generation). Layers that are
// layer_shape::fixed() have no pattern: all their weights are used, as in dense training.
#include "sw_stack/compiler/methods/method.hpp"

#include <algorithm>

namespace acf::compiler {
namespace {

using namespace hal;

constexpr float shrink = 2e-4f; // of unused weights, in the gradient (SR-STE's lambda)

enum rooms_used : std::size_t { rest = 0, mask = 1, backward = 2 };

void select(const design& d, tile_code& code, const tensor& from, const tensor& to, const tensor* used, bool in_columns,
            const link& how) {
  command c = code.start(opcode::nm_select, how, {&from, &to, used});
  c.param = {d.run.kept, d.run.group, in_columns ? nm_axis::rows : nm_axis::columns, nm_form::masked, 0, 0};
  code.append(c);
}

class n_of_m final : public method {
public:
  explicit n_of_m(bool both_ways) : bidirectional(both_ways) {}

  void shape_layers(const training& t, const std::vector<node>&, std::vector<layer_shape>& layers) const override {
    for (layer_shape& s : layers)
      if (turned(s)) s.output_unit = std::max(4u, t.group);
  }

  bool resident() const override { return true; }
  bool has_masks() const override { return true; }
  bool packed() const override { return true; }
  bool makes_first_copies() const override { return true; }

  std::vector<room> rooms(const room_request& r) const override {
    const layer_shape& s = r.net.layers[r.l];
    if (s.fixed()) return {};
    const std::uint64_t own = r.part.widest(r.l);
    std::vector<room> all{{"unused weights", own * 4}, {"mask", own}};
    if (turned(s)) all.push_back({"backward weights", std::uint64_t{s.outputs} * s.inputs * r.element_bytes});
    return all;
  }

  void at_start(const design& d, tile_code& code) const override {
    for (std::uint32_t l = 0; l <= d.last(); ++l)
      if (owns(d, l, code.tile)) {
        const chunk own = own_weights(d, l, code.tile);
        for (const tensor& t : copies(d, code, l, own, tag::setup))
          code.send(
              t, d.all_tiles(),
              {.first = {semaphore::updated, 1}, .then = {semaphore::ready, 1}, .packed = true, .tag = tag::setup});
      }
  }
  std::uint32_t first_copies(const design& d) const override {
    std::uint32_t n = 0;
    for (std::uint32_t l = 0; l <= d.last(); ++l)
      for (std::uint32_t t = 0; t < d.tiles(); ++t) n += owns(d, l, t) ? 1 + turned(d.layers[l]) : 0;
    return n;
  }

  tensor backward_weights(const design& d, std::uint32_t l, range columns) const override {
    if (!turned(d.layers[l])) return method::backward_weights(d, l, columns);
    return part_of_matrix(d, l, d.mem.layers[l].of_method[backward], {d.all_columns(l), columns});
  }

  std::vector<tensor> update(const design& d, tile_code& code, std::uint32_t l, const chunk& c,
                             wait_for first) const override {
    if (d.layers[l].fixed()) return method::update(d, code, l, c, first);
    const link then{.tag = tagged(tag::update, l)};
    const tensor unused =
        matrix_of(element::f32, d.mem.layers[l].of_method[rest], c.where.rows.count, c.where.columns.count);
    // What needs no gradient, while that is computed.
    select(d, code, c.master, unused, nullptr, false, then);
    emit_ewise(code, ewise_fn::sub, &c.master, &unused, unused, then);
    emit_ewise(code, ewise_fn::scale, &unused, nullptr, unused, then, shrink);
    link behind{.first = first, .tag = then.tag};
    if (d.run.controlled()) { // what shrinks weights is no part of the loss, nor of the gradients that are too long
      const tensor factor = all_the_same(d.step_word(offsetof(step_record, factor)), c.gradient);
      emit_ewise(code, ewise_fn::mul, &c.gradient, &factor, c.gradient, behind);
      behind.first = {};
    }
    emit_ewise(code, ewise_fn::add, &c.gradient, &unused, c.gradient, behind);
    emit_update_command(d, code, c, nullptr, then, gradient_factor::taken);
    return copies(d, code, l, c, then.tag);
  }

  std::uint32_t at_end(const design& d, tile_code& code) const override {
    std::uint32_t stores = 0;
    for (std::uint32_t l = 0; l <= d.last(); ++l) {
      if (!owns(d, l, code.tile)) continue;
      const chunk own = own_weights(d, l, code.tile);
      const auto& b = d.mem.layers[l];
      const std::uint32_t rows = own.where.rows.count, columns = own.where.columns.count, inputs = d.layers[l].inputs;
      const tensor used = matrix_of(element::f32, b.of_method[rest], rows, columns),
                   ones = matrix_of(element::u8, b.of_method[mask], rows, columns);
      select(d, code, own.master, used, &ones, false, {.then = {semaphore::updated, 1}, .tag = tag::evaluate});
      code.store(ones, d.dram.layers[l].mask + std::uint64_t{own.where.rows.first} * inputs + own.where.columns.first,
                 {.first = {semaphore::updated, 1}, .then = {semaphore::stored, 1}, .tag = tag::evaluate}, inputs);
      ++stores;
    }
    return stores;
  }

private:
  const bool bidirectional;

  bool turned(const layer_shape& s) const { return bidirectional && s.passes_back && !s.fixed(); }
  // Weights with a pattern.
  static bool owns(const design& d, std::uint32_t l, std::uint32_t tile) {
    return !d.layers[l].fixed() && d.part.owns(l, tile);
  }

  std::vector<tensor> copies(const design& d, tile_code& code, std::uint32_t l, const chunk& c,
                             std::uint16_t tag) const {
    const auto& b = d.mem.layers[l];
    const link how{.then = {semaphore::updated, 1}, .tag = tag};
    select(d, code, c.master, c.copy, nullptr, false, how);
    std::vector<tensor> all{part_to_send(d, l, b.weights, c.where)};
    if (turned(d.layers[l])) {
      select(d, code, c.master, part_of_matrix(d, l, b.of_method[backward], c.where), nullptr, true, how);
      all.push_back(part_to_send(d, l, b.of_method[backward], c.where));
    }
    return all;
  }
};

} // namespace

const method& n_of_m_method(method_kind k) {
  static const n_of_m srste(false), bdwp(true);
  return k == method_kind::bdwp ? bdwp : srste;
}

} // namespace acf::compiler
