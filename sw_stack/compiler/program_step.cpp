// One training step. Two waits of the sequencer divide it:
//   start -> forward, loss and input gradients of own rows, while images of coming batches are fetched
//   acts  -> weight gradients and updates of own weights, which need all rows
//   ready -> all tiles have all new weights and the images of the next batch: the next step may start
// `ready` comes after everything that every tile reads or writes in a step, so no buffer of a step needs another guard.
#include "sw_stack/compiler/methods/method.hpp"

namespace acf::compiler {
namespace {
using namespace hal;

// Signals of semaphore::acts that this tile gets in a step.
std::uint32_t arrivals(const design& d, std::uint32_t tile) {
  std::uint32_t sends = 1 + d.images_shared(), own = 0; // of every tile that has rows, with its record of losses; from
                                                        // layers that exchange otherwise
  for (std::uint32_t n = 0; n < d.nodes.size(); ++n) {
    sends += d.outputs_shared(n) + d.gradients_shared(n) + method_of(d.run).exchanges(d, n);
    own += operator_of(d.nodes[n].kind).arrivals(d, n, tile);
  }
  const std::uint32_t idle_tiles = d.tiles() - d.part.row_tiles;
  return d.part.row_tiles * sends + idle_tiles + own;
}

void load_rates(const design& d, tile_code& code) {
  code.load_scalar(scalar::rate, d.dram.steps, scalar::record);
  code.load_scalar(scalar::inverse_batch, d.dram.steps + 4, scalar::record);
  if (d.states() > 1)
    code.set(scalar::corrections, setreg_op::load64, d.dram.steps + dram_tables::step_corrections, scalar::record);
}

// The buffers of images change places: next becomes now, the one just read becomes the one to fill.
void rotate_images(const design& d, tile_code& code) {
  const auto move = [&](std::uint32_t to, std::uint32_t from) { code.set(to, setreg_op::set, 0, from); };
  move(scalar::exchange, scalar::images_now);
  move(scalar::images_now, scalar::images_next);
  if (d.where.lookahead == 2) move(scalar::images_next, scalar::images_fill);
  move(d.fill_scalar(), scalar::exchange);
}

// Nobody waits for this tile between two exchanges of sums, so it waits for all of them before it looks at any. What it
// adds to a choice among gradients others do wait for.
void take_part_without_rows(const design& d, tile_code& code) {
  for (auto n = static_cast<std::uint32_t>(d.nodes.size()); n-- > 0;)
    if (method_of(d.run).thins(d, n)) method_of(d.run).thin_without_rows(d, code, n);
  for (const std::uint32_t turn : {0, 1})
    code.wait(semaphore::norm_sums + turn, static_cast<std::uint32_t>(d.norms.size()) * d.part.row_tiles);
  for (std::uint32_t n = 0; n < d.nodes.size(); ++n) operator_of(d.nodes[n].kind).without_rows(d, code, n);
  emit_token(d, code, semaphore::acts);
}
} // namespace

void emit_step(const design& d, tile_code& code) {
  const range rows = d.part.rows(code.tile);
  if (rows.count) {
    const own_rows r = d.training_rows(code.tile);
    emit_forward(d, code, r, {});
    emit_backward(d, code, r);
  } else
    take_part_without_rows(d, code);
  code.wait(semaphore::acts, arrivals(d, code.tile));
  emit_prefetch_rest(d, code);
  method_of(d.run).after_exchange(d, code);
  emit_update(d, code);
  if (!d.norms.empty()) { // others may overwrite sums that the vector unit has read
    emit_to_channel(d, code, {semaphore::to_channel, 1});
    emit_token(d, code, semaphore::ready, {semaphore::to_channel, 1});
  } else if (code.raised_ready == 0)
    emit_token(d, code, semaphore::ready);
}

// `ready_signals` is the number that the step programs of all tiles raise.
void emit_step_end(const design& d, tile_code& code, std::uint32_t ready_signals) {
  code.set(scalar::record, setreg_op::add, d.dram.step_bytes);
  load_rates(d, code);
  rotate_images(d, code);
  if (d.drops()) code.set(scalar::dropout, setreg_op::add, 1);
  method_of(d.run).step_end(d, code);
  code.wait(semaphore::ready, ready_signals);
  emit_fence(d, code);
}

} // namespace acf::compiler
