// The forward pass of a few rows through all layers, on the tile that has these rows.
#include "sw_stack/compiler/unit_chain.hpp"

namespace acf::compiler {

void emit_forward(const design& d, tile_code& code, const own_rows& r, wait_for first) {
  unit_chain chain(d, code, first);
  for (std::uint32_t n = 0; n < d.nodes.size(); ++n) {
    const auto& op = operator_of(d.nodes[n].kind);
    const std::uint32_t l = d.nodes[n].layer;
    piece p{.where = op.runs_on(), .tag = tagged(tag::forward, l), .relayed = d.streams(n)};
    p.emit = [&, n](const link& how) {
      const bool prefetches = n == 0 && r.training;
      if (prefetches && d.streams(n)) emit_prefetch_start(d, code); // before the weights, on the same channel
      op.forward(d, code, n, r, how);
      if (prefetches && !d.streams(n)) emit_prefetch_start(d, code);
    };
    if (r.training && d.outputs_shared(n))
      p.send = [&, n, l](wait_for ready) {
        const link how{.first = ready, .then = {semaphore::acts, 1}, .packed = true, .tag = tagged(tag::share, l)};
        if (const auto reader = d.dealt(n))
          code.deal(d.outputs_of(n, r, {0, d.nodes[n].out.elements()}), d.block_list(*reader), d.all_tiles(), how);
        else
          code.send(d.rows_to_send(d.mem.nodes[n].outputs, n, r.rows), d.all_tiles(), how);
      };
    chain.add(std::move(p));
  }
  chain.finish({semaphore::logits, 1});
}

} // namespace acf::compiler
