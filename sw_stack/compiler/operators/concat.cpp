// Channels of several layers side by side, on the vector unit: without the padding of each, so that they are numbered
// like those of any other layer; padding is behind the last.
#include "sw_stack/compiler/methods/method.hpp"
#include "sw_stack/compiler/operators/pixels.hpp"

namespace acf::compiler {
namespace {

using namespace hal;

class concatenation final : public layer_operator {
public:
  unit runs_on() const override { return unit::vector; }

  void forward(const design& d, tile_code& code, std::uint32_t n, const own_rows& r, const link& how) const override {
    const node& x = d.nodes[n];
    const tensor to = as_pixels(d.outputs_of(n, r, all(x.out)), x.out);
    link now{.first = how.first, .tag = how.tag};
    std::uint32_t first = 0;
    for (std::uint32_t i = 0; i < x.from.size(); ++i) {
      const volume& v = d.nodes[x.from[i]].out;
      const tensor from = channels(as_pixels(d.inputs_of(n, i, r, all(v)), v), 0, v.real_channels);
      if (i + 1 == x.from.size() && x.out.channels == x.out.real_channels) now.then = how.then;
      emit_ewise(code, ewise_fn::copy, &from, nullptr, channels(to, first, v.real_channels), now);
      now.first = {};
      first += v.real_channels;
    }
    now.then = how.then;
    clear_padding(code, to, x.out, now);
  }

  void input_gradient(const design& d, tile_code& code, std::uint32_t n, const own_rows& r,
                      const link& how) const override {
    const node& x = d.nodes[n];
    const tensor dy = as_pixels(d.gradients_of(n, r, all(x.out)), x.out);
    link now{.first = how.first, .tag = how.tag};
    std::uint32_t first = 0;
    for (std::uint32_t i = 0; i < x.from.size(); ++i) {
      const volume& v = d.nodes[x.from[i]].out;
      const bool last = i + 1 == x.from.size();
      const tensor dx = as_pixels(d.input_gradients_of(n, i, r, all(v)), v),
                   part = channels(dy, first, v.real_channels), to = channels(dx, 0, v.real_channels),
                   input = channels(as_pixels(d.inputs_of(n, i, r, all(v)), v), 0, v.real_channels);
      if (last && v.channels == v.real_channels) now.then = how.then;
      const bool gated = d.gates(n, i);
      emit_ewise(code, gated ? ewise_fn::gate : ewise_fn::copy, &part, gated ? &input : nullptr, to, now);
      now.first = {};
      if (last) now.then = how.then;
      clear_padding(code, dx, v, now);
      first += v.real_channels;
    }
  }

private:
  static range all(const volume& v) { return {0, v.elements()}; }
  static tensor channels(const tensor& pixels, std::uint32_t first, std::uint32_t count) {
    tensor t = pixels.at(first * pixels.view.stride[3]);
    t.view.dim[3] = count;
    return t;
  }
  static void clear_padding(tile_code& code, const tensor& pixels, const volume& v, const link& how) {
    if (v.channels > v.real_channels)
      code.fill_zero(channels(pixels, v.real_channels, v.channels - v.real_channels), how);
  }
};

} // namespace

const layer_operator& concat_operator() {
  static const concatenation it;
  return it;
}

} // namespace acf::compiler
