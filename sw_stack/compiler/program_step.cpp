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
  std::uint32_t sends = d.images_shared(), own = 0; // of every tile that has rows; from layers that exchange otherwise
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
}

// The buffers of images change places: next becomes now, the one just read becomes the one to fill.
void rotate_images(const design& d, tile_code& code) {
  const auto move = [&](std::uint32_t to, std::uint32_t from) { code.set(to, setreg_op::set, 0, from); };
  move(scalar::exchange, scalar::images_now);
  move(scalar::images_now, scalar::images_next);
  if (d.where.lookahead == 2) move(scalar::images_next, scalar::images_fill);
  move(d.fill_scalar(), scalar::exchange);
}
} // namespace

void emit_step(const design& d, tile_code& code) {
  const range rows = d.part.rows(code.tile);
  if (rows.count) {
    const own_rows r = d.training_rows(code.tile);
    emit_forward(d, code, r, true, {});
    emit_backward(d, code, r);
  } else
    emit_token(d, code, semaphore::acts);
  code.wait(semaphore::acts, arrivals(d, code.tile));
  emit_prefetch_rest(d, code);
  method_of(d.run).after_exchange(d, code);
  emit_update(d, code);
  if (code.raised_ready == 0) emit_token(d, code, semaphore::ready);
}

// `ready_signals` is the number that the step programs of all tiles raise.
void emit_step_end(const design& d, tile_code& code, std::uint32_t ready_signals) {
  code.set(scalar::record, setreg_op::add, d.dram.step_bytes);
  load_rates(d, code);
  rotate_images(d, code);
  method_of(d.run).step_end(d, code);
  code.wait(semaphore::ready, ready_signals);
  emit_fence(d, code);
}

} // namespace acf::compiler
