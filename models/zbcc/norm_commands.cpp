// NORM: batch normalisation. A channel's mean and deviation are those of a whole batch, which lies on many tiles, so
// every step but the two that walk over values works on sums that software has brought together.
#include "sw_stack/hal/norm_commands.hpp"
#include "models/zbcc/group_sums.hpp"
#include "models/zbcc/vector_timing.hpp"
#include "models/zbcc/windows.hpp"

#include <cmath>

namespace acf::zbcc {

namespace timing = vector_timing;

namespace {

struct batch : sample_groups {
  tensor values; // [samples, pixels, channels]
};

constexpr std::uint32_t no_labels = 8; // no such view

batch batch_of(const context& ctx, std::uint32_t view, std::uint32_t labels) {
  batch b;
  b.values = ctx.dense(view);
  ctx.require_type(b.values, is_float(b.values.type));
  const matrix_shape s = shape_of(b.values, fold::pixels);
  b.samples = b.values.dim[0], b.channels = s.cols;
  b.pixels = b.samples == 0 ? 0 : s.rows / b.samples;
  ctx.reads(b.values);
  if (ctx.has(labels)) {
    const tensor t = ctx.list(labels, element::u8, b.samples);
    ctx.reads(t);
    b.labels = ctx.copy<std::uint8_t>(t);
  }
  return b;
}

// An operand [2, channels] of fp32.
tensor pair_of(const context& ctx, std::uint32_t view, std::uint64_t channels) {
  const tensor t = ctx.list(view, element::f32, 2 * channels);
  ctx.require_shape(t.dim[0] == 2, view);
  return t;
}

class norm_operation : public operation {
public:
  batch x, dy;
  tensor statistics, parameters; // [2, channels]: mean, 1 / deviation; factor, offset
  bool flagged = false;
};

class norm_sums final : public norm_operation {
public:
  void compute() override { store(0, x.values_and_squares(load(x.values).data()).data()); }
};

class norm_gradient_sums final : public norm_operation {
public:
  void compute() override {
    const std::vector<float> v = load(x.values), g = load(dy.values), s = load(statistics);
    const float *mean = s.data(), *inverse = mean + x.channels;
    const auto sums = dy.sum_up([&](std::size_t i, std::size_t c, float& factor, float& offset) {
      factor = factor + g[i] * ((v[i] - mean[c]) * inverse[c]);
      offset = offset + g[i];
    });
    store(0, sums.data());
  }
};

class norm_forward final : public norm_operation {
public:
  void compute() override {
    const std::vector<float> v = load(x.values), s = load(statistics), p = load(parameters);
    const std::size_t channels = x.channels;
    const float *mean = s.data(), *offset = p.data() + channels;
    std::vector<float> factor(channels), y(v.size());
    for (std::size_t c = 0; c < channels; ++c) factor[c] = p[c] * s[channels + c];
    x.each_pixel([&](std::size_t, std::size_t first) {
      for (std::size_t c = 0; c < channels; ++c) {
        const float value = (v[first + c] - mean[c]) * factor[c] + offset[c];
        y[first + c] = flagged ? relu(value) : value;
      }
    });
    store(0, y.data());
  }
};

class norm_backward final : public norm_operation {
public:
  tensor totals; // [2, channels]: gradients of factor and offset
  float share = 0;

