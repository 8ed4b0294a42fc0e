// Which blocks grow: those with the largest gradients among all that are zero, which are formed only here, from the
// batch that is still in SRAM. There may be more of them than a tile has room for, so every tile keeps the scores of
// its part of the blocks, and the choice is made by all of them (choice.hpp).
#include "sw_stack/compiler/choice.hpp"
#include "sw_stack/compiler/methods/method.hpp"
#include "sw_stack/compiler/operators/operator.hpp"

#include <cmath>
#include <cstddef>

namespace acf::compiler {
namespace {

using namespace hal;

choice growth_of(const design& d, const tile_code& code, std::uint32_t l) {
  const range own = d.part.score_blocks(l, code.tile);
  const auto& b = d.mem.layers[l];
  return {.l = l,
          .which = 1,
          .order = order::largest,
          .eligible = 0,
          .numbers = d.layers[l].blocks,
          .own = own,
          .scores = vector_of(element::f32, b.dense_scores, own.count),
          .mask = vector_of(element::u8, b.mask, own.count).at(own.first)};
}

// Masks of several layers may overtake each other, so the first layer that needs its part waits for all of them.
std::uint32_t masks_to_await(const design& d, const tile_code& code, std::uint32_t of) {
  if (code.tile == 0) return 0; // has them
  std::uint32_t n = 0;
  for (std::uint32_t l = 0; l <= d.last(); ++l)
    if (d.moves(l) && d.part.score_blocks(l, code.tile).count) {
      if (l < of) return 0;
      ++n;
    }
  return n;
}

// ACF's threshold of gradients: eligible are zero blocks with a mean magnitude of at least that. Scores have the loss
// scale of the step that is over, the threshold gets the one behind it.
void keep_above_threshold(const design& d, tile_code& code, choice& c) {
  const std::uint32_t base = d.mem.layers[c.l].growth_candidates;
  const link how{.tag = tagged(tag::regrow, c.l)};
  const tensor candidates = vector_of(element::f32, base, c.own.count),
               below = vector_of(element::f32, base, 1).at(c.own.count * 4), one = below.at(4);
  const auto ewise = [&](std::uint32_t function, const tensor& v0, const tensor& v1, const tensor& v2) {
    emit_ewise(code, function, &v0, &v1, v2, how);
  };
  emit_ewise(code, ewise_fn::fill, nullptr, nullptr, one, how, 1);
  emit_ewise(code, ewise_fn::fill, nullptr, nullptr, below, how, std::nextafter(16 * d.run.growth_threshold, 0.f));
  emit_ewise(code, ewise_fn::copy, &c.scores, nullptr, candidates,
             {.first = c.first, .second = c.second, .tag = how.tag});
  if (d.run.scales_loss()) {
    ewise(ewise_fn::mul, below, d.step_word(offsetof(step_record, loss_scale)), below);
    ewise(ewise_fn::mul, candidates, all_the_same(d.step_word(offsetof(step_record, rescale)), candidates), candidates);
  }
  ewise(ewise_fn::sub, candidates, all_the_same(below, candidates), candidates);
  ewise(ewise_fn::gate, all_the_same(one, candidates), candidates, candidates);
  ewise(ewise_fn::sub, candidates, *c.mask, candidates);
  c.mask = candidates, c.eligible = 1, c.first = c.second = {};
}

// Scores that the vector unit has summed up itself need no signal.
std::uint32_t scores_from_matrix(const design& d, std::uint32_t l) { return d.layers[l].convolution ? 0 : 1; }

} // namespace

void emit_growth_scores(const design& d, tile_code& code, std::uint32_t l) {
  if (code.tile == 0) // which has the whole mask
    for (std::uint32_t t = 1; t < d.tiles(); ++t)
      if (const range part = d.part.score_blocks(l, t); part.count)
        code.send(vector_of(element::u8, d.mem.layers[l].mask, part.count).at(part.first), d.only(t),
                  {.then = {semaphore::masked, 1}, .channel1 = true, .tag = tagged(tag::regrow, l)});
  const auto c = growth_of(d, code, l);
  if (c.own.count == 0) return;
  const std::uint32_t n = d.node_of(l);
  operator_of(d.nodes[n].kind)
      .growth_scores(d, code, n, c.own, c.scores,
                     {.then = {semaphore::ranged, scores_from_matrix(d, l)}, .tag = tagged(tag::regrow, l)});
}

void emit_growth(const design& d, tile_code& code, std::uint32_t l, std::uint32_t which) {
  choice c = growth_of(d, code, l);
  if (c.own.count)
    c.first = {semaphore::ranged, scores_from_matrix(d, l)}, c.second = {semaphore::masked, masks_to_await(d, code, l)};
  const tensor mask = *c.mask;
  if (c.own.count && d.run.growth_threshold > 0) keep_above_threshold(d, code, c);
  if (code.tile == 0) code.load_scalar(scalar::change, d.dram.changes + which * 4, scalar::event);
  emit_choice(d, code, c);
  const wait_for all_digits{semaphore::selected, 1};
  if (c.own.count == 0) return code.fill_zero(vector_of(element::f32, d.mem.relay, 1), {.first = all_digits});
  const bool sent = code.tile != 0;
  const tensor chosen = d.selection_of(l, 1);
  command change =
      code.start(opcode::mask_update,
                 {.first = all_digits, .then = {semaphore::grown, sent ? 1u : 0u}, .tag = tagged(tag::regrow, l)},
                 {&mask, nullptr, &c.scores, &chosen});
  change.param[0] = c.own.first;
  code.append(change);
  if (sent)
    code.send(mask, d.root_only(),
              {.first = {semaphore::grown, 1}, .then = {semaphore::masks, 1}, .tag = tagged(tag::regrow, l)});
}

} // namespace acf::compiler
