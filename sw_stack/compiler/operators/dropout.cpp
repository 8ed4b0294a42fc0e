// Dropout, on the vector unit: the words of a row are the same on whichever tile it lies. The gradient passes where the
// value has. An evaluation drops nothing.
#include "sw_stack/compiler/methods/method.hpp"

namespace acf::compiler {
namespace {

using namespace hal;

class dropping final : public layer_operator {
public:
  unit runs_on() const override { return unit::vector; }

  void forward(const design& d, tile_code& code, std::uint32_t n, const own_rows& r, const link& how) const override {
    const tensor x = d.inputs_of(n, 0, r, all(d, n)), y = d.outputs_of(n, r, all(d, n));
    if (r.training)
      drop(d, code, n, r, x, y, how);
    else
      emit_ewise(code, ewise_fn::copy, &x, nullptr, y, how);
  }

  void input_gradient(const design& d, tile_code& code, std::uint32_t n, const own_rows& r,
                      const link& how) const override {
    const tensor dy = d.gradients_of(n, r, all(d, n)), x = d.inputs_of(n, 0, r, all(d, n)),
                 dx = d.input_gradients_of(n, 0, r, all(d, n));
    if (!d.gates(n, 0)) return drop(d, code, n, r, dy, dx, how);
    emit_ewise(code, ewise_fn::gate, &dy, &x, dx, {.first = how.first, .second = how.second, .tag = how.tag});
    drop(d, code, n, r, dx, dx, {.then = how.then, .tag = how.tag});
  }

private:
  static range all(const design& d, std::uint32_t n) { return {0, d.nodes[n].out.elements()}; }
  static void drop(const design& d, tile_code& code, std::uint32_t n, const own_rows& r, const tensor& from,
                   const tensor& to, const link& how) {
    const node& x = d.nodes[n];
    command c = code.start(opcode::ewise, how, {&from, nullptr, &to});
    c.param = {ewise_fn::dropout,
               x.bound,
               (x.dropout << draws_of_a_layer) + r.rows.first * x.out.elements(),
               scalar::dropout,
               static_cast<std::uint32_t>(d.run.seed),
               static_cast<std::uint32_t>(d.run.seed >> 32)};
    code.append(c);
  }
};

} // namespace

const layer_operator& dropout_operator() {
  static const dropping it;
  return it;
}

} // namespace acf::compiler