  void compute() override {
    const std::vector<float> v = load(x.values), g = load(dy.values), s = load(statistics), p = load(parameters),
                             t = load(totals);
    const std::size_t channels = x.channels;
    const float *mean = s.data(), *inverse = mean + channels;
    std::vector<float> factor(channels), slope(channels), level(channels), dx(v.size());
    for (std::size_t c = 0; c < channels; ++c) {
      factor[c] = p[c] * inverse[c];
      slope[c] = t[c] * share;
      level[c] = t[channels + c] * share;
    }
    dy.each_pixel([&](std::size_t, std::size_t first) {
      for (std::size_t c = 0; c < channels; ++c) {
        const float value = v[first + c], normal = (value - mean[c]) * inverse[c];
        const float d = factor[c] * ((g[first + c] - level[c]) - normal * slope[c]);
        dx[first + c] = flagged ? gate(d, value) : d;
      }
    });
    store(0, dx.data());
  }
};

float share_of(const context& ctx, std::size_t scalar, std::size_t pixels) {
  return from_bits(static_cast<std::uint32_t>(ctx.scalar_named_by(scalar))) * ctx.constant(pixels);
}

// Mean and 1 / deviation of every channel: a few numbers.
class norm_statistics final : public operation {
public:
  tensor sums, running;
  std::size_t channels = 0;
  bool moves = false;
  float share = 0, epsilon = 0, momentum = 0;

  void compute() override {
    const std::vector<float> all = load(sums);
    std::vector<float> total(2 * channels), found(2 * channels), run;
    for (std::size_t i = 0; i < all.size(); ++i) total[i % total.size()] += all[i];
    if (moves) run = load(running);
    for (std::size_t c = 0; c < channels; ++c) {
      const float mean = total[c] * share, squares = total[channels + c] * share;
      float variance = squares - mean * mean;
      if (variance < 0.0f) variance = 0.0f;
      found[c] = mean;
      found[channels + c] = 1.0f / std::sqrt(variance + epsilon);
      if (!moves || !is_finite(mean) || !is_finite(variance)) continue;
      const float unbiased = share < 1.0f ? variance / (1.0f - share) : variance;
      run[c] = run[c] + momentum * (mean - run[c]);
      run[channels + c] = run[channels + c] + momentum * (unbiased - run[channels + c]);
    }
    store(0, found.data());
    if (moves) store(1, run.data());
  }
};

class norm_running final : public operation {
public:
  tensor running;
  float epsilon = 0;
  void compute() override {
    std::vector<float> s = load(running);
    for (std::size_t c = s.size() / 2; c < s.size(); ++c) s[c] = 1.0f / std::sqrt(s[c] + epsilon);
    store(0, s.data());
  }
};

void write_sums(context& ctx, operation& op, batch& over) {
  ctx.require(ctx.param(1) >= 1, error::bad_parameter, 1);
  over.group = ctx.param(1);
  ctx.writes(op, ctx.list(2, element::f32, over.groups() * 2 * over.channels));
  ctx.check_overlaps(op);
}

std::unique_ptr<operation> make_sums(context& ctx, const machine& m) {
  auto op = std::make_unique<norm_sums>();
  op->x = batch_of(ctx, 0, 1);
  write_sums(ctx, *op, op->x);
  charge_vector(ctx.out, m, op->x.values.count * timing::norm_sums);
  return op;
}

std::unique_ptr<operation> make_gradient_sums(context& ctx, const machine& m) {
  auto op = std::make_unique<norm_gradient_sums>();
  op->dy = batch_of(ctx, 0, 1);
  op->x = batch_of(ctx, 4, no_labels);
  ctx.require_shape(op->x.values.same_shape(op->dy.values), 4);
  op->statistics = pair_of(ctx, 3, op->x.channels);
  ctx.reads(op->statistics);
  write_sums(ctx, *op, op->dy);
  charge_vector(ctx.out, m, op->x.values.count * timing::norm_gradient_sums);
  return op;
}

std::unique_ptr<operation> make_forward(context& ctx, const machine& m) {
  auto op = std::make_unique<norm_forward>();
  op->x = batch_of(ctx, 0, 1);
  const std::size_t values_read = 0;
  const tensor y = ctx.dense(2);
  ctx.require_type(y, is_float(y.type));
  ctx.require_shape(y.same_shape(op->x.values), 2);
  op->statistics = pair_of(ctx, 3, op->x.channels);
  op->parameters = pair_of(ctx, 4, op->x.channels);
  for (const tensor* t : {&op->statistics, &op->parameters}) ctx.reads(*t);
  ctx.require(ctx.param(1) <= hal::norm_flag::relu, error::bad_parameter, 1);
  op->flagged = ctx.param(1) != 0;
  ctx.writes(*op, y);
  const std::vector<context::in_place> allowed{{y, op->x.values, values_read}};
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m, y.count * timing::norm_forward);
  return op;
}

std::unique_ptr<operation> make_backward(context& ctx, const machine& m) {
  auto op = std::make_unique<norm_backward>();
  op->dy = batch_of(ctx, 0, 1);
  const std::size_t values_read = ctx.out.reads.size();
  op->x = batch_of(ctx, 5, no_labels);
  const tensor& x = op->x.values;
  ctx.require_shape(x.same_shape(op->dy.values), 5);
  const tensor dx = ctx.dense(2);
  ctx.require_type(dx, is_float(dx.type));
  ctx.require_shape(dx.same_shape(x), 2);
  op->statistics = pair_of(ctx, 3, op->x.channels);
  op->parameters = pair_of(ctx, 4, op->x.channels);
  op->totals = pair_of(ctx, 6, op->x.channels);
  for (const tensor* t : {&op->statistics, &op->parameters, &op->totals}) ctx.reads(*t);
  ctx.require(ctx.param(1) <= hal::norm_flag::gate, error::bad_parameter, 1);
  op->flagged = ctx.param(1) != 0;
  op->share = share_of(ctx, 2, 3);
  ctx.writes(*op, dx);
  const std::vector<context::in_place> allowed{{dx, op->dy.values, 0}, {dx, x, values_read}};
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m, dx.count * (timing::norm_backward + (op->flagged ? 1 : 0)));
  return op;
}

