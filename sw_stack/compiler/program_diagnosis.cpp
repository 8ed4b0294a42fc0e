// The diagnosis, when a loss was not finite: the batch of the last step passes forward as an evaluation would have it,
// with the weights as they are, and every tile says of each of its rows, node by node, whether its outputs are finite.
// It uses what the step uses; nothing is to be trained behind it.
#include "sw_stack/compiler/operators/operator.hpp"

namespace acf::compiler {

using namespace hal;

void emit_diagnosis(const design& d, tile_code& code) {
  own_rows r = d.training_rows(code.tile);
  r.training = false, r.image_scalar = d.fill_scalar();
  if (r.rows.count != 0) {
    for (std::uint32_t n = 0; n < d.nodes.size(); ++n) operator_of(d.nodes[n].kind).start_evaluation(d, code, n);
    emit_forward(d, code, r, {});
    wait_for first{semaphore::logits, 1};
    // Gradients of the last layer are not needed any more, and there is a word of them for every row at least.
    const tensor finite = vector_of(element::u32, d.mem.nodes.back().gradients, r.rows.count);
    for (std::uint32_t n = 0; n < d.nodes.size(); ++n) {
      const bool last = n + 1 == d.nodes.size();
      const tensor outputs = last ? d.logits(0, r.rows.count) : d.outputs_of(n, r, {0, d.nodes[n].out.elements()});
      command look =
          code.start(opcode::rowred, {.first = first, .then = {semaphore::to_channel, 1}, .tag = tag::evaluate},
                     {&outputs, &finite});
      look.param = {rowred_op::all_finite, 1, 0, 0, 0, 0};
      code.append(look);
      code.store(finite, d.dram.all_finite + (std::uint64_t{n} * d.run.batch + r.rows.first) * 4,
                 {.first = {semaphore::to_channel, 1}, .then = {semaphore::stored, 1}, .tag = tag::evaluate});
      code.wait(semaphore::stored, 1);
      first = {};
    }
  }
  emit_barrier(d, code, semaphore::evaluating);
  emit_fence(d, code);
}

} // namespace acf::compiler
