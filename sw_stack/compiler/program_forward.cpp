// Forward products of a few rows through all layers, on the tile that has these rows.
#include "sw_stack/compiler/design.hpp"

#include <algorithm>

namespace acf::compiler {
namespace {

using namespace hal;

struct product {
  const design& d;
  tile_code& code;
  std::uint32_t l;
  tensor input, output;
};

void multiply(const product& p, const tensor& weights, const tensor& output, std::uint32_t first_column,
              std::uint32_t columns, const link& how) {
  const tensor bias = vector_of(element::f32, p.d.mem.layers[p.l].bias, columns).at(first_column * 4);
  command c = p.code.start(opcode::mm, how, {&p.input, &weights, &output});
  c.param[0] = p.d.product_flags(phase::forward) | mm_flag::bias | (p.l == p.d.last() ? 0 : mm_flag::relu);
  p.code.append(c, p.code.extend({&bias}));
}

// Weights in DRAM: rows of W pass through two stages while the products of the rows before are computed.
void multiply_streamed(const product& p, wait_for first, raise then) {
  const auto& s = p.d.layers[p.l];
  const std::uint32_t pitch = s.inputs * p.d.mem.element_bytes, rows_each = weight_chunk(pitch, 4);
  const std::uint32_t output_bytes = p.l == p.d.last() ? 4 : p.d.mem.element_bytes;
  std::uint32_t turn = 0;
  for (std::uint32_t row = 0; row < s.outputs; row += rows_each, turn ^= 1) {
    const std::uint32_t rows = std::min(rows_each, s.outputs - row);
    const bool last = row + rows == s.outputs;
    const raise free{semaphore::weights_free + turn, 1};
    const tensor stage = matrix_of(p.d.mem.type, p.d.mem.stage_weights[turn], rows, s.inputs);
    p.code.load(stage, p.d.dram.layers[p.l].weights + std::uint64_t{row} * pitch,
                {.first = free,
                 .then = {semaphore::weights_loaded + turn, 1},
                 .channel1 = true,
                 .tag = tagged(tag::forward, p.l)});
    tensor output = p.output.at(row * output_bytes);
    output.view.dim[1] = rows;
    multiply(p, stage, output, row, rows,
             {.first = {semaphore::weights_loaded + turn, 1},
              .second = first,
              .then = last ? raise{semaphore::relay, 1} : free,
              .tag = tagged(tag::forward, p.l)});
    if (last) emit_relay(p.d, p.code, free, then);
    first = {};
  }
}

} // namespace

void emit_forward(const design& d, tile_code& code, const forward_rows& f, wait_for first) {
  for (std::uint32_t l = 0; l <= d.last(); ++l, first = {}) {
    const bool last = l == d.last();
    const std::uint32_t inputs = d.layers[l].inputs;
    const product p{d, code, l,
                    l == 0 ? matrix_of(element::u8, d.mem.images, f.rows.count, inputs, d.mem.image_bytes)
                                 .from(f.image_scalar, f.image_offset)
                           : d.activations(l - 1, f.rows, {0, inputs}),
                    last ? d.logits(f.first_logits, f.rows.count) : d.activations(l, f.rows, d.all_columns(l))};
    const bool streamed = !d.layers[l].sparse && !d.where.weights_resident[l];
    if (l == 0 && f.send && streamed) emit_prefetch_start(d, code); // before the weights, on the same channel
    const raise then = last ? raise{semaphore::logits, 1} : raise{semaphore::product, f.send ? 1u : 0u};
    if (d.layers[l].sparse)
      multiply(p, d.blocks(l, false), p.output, 0, d.layers[l].outputs,
               {.first = first, .then = then, .tag = tagged(tag::forward, l)});
    else if (!streamed)
      multiply(p, d.dense_weights(l, d.all_columns(l), {0, inputs}), p.output, 0, d.layers[l].outputs,
               {.first = first, .then = then, .tag = tagged(tag::forward, l)});
    else
      multiply_streamed(p, first, then);
    if (l == 0 && f.send && !streamed) emit_prefetch_start(d, code);
    if (!last && f.send)
      code.send(d.rows_to_send(d.mem.layers[l].activations, l, f.rows), d.all_tiles(),
                {.first = {semaphore::product, 1},
                 .then = {semaphore::acts, 1},
                 .packed = true,
                 .tag = tagged(tag::share, l)});
  }
}

} // namespace acf::compiler