std::unique_ptr<operation> make_statistics(context& ctx, const machine& m) {
  auto op = std::make_unique<norm_statistics>();
  op->sums = ctx.dense(0);
  ctx.require_type(op->sums, op->sums.type == element::f32);
  const tensor result = ctx.dense(1);
  ctx.require_type(result, result.type == element::f32);
  op->channels = result.count / 2;
  ctx.require_shape(result.dim[0] == 2 && result.count == 2 * op->channels, 1);
  ctx.require_shape(op->channels != 0 && op->sums.count % result.count == 0, 0);
  ctx.reads(op->sums);
  op->share = share_of(ctx, 1, 2);
  op->epsilon = ctx.constant(3);
  op->momentum = ctx.constant(4);
  ctx.writes(*op, result);
  std::vector<context::in_place> allowed;
  if (ctx.has(2)) {
    op->moves = true;
    op->running = pair_of(ctx, 2, op->channels);
    allowed.push_back({op->running, op->running, ctx.reads(op->running)});
    ctx.writes(*op, op->running);
  }
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m, op->sums.count + op->channels * timing::norm_channel);
  return op;
}

std::unique_ptr<operation> make_running(context& ctx, const machine& m) {
  auto op = std::make_unique<norm_running>();
  op->running = ctx.dense(0);
  ctx.require_type(op->running, op->running.type == element::f32);
  ctx.require_shape(op->running.dim[0] == 2, 0);
  ctx.reads(op->running);
  const tensor result = ctx.list(1, element::f32, op->running.count);
  op->epsilon = ctx.constant(3);
  ctx.writes(*op, result);
  ctx.check_overlaps(*op);
  charge_vector(ctx.out, m, op->running.count / 2 * timing::norm_channel);
  return op;
}

} // namespace

std::unique_ptr<operation> make_norm(context& ctx, const machine& m) {
  constexpr maker steps[] = {make_sums, make_statistics, make_running, make_forward, make_gradient_sums, make_backward};
  ctx.require(ctx.param(0) < std::size(steps), error::bad_parameter, 0);
  return steps[ctx.param(0)](ctx, m);
}

} // namespace acf::zbcc
