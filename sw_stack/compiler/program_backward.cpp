// Loss and gradients of this tile's rows. They are the longest chain of a step: every product is sent as soon as it is
// there.
#include "sw_stack/compiler/methods/method.hpp"

namespace acf::compiler {
namespace {

using namespace hal;

// Gradients of node n to all tiles.
void share(const design& d, tile_code& code, std::uint32_t n, range rows, wait_for first) {
  code.send(
      d.rows_to_send(d.mem.nodes[n].gradients, n, rows), d.all_tiles(),
      {.first = first, .then = {semaphore::acts, 1}, .packed = true, .tag = tagged(tag::share, d.nodes[n].layer)});
}

} // namespace

void emit_backward(const design& d, tile_code& code, const own_rows& r) {
  const range rows = r.rows;
  const std::uint32_t last_layer = d.last(), last = static_cast<std::uint32_t>(d.nodes.size()) - 1;
  const tensor logits = d.logits(0, rows.count), labels = d.labels(r),
               gradient = d.gradients(last_layer, rows, d.all_columns(last_layer)),
               record = d.record(d.mem.train_record);
  // Three wait for the loss: its send, the next product, and the statistics.
  const std::uint32_t readers = last > 0 ? 3 : 2;
  const method& how = method_of(d.run);
  command loss = code.start(opcode::softmax_xent,
                            {.first = {semaphore::logits, 1}, .then = {semaphore::loss, readers}, .tag = tag::loss},
                            {&logits, &labels, &gradient, &record});
  loss.param[0] = d.layers[last_layer].real_outputs;
  loss.param[1] = scalar::inverse_batch;
  code.append(loss);

  share(d, code, last, rows, {semaphore::loss, 1});
  wait_for first{semaphore::loss, 1};
  for (std::uint32_t n = last;; --n) {
    const auto& op = operator_of(d.nodes[n].kind);
    if (op.own_gradients(d, code, n, r, first)) first = {};
    if (n == 0) break;
    const unit here = op.runs_on(), next = operator_of(d.nodes[n - 1].kind).runs_on();
    const auto done = d.streams(n) ? semaphore::to_channel : semaphore::product; // the vector unit passes it on
    const bool shared = d.gradients_shared(n - 1);
    raise then;
    if (how.thins(d, n - 1))
      then = {semaphore::to_vector, 1};
    else if (here == next)
      then = {done, shared ? 1u : 0u};
    else
      then = here == unit::matrix ? raise{semaphore::to_vector, 1} : raise{semaphore::to_matrix, 1};
    op.input_gradient(d, code, n, r, {.first = first, .then = then, .tag = tagged(tag::backward, d.nodes[n].layer)});
    if (how.thins(d, n - 1)) { // read by its send, and by the next product
      how.thin(d, code, n - 1, r, then, 1 + (n > 1));
      first = {semaphore::thinned + (n - 1) % 2, 1};
      share(d, code, n - 1, rows, first);
      continue;
    }
    if (shared) share(d, code, n - 1, rows, {done, 1});
    first = here == next ? wait_for{} : then;
  }

  code.store(
      record, d.dram.train_stats + code.tile * sizeof(loss_record),
      {.first = {semaphore::loss, 1}, .then = {semaphore::reported, 1}, .channel1 = true, .tag = tag::statistics});
}

} // namespace acf::compiler
