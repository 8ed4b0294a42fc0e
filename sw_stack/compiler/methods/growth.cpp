// RigL: as many grow as die, with the largest gradients of the step's batch. SET: at random, and the share does not
// fall. Magnitude: nothing grows, and all live at first.
#include "sw_stack/compiler/methods/elements.hpp"

namespace acf::compiler {
namespace {

using namespace hal;

class rigl final : public elements {
  using elements::elements;

  void plan_change(const training&, const change_time& when, recipe& r,
                   std::vector<std::uint32_t>& alive) const override {
    drop_share(falling_share(when.step, when.all_steps), r, alive);
  }

  void growth_scores(const design& d, tile_code& code, std::uint32_t l, const chunk& own,
                     const tensor& to) const override {
    const std::uint16_t t = tagged(tag::regrow, l);
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
};

class set final : public elements {
  using elements::elements;

  void plan_change(const training&, const change_time&, recipe& r, std::vector<std::uint32_t>& alive) const override {
    drop_share(0.3, r, alive);
  }

  void step_end(const design&, tile_code& code) const override { code.set(scalar::draws, setreg_op::add, 1); }

  void growth_scores(const design& d, tile_code& code, std::uint32_t l, const chunk&, const tensor& to) const override {
    command c = code.start(opcode::ewise, {.tag = tagged(tag::regrow, l)}, {nullptr, nullptr, &to});
    c.param = {ewise_fn::uniform,
               0,
               (l << draws_of_a_layer) + first(d, l, code.tile),
               scalar::draws,
               static_cast<std::uint32_t>(d.run.seed),
               static_cast<std::uint32_t>(d.run.seed >> 32)};
    code.append(c);
  }
};

class magnitude final : public elements {
  using elements::elements;

  bool starts_full() const override { return true; }
  bool grows() const override { return false; }

  void plan_change(const training& t, const change_time& when, recipe& r,
                   std::vector<std::uint32_t>& alive) const override {
    const double left = 1.0 - static_cast<double>(when.step) / when.last;
    for (std::size_t l = 0; l < r.layers.size(); ++l) {
      if (r.layers[l].fixed()) continue;
      const std::uint32_t then = count_of(entries(r.layers[l]), t.sparsity * (1.0 - left * left * left));
      r.regrow_count.push_back(alive[l] - then);
      alive[l] = then;
    }
  }
};

} // namespace

const method& growth_method(method_kind k, pattern entries) {
  switch (k) {
  case method_kind::set: return of_entries<set>(entries);
  case method_kind::magnitude: return of_entries<magnitude>(entries);
  default: return of_entries<rigl>(entries);
  }
}

} // namespace acf::compiler
