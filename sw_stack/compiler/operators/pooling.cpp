// Pooling of own rows on the vector unit. The gradient goes back through the taps that were chosen, or through all of
// them, and past the ReLU of the layer before.
#include "sw_stack/compiler/operators/operator.hpp"
#include "sw_stack/compiler/operators/pixels.hpp"

namespace acf::compiler {
namespace {

using namespace hal;

class pooling final : public layer_operator {
public:
  unit runs_on() const override { return unit::vector; }

  void forward(const design& d, tile_code& code, std::uint32_t n, const own_rows& r, const link& how) const override {
    const node& x = d.nodes[n];
    const tensor from = under_window(before(d, n, d.inputs_of(n, 0, r, all(x.in))), x.window, x.out),
                 to = d.outputs_of(n, r, all(x.out)), choice = choices(d, n, r);
    command c = code.start(opcode::pool, how, {&from, &to, maximum(x) ? &choice : nullptr});
    c.param = {pool_step::forward, function(x), 0, 0, 0, 0};
    code.append(c);
  }

  void input_gradient(const design& d, tile_code& code, std::uint32_t n, const own_rows& r,
                      const link& how) const override {
    const node& x = d.nodes[n];
    const tensor dy = d.gradients_of(n, r, all(x.out)), choice = choices(d, n, r),
                 dx = under_window(before(d, n, d.input_gradients_of(n, 0, r, all(x.in))), x.window, x.out),
                 gate = before(d, n, d.inputs_of(n, 0, r, all(x.in)));
    command c =
        code.start(opcode::pool, how, {&dy, maximum(x) ? &choice : nullptr, &dx, d.gates(n, 0) ? &gate : nullptr});
    c.param = {pool_step::backward, function(x), 0, 0, 0, 0};
    code.append(c);
  }

private:
  static range all(const volume& v) { return {0, v.elements()}; }
  static bool maximum(const node& x) { return x.kind == layer_kind::max_pool; }
  static std::uint32_t function(const node& x) { return maximum(x) ? pool_fn::max : pool_fn::average; }
  static tensor before(const design& d, std::uint32_t n, const tensor& rows) { return as_pixels(rows, d.nodes[n].in); }
  static tensor choices(const design& d, std::uint32_t n, const own_rows& r) {
    const std::uint32_t elements = d.nodes[n].out.elements();
    return matrix_of(element::u8, d.mem.nodes[n].choices, r.rows.count, elements).at(r.local * elements);
  }
};

} // namespace

const layer_operator& pooling_operator() {
  static const pooling it;
  return it;
}

} // namespace acf::compiler
