// Sparse momentum: the smallest weights die, and those of all layers with the largest momenta grow, which dead weights
// have, too. How many in which layer is firmware's to say (RECIPE.md, "The budget of momentum";
// runtime/redistribution).
#include "sw_stack/compiler/methods/elements.hpp"
#include "sw_stack/hal/job_image.hpp"

#include <cmath>
#include <cstddef>

namespace acf::compiler {
namespace {

using namespace hal;

class sparse_momentum final : public elements {
  using elements::elements;

  bool moves_between_layers() const override { return true; }
  bool dead_ones_have_moments() const override { return true; }

  void plan_change(const training&, const change_time& when, recipe& r, std::vector<std::uint32_t>&) const override {
    const double share = falling_share(when.step, when.all_steps);
    r.regrow_share.push_back(static_cast<std::uint32_t>(std::floor(share * 0x1p32)));
  }

  std::vector<room> rooms(const room_request& r) const override {
    auto all = elements::rooms(r);
    const layer_shape& s = r.net.layers[r.l];
    if (!s.fixed()) all.push_back({"sums of rows", r.part.widest(r.l) / s.inputs * 4});
    return all;
  }

  std::vector<tensor> update(const design& d, tile_code& code, std::uint32_t l, const chunk& c,
                             wait_for first_wait) const override {
    if (d.layers[l].fixed()) return method::update(d, code, l, c, first_wait);
    const std::uint16_t t = tagged(tag::update, l);
    emit_update_command(d, code, c, nullptr, {.first = first_wait, .tag = t});
    gate(code, c.master, mask_of(d, l, code.tile, c.where), {.tag = t});
    emit_ewise(code, ewise_fn::copy, &c.master, nullptr, c.copy, {.then = {semaphore::updated, 1}, .tag = t});
    return {copy_to_send(d, l, c)};
  }

  void growth_scores(const design& d, tile_code& code, std::uint32_t l, const chunk& own,
                     const tensor& to) const override {
    score(d, code, l, own.momentum, to, {.tag = tagged(tag::regrow, l)});
  }

  // Of the live weights of each row, the magnitudes of momenta: for firmware, which says then how many die and grow.
  void before_changes(const design& d, tile_code& code) const override {
    std::uint32_t stores = 0;
    for (std::uint32_t l = 0; l <= d.last(); ++l) {
      if (!owns(d, l, code.tile)) continue;
      const std::uint16_t t = tagged(tag::regrow, l);
      const chunk own = own_weights(d, l, code.tile);
      const std::uint32_t rows = own.where.rows.count;
      const tensor sizes = matrix_of(element::f32, room_of_scores(d, l), rows, d.layers[l].inputs),
                   sums = vector_of(element::f32, d.mem.layers[l].of_method.back(), rows);
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

  void load_count(const design& d, tile_code& code, std::uint32_t changed, bool growth) const override {
    code.load_scalar(scalar::change,
                     d.dram.changes + changed * sizeof(job::budget_change) +
                         (growth ? offsetof(job::budget_change, grown) : offsetof(job::budget_change, dropped)));
  }
  void after_changes(const design&, tile_code&, std::uint32_t) const override {} // the same place for every change
};

} // namespace

const method& momentum_method(pattern entries) { return of_entries<sparse_momentum>(entries); }

} // namespace acf::compiler
