// Fully connected layers. Every tile multiplies its rows by all weights, forwards and backwards; everybody gets inputs
// and gradients of all rows, so that owners of weights form their gradients in one piece.
#include "sw_stack/compiler/methods/method.hpp"

#include <algorithm>

namespace acf::compiler {
namespace {

using namespace hal;

// --- forward ---------------------------------------------------------------------------------------------------------

struct product {
  const design& d;
  tile_code& code;
  std::uint32_t n, l;
  tensor input, output;
  bool last() const { return n + 1 == d.nodes.size(); }
};

void multiply(const product& p, const tensor& weights, const tensor& output, std::uint32_t first_column,
              std::uint32_t columns, const link& how) {
  const tensor bias = vector_of(element::f32, p.d.mem.layers[p.l].bias, columns).at(first_column * 4);
  command c = p.code.start(opcode::mm, how, {&p.input, &weights, &output});
  c.param[0] = p.d.product_flags(phase::forward) | mm_flag::bias | (p.d.nodes[p.n].relu ? mm_flag::relu : 0);
  p.code.append(c, p.code.extend({&bias}));
}

// Weights in DRAM: rows of W pass through two stages while the products of the rows before are computed.
void multiply_streamed(const product& p, wait_for first, raise then) {
  const auto& s = p.d.layers[p.l];
  const std::uint32_t pitch = s.inputs * p.d.mem.element_bytes, rows_each = weight_chunk(pitch, 4);
  const std::uint32_t output_bytes = p.last() ? 4 : p.d.mem.element_bytes;
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

// --- input gradient --------------------------------------------------------------------------------------------------

// Columns [first, first + weights' columns) of the inputs' gradient.
void multiply_back(const design& d, tile_code& code, std::uint32_t n, const own_rows& r, range columns,
                   const tensor& weights, const link& how) {
  const bool gated = d.gates(n, 0) && !method_of(d.run).thins(d, n);
  const tensor a = d.gradients_of(n, r, {0, d.nodes[n].out.elements()}), c = d.input_gradients_of(n, 0, r, columns),
               gate = d.inputs_of(n, 0, r, columns);
  command mm = code.start(opcode::mm, how, {&a, &weights, &c});
  mm.param[0] = d.product_flags(phase::input_gradient) | mm_flag::transpose_b | (gated ? mm_flag::gate : 0);
  if (gated)
    code.append(mm, code.extend({nullptr, &gate}));
  else
    code.append(mm);
}

// Weights in DRAM: columns of W, so that every result is one sum, whatever the chunk.
void multiply_back_streamed(const design& d, tile_code& code, std::uint32_t n, const own_rows& r, wait_for first,
                            raise then) {
  const std::uint32_t l = d.nodes[n].layer;
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
    multiply_back(d, code, n, r, columns, stage,
                  {.first = {semaphore::weights_loaded + turn, 1},
                   .second = first,
                   .then = last ? raise{semaphore::relay, 1} : free,
                   .tag = tagged(tag::backward, l)});
    if (last) emit_relay(d, code, free, then);
    first = {};
  }
}

// --- the layer -------------------------------------------------------------------------------------------------------

class linear final : public layer_operator {
public:
  unit runs_on() const override { return unit::matrix; }
  std::uint64_t forward_macs(const node&, const layer_shape& s) const override {
    return std::uint64_t{s.outputs} * s.inputs;
  }

  void forward(const design& d, tile_code& code, std::uint32_t n, const own_rows& r, const link& how) const override {
    const std::uint32_t l = d.nodes[n].layer, inputs = d.layers[l].inputs;
    const bool last = n + 1 == d.nodes.size();
    const product p{d,
                    code,
                    n,
                    l,
                    d.inputs_of(n, 0, r, {0, inputs}),
                    last ? d.logits(r.first_logits, r.rows.count) : d.outputs_of(n, r, d.all_columns(l))};
    if (d.layers[l].sparse)
      multiply(p, d.blocks(l, false), p.output, 0, d.layers[l].outputs, how);
    else if (!d.streams(n))
      multiply(p, d.dense_weights(l, d.all_columns(l), {0, inputs}), p.output, 0, d.layers[l].outputs, how);
    else
      multiply_streamed(p, how.first, how.then);
  }

  void input_gradient(const design& d, tile_code& code, std::uint32_t n, const own_rows& r,
                      const link& how) const override {
    const std::uint32_t l = d.nodes[n].layer;
    const range columns{0, d.layers[l].inputs};
    if (d.layers[l].sparse)
      multiply_back(d, code, n, r, columns, d.blocks(l, true), how);
    else if (!d.streams(n))
      multiply_back(d, code, n, r, columns, method_of(d.run).backward_weights(d, l, columns), how);
    else
      multiply_back_streamed(d, code, n, r, how.first, how.then);
  }

  void weight_gradient(const design& d, tile_code& code, std::uint32_t n, const chunk& c,
                       const link& how) const override {
    const std::uint32_t l = d.nodes[n].layer;
    if (d.layers[l].sparse) {
      const tensor a = d.gradients(l, d.all_rows(), d.all_columns(l)),
                   b = d.layer_input(l, scalar::images_now, d.all_rows(), {0, d.layers[l].inputs}),
                   list = matrix_of(element::u32, d.mem.layers[l].list, c.slots.count, 2).at(c.slots.first * 8);
      command sddmm = code.start(opcode::sddmm, how, {&a, &b, &c.gradient, &list});
      const std::uint32_t flags = d.product_flags(phase::weight_gradient), sides = mm_flag::skip_a | mm_flag::skip_b;
      sddmm.param[0] = sddmm_out::blocks | (flags & ~sides);
      sddmm.param[4] = flags & sides;
      code.append(sddmm);
    } else {
      const tensor a = d.gradients(l, d.all_rows(), c.where.rows),
                   b = d.layer_input(l, scalar::images_now, d.all_rows(), c.where.columns);
      command mm = code.start(opcode::mm, how, {&a, &b, &c.gradient});
      mm.param[0] = d.product_flags(phase::weight_gradient) | mm_flag::transpose_a | mm_flag::transpose_b;
      code.append(mm);
    }
  }

  void growth_scores(const design& d, tile_code& code, std::uint32_t n, range own, const tensor& scores,
                     const link& how) const override {
    const std::uint32_t l = d.nodes[n].layer;
    const tensor gradients = d.gradients(l, d.all_rows(), d.all_columns(l)),
                 inputs = d.layer_input(l, d.fill_scalar(), d.all_rows(), {0, d.layers[l].inputs}); // of the last step
    command c = code.start(opcode::sddmm, how, {&gradients, &inputs, &scores});
    const std::uint32_t sides = mm_flag::skip_a | mm_flag::skip_b, flags = d.product_flags(phase::weight_gradient);
    c.param = {sddmm_out::score_sum | (flags & ~sides), 0, own.first, own.count, flags & sides, 0};
    code.append(c);
  }

  tensor bias_terms(const design& d, std::uint32_t n, range own) const override {
    return d.gradients(d.nodes[n].layer, d.all_rows(), own);
  }
};

} // namespace

const layer_operator& linear_operator() {
  static const linear it;
  return it;
}

} // namespace acf::compiler
