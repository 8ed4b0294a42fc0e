// One training step. Two waits of the sequencer divide it:
//   start -> forward, loss and input gradients of own rows, while images of coming batches are fetched
//   acts  -> weight gradients and updates of own weights, which need all rows
//   ready -> all tiles have all new weights and the images of the next batch: the next step may start
// `ready` comes after everything that every tile reads or writes in a step, so no buffer of a step needs another guard.
#include "sw_stack/compiler/design.hpp"

namespace acf::compiler {
namespace {
using namespace hal;

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
    emit_forward(d, code, {scalar::images_now, rows.first * d.mem.image_bytes, rows, 0, true}, {});
    emit_backward(d, code);
  } else
    emit_token(d, code, semaphore::acts);
  const std::uint32_t idle_tiles = d.tiles() - d.part.row_tiles, sends = 2 * d.last() + 1 + 1; // and images
  code.wait(semaphore::acts, d.part.row_tiles * sends + idle_tiles);
  emit_prefetch_rest(d, code);
  emit_update(d, code);
  if (code.raised_ready == 0) emit_token(d, code, semaphore::ready);
}

// `ready_signals` is the number that the step programs of all tiles raise.
void emit_step_end(const design& d, tile_code& code, std::uint32_t ready_signals) {
  code.set(scalar::record, setreg_op::add, d.dram.step_bytes);
  load_rates(d, code);
  rotate_images(d, code);
  code.wait(semaphore::ready, ready_signals);
  emit_fence(d, code);
}

} // namespace acf::compiler
