// The forward pass of a few rows through all layers, on the tile that has these rows.
#include "sw_stack/compiler/operators/operator.hpp"

namespace acf::compiler {
namespace {

// What passes a node's outputs on to the unit of the next one, which waits for as much.
raise hand_over(unit from, unit to) {
  if (from == to) return {};
  return from == unit::matrix ? raise{semaphore::to_vector, 1} : raise{semaphore::to_matrix, 1};
}

} // namespace

void emit_forward(const design& d, tile_code& code, const own_rows& r, bool training, wait_for first) {
  const auto count = static_cast<std::uint32_t>(d.nodes.size());
  for (std::uint32_t n = 0; n < count; ++n) {
    const auto& op = operator_of(d.nodes[n].kind);
    const std::uint32_t l = d.nodes[n].layer;
    const bool last = n + 1 == count, send = training && d.outputs_shared(n);
    const unit here = op.runs_on(), next = last ? unit::vector : operator_of(d.nodes[n + 1].kind).runs_on();
    raise then = last ? raise{semaphore::logits, 1} : hand_over(here, next);
    const wait_for next_first = last ? raise{} : then;
    const auto done = d.streams(n) ? semaphore::to_channel : semaphore::product; // the vector unit passes it on
    if (here == unit::matrix && next == unit::matrix && !last) then = {done, send ? 1u : 0u};
    if (n == 0 && training && d.streams(n)) emit_prefetch_start(d, code); // before the weights, on the same channel
    op.forward(d, code, n, r, {.first = first, .then = then, .tag = tagged(tag::forward, l)});
    if (n == 0 && training && !d.streams(n)) emit_prefetch_start(d, code);
    if (send) {
      wait_for ready{done, 1};
      if (here == unit::vector) emit_to_channel(d, code, ready = {semaphore::to_channel, 1});
      code.send(d.rows_to_send(d.mem.nodes[n].outputs, n, r.rows), d.all_tiles(),
                {.first = ready, .then = {semaphore::acts, 1}, .packed = true, .tag = tagged(tag::share, l)});
    }
    first = next_first;
  }
}

} // namespace acf::compiler
