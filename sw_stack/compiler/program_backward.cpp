// Loss and input gradients of this tile's rows. They are the longest chain of a step: every product is sent as soon as
// it is there.
#include "sw_stack/compiler/design.hpp"

#include <algorithm>

namespace acf::compiler {
namespace {

using namespace hal;

void share(const design& d, tile_code& code, std::uint32_t l, range rows, wait_for first) {
  code.send(d.rows_to_send(d.mem.layers[l].gradients, l, rows), d.all_tiles(),
            {.first = first, .then = {semaphore::acts, 1}, .packed = true, .tag = tagged(tag::share, l)});
}

// Gradient of layer l's inputs, that is of the activations of layer l - 1: columns [first, first + weights' columns).
void multiply(const design& d, tile_code& code, std::uint32_t l, range rows, range columns, const tensor& weights,
              const link& how) {
  const tensor a = d.gradients(l, rows, d.all_columns(l)), c = d.gradients(l - 1, rows, columns),
               gate = d.activations(l - 1, rows, columns);
  command mm = code.start(opcode::mm, how, {&a, &weights, &c});
  mm.param[0] = d.product_flags(phase::input_gradient) | mm_flag::transpose_b | mm_flag::gate;
  code.append(mm, code.extend({nullptr, &gate}));
}

// Weights in DRAM: columns of W, so that every result is one sum, whatever the chunk.
void multiply_streamed(const design& d, tile_code& code, std::uint32_t l, range rows, wait_for first, raise then) {
  const auto& s = d.layers[l];
  const std::uint32_t each = weight_chunk(s.outputs * d.mem.element_bytes, 16);
  std::uint32_t turn = 0;
  for (std::uint32_t column = 0; column < s.inputs; column += each, turn ^= 1) {
    const range columns{column, std::min(each, s.inputs - column)};
    const bool last = columns.end() == s.inputs;
    const raise free{semaphore::weights_free + turn, 1};
    const tensor stage = matrix_of(d.mem.type, d.mem.stage_weights[turn], s.outputs, columns.count);
    code.load(stage, d.dram.layers[l].weights + std::uint64_t{column} * d.mem.element_bytes,
              {.first = free,
               .then = {semaphore::weights_loaded + turn, 1},
               .channel1 = true,
               .tag = tagged(tag::backward, l)},
              s.inputs * d.mem.element_bytes);
    multiply(d, code, l, rows, columns, stage,
             {.first = {semaphore::weights_loaded + turn, 1},
              .second = first,
              .then = last ? raise{semaphore::relay, 1} : free,
              .tag = tagged(tag::backward, l)});
    if (last) emit_relay(d, code, free, then);
    first = {};
  }
}

} // namespace

void emit_backward(const design& d, tile_code& code) {
  const range rows = d.part.rows(code.tile);
  const std::uint32_t last = d.last();
  const tensor logits = d.logits(0, rows.count), labels = d.labels(scalar::images_now, rows),
               gradient = d.gradients(last, rows, d.all_columns(last)), record = d.record(d.mem.train_record);
  // Three wait for the loss: its send, the next product, and the statistics.
  command loss = code.start(opcode::softmax_xent,
                            {.first = {semaphore::logits, 1}, .then = {semaphore::loss, 3}, .tag = tag::loss},
                            {&logits, &labels, &gradient, &record});
  loss.param[0] = d.layers[last].real_outputs;
  loss.param[1] = scalar::inverse_batch;
  code.append(loss);

  share(d, code, last, rows, {semaphore::loss, 1});
  wait_for first{semaphore::loss, 1};
  for (std::uint32_t l = last; l > 0; --l, first = {}) {
    const raise then{semaphore::product, 1};
    const link how{.first = first, .then = then, .tag = tagged(tag::backward, l)};
    const range columns{0, d.layers[l].inputs};
    if (d.layers[l].sparse)
      multiply(d, code, l, rows, columns, d.blocks(l, true), how);
    else if (d.where.weights_resident[l])
      multiply(d, code, l, rows, columns, d.dense_weights(l, d.all_columns(l), columns), how);
    else
      multiply_streamed(d, code, l, rows, first, then);
    share(d, code, l - 1, rows, {semaphore::product, 1});
  }

  code.store(
      record, d.dram.train_stats + code.tile * sizeof(loss_record),
      {.first = {semaphore::loss, 1}, .then = {semaphore::reported, 1}, .channel1 = true, .tag = tag::statistics});
}

} // namespace acf::compiler
