// Which blocks grow: those with the largest gradients among all that are zero, which are formed only here, from the
// batch that is still in SRAM. There may be more of them than a tile has room for, so every tile keeps the scores of
// its part of the blocks, and the choice is made by all of them (choice.hpp).
#include "sw_stack/compiler/choice.hpp"
#include "sw_stack/compiler/operators/operator.hpp"

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
  if (d.run.growth_threshold > 0) {
    emit_growth_count(d, code, l, c.scores, *c.mask, c.first, c.second);
    c.first = c.second = {};
  } else if (code.tile == 0)
    code.load_scalar(scalar::change, d.dram.changes + which * 4, scalar::event);
  emit_choice(d, code, c);
  const wait_for all_digits{semaphore::selected, 1};
  if (c.own.count == 0) return code.fill_zero(vector_of(element::f32, d.mem.relay, 1), {.first = all_digits});
  const bool sent = code.tile != 0;
  const tensor chosen = d.selection_of(l, 1);
  command change =
      code.start(opcode::mask_update,
                 {.first = all_digits, .then = {semaphore::grown, sent ? 1u : 0u}, .tag = tagged(tag::regrow, l)},
                 {&*c.mask, nullptr, &c.scores, &chosen});
  change.param[0] = c.own.first;
  code.append(change);
  if (sent)
    code.send(*c.mask, d.root_only(),
              {.first = {semaphore::grown, 1}, .then = {semaphore::masks, 1}, .tag = tagged(tag::regrow, l)});
}

} // namespace acf::compiler
