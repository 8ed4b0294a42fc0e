// POOL: maxima and means over windows, and their gradients.
#include "models/zbcc/vector_timing.hpp"
#include "models/zbcc/windows.hpp"

#include <algorithm>

namespace acf::zbcc {

namespace timing = vector_timing;

namespace {

// Calls f(number of the output, tap, number of the element under it) for every tap inside, outputs in their order.
template <typename F>
void each_tap(const window& w, const tensor& pixels, F f) {
  const auto& [samples, height, width, channels] = pixels.dim;
  std::uint64_t output = 0;
  for (std::uint64_t n = 0; n < samples; ++n)
    for (std::uint64_t p = 0; p < w.positions[0]; ++p)
      for (std::uint64_t q = 0; q < w.positions[1]; ++q, output += channels)
        for (std::uint64_t r = 0; r < w.kernel[0]; ++r) {
          std::uint64_t y = 0, x = 0;
          if (!w.inside(0, p, r, height, y)) continue;
          for (std::uint64_t s = 0; s < w.kernel[1]; ++s)
            if (w.inside(1, q, s, width, x))
              for (std::uint64_t c = 0; c < channels; ++c)
                f(output + c, r * w.kernel[1] + s, ((n * height + y) * width + x) * channels + c);
        }
}

struct pooling {
  window w;
  tensor pixels; // [samples, height, width, channels]
  bool maximum = true;
  std::uint64_t outputs() const { return pixels.dim[0] * w.positions[0] * w.positions[1] * pixels.dim[3]; }
  float factor() const { return 1.0f / static_cast<float>(w.taps()); }
};

class pool_forward final : public operation, public pooling {
public:
  bool choices = false;

  void compute() override {
    constexpr std::uint32_t none = ~0u;
    const std::vector<float> x = load(pixels);
    std::vector<float> y(pooling::outputs());
    std::vector<std::uint32_t> chosen(maximum ? y.size() : 0, none);
    each_tap(w, pixels, [&](std::uint64_t to, std::uint64_t tap, std::uint64_t from) {
      if (!maximum)
        y[to] += x[from];
      else if (chosen[to] == none || x[from] > y[to])
        y[to] = x[from], chosen[to] = static_cast<std::uint32_t>(tap);
    });
    if (!maximum)
      for (float& v : y) v *= factor();
    store(0, y.data());
    if (choices) set(1, std::vector<std::uint8_t>(chosen.begin(), chosen.end()));
  }
};

class pool_backward final : public operation, public pooling {
public:
  tensor gradient;
  std::vector<std::uint8_t> chosen;
  std::optional<tensor> gate_by;

  void compute() override {
    std::vector<float> dy = load(gradient), dx(pixels.count);
    if (!maximum)
      for (float& v : dy) v *= factor();
    each_tap(w, pixels, [&](std::uint64_t from, std::uint64_t tap, std::uint64_t to) {
      if (!maximum || chosen[from] == tap) dx[to] += dy[from];
    });
    if (gate_by) {
      const std::vector<float> by = load(*gate_by);
      for (std::size_t i = 0; i < dx.size(); ++i) dx[i] = gate(dx[i], by[i]);
    }
    store(0, dx.data());
  }
};

// The window of a view; of maxima, numbers of a byte can tell its taps apart.
pooling checked(const context& ctx, std::uint32_t view) {
  pooling p;
  const auto w = window_of(ctx, view);
  ctx.require(w.has_value() && !w->reversed && !w->spread, error::bad_view, 16 + view);
  p.w = *w;
  p.pixels = ctx.dense(view);
  p.maximum = ctx.param(1) == hal::pool_fn::max;
  ctx.require(!p.maximum || w->taps() <= 255, error::bad_view, 16 + view);
  ctx.require_type(p.pixels, is_float(p.pixels.type));
  const std::uint64_t most = sparse_expansion * ctx.sram.size(), positions = w->positions[0] * w->positions[1];
  const auto& d = p.pixels.dim;
  ctx.require_shape(p.pixels.count == 0 || positions * w->taps() <= most / (d[0] * d[3]), view);
  return p;
}

std::unique_ptr<operation> forward(context& ctx, const machine& m) {
  auto op = std::make_unique<pool_forward>();
  static_cast<pooling&>(*op) = checked(ctx, 0);
  ctx.reads(op->pixels.place());
  const std::uint64_t outputs = op->pooling::outputs(), taps = op->w.taps();
  ctx.out.bytes_read += outputs * taps * op->pixels.size();
  const tensor y = ctx.dense(1);
  ctx.require_type(y, is_float(y.type));
  ctx.require_shape(y.count == outputs, 1);
  ctx.writes(*op, y);
  if (ctx.has(2)) {
    ctx.require(op->maximum, error::bad_view, 18);
    op->choices = true;
    ctx.writes(*op, ctx.list(2, element::u8, outputs));
  }
  ctx.check_overlaps(*op);
  charge_vector(ctx.out, m, outputs * (taps * timing::pool_tap + timing::pool_output));
  return op;
}

std::unique_ptr<operation> backward(context& ctx, const machine& m) {
  auto op = std::make_unique<pool_backward>();
  static_cast<pooling&>(*op) = checked(ctx, 2);
  const std::uint64_t outputs = op->pooling::outputs(), taps = op->w.taps();
  op->gradient = ctx.dense(0);
  ctx.require_type(op->gradient, is_float(op->gradient.type));
  ctx.require_shape(op->gradient.count == outputs, 0);
  ctx.reads(op->gradient);
  if (op->maximum) {
    const tensor chosen = ctx.list(1, element::u8, outputs);
    ctx.reads(chosen);
    op->chosen = ctx.copy<std::uint8_t>(chosen);
  }
  std::vector<context::in_place> allowed;
  if (ctx.has(3)) {
    const tensor by = ctx.dense(3);
    ctx.require_type(by, is_float(by.type));
    ctx.require_shape(by.same_shape(op->pixels), 3);
    allowed.push_back({op->pixels, by, ctx.reads(by)});
    op->gate_by = by;
  }
  ctx.writes(*op, op->pixels);
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m,
                outputs * (taps * timing::pool_tap + timing::pool_output) +
                    (op->gate_by ? op->pixels.count * timing::pool_gate : 0));
  return op;
}

} // namespace

std::unique_ptr<operation> make_pool(context& ctx, const machine& m) {
  ctx.require(ctx.param(0) <= hal::pool_step::backward, error::bad_parameter, 0);
  ctx.require(ctx.param(1) <= hal::pool_fn::average, error::bad_parameter, 1);
  return ctx.param(0) == hal::pool_step::forward ? forward(ctx, m) : backward(ctx, m);
}

} // namespace acf::zbcc
