// The sum of two layers, on the vector unit. Both get its gradient: where they can they share its place, and nothing is
// done.
#include "sw_stack/compiler/methods/method.hpp"

namespace acf::compiler {
namespace {

using namespace hal;

class sum final : public layer_operator {
public:
  unit runs_on() const override { return unit::vector; }

  void forward(const design& d, tile_code& code, std::uint32_t n, const own_rows& r, const link& how) const override {
    const node& x = d.nodes[n];
    const range all{0, x.out.elements()};
    const tensor one = d.inputs_of(n, 0, r, all), other = d.inputs_of(n, 1, r, all), to = d.outputs_of(n, r, all);
    link add = how, relu = how;
    if (x.relu) add.then = {}, relu.first = {};
    emit_ewise(code, ewise_fn::add, &one, &other, to, add);
    if (x.relu) emit_ewise(code, ewise_fn::relu, &to, nullptr, to, relu);
  }

  bool has_input_gradient(const design& d, std::uint32_t n) const override { return moved(d, n, 0) || moved(d, n, 1); }

  void input_gradient(const design& d, tile_code& code, std::uint32_t n, const own_rows& r,
                      const link& how) const override {
    const range all{0, d.nodes[n].out.elements()};
    const tensor dy = d.gradients_of(n, r, all);
    const std::uint32_t last = moved(d, n, 1) ? 1 : 0;
    link link_now = how;
    for (const std::uint32_t i : {0u, 1u}) {
      if (!moved(d, n, i)) continue;
      link_now.then = i == last ? how.then : raise{};
      const tensor input = d.inputs_of(n, i, r, all), dx = d.input_gradients_of(n, i, r, all);
      if (d.gates(n, i))
        emit_ewise(code, ewise_fn::gate, &dy, &input, dx, link_now);
      else
        emit_ewise(code, ewise_fn::copy, &dy, nullptr, dx, link_now);
      link_now.first = {};
    }
  }

private:
  static bool moved(const design& d, std::uint32_t n, std::uint32_t i) {
    return d.mem.nodes[n].input_gradients[i] != d.mem.nodes[n].gradients;
  }
};

} // namespace

const layer_operator& sum_operator() {
  static const sum it;
  return it;
}

} // namespace acf::compiler
