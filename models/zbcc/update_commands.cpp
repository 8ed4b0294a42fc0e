// UPDATE: momentum or AdamW, on masters in fp32, with a copy in the storage type.
#include "models/zbcc/operands.hpp"
#include "models/zbcc/vector_timing.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace acf::zbcc {

namespace timing = vector_timing;

namespace {

class update_operation final : public operation {
public:
  tensor master, momentum, gradient;
  std::optional<tensor> second; // moments, of AdamW
  std::size_t copy = 0;         // output of the copy, or of the master
  bool held = false;            // nothing changes
  std::optional<float> factor, bound;
  float rate = 0, mu = 0, decay = 0, beta2 = 0, epsilon = 0, correction1 = 1, correction2 = 1;
  bool decaying = false;

  void compute() override {
    std::vector<float> w = load(master), v = load(momentum), g = load(gradient), u;
    if (second) u = load(*second);
    a = counted(w.data(), w.size());
    b = counted(g.data(), g.size());
    if (!held) change(w, v, u, g);
    store(0, w.data());
    store(1, v.data());
    if (second) store(2, u.data());
    if (copy) store(copy, w.data());
    const output& made = outputs[copy];
    load_row(made.bytes.data(), made.where.type, w.size(), made.where.size(), w.data());
    result = counted(w.data(), w.size());
  }

private:
  void change(std::vector<float>& w, std::vector<float>& v, std::vector<float>& u, std::vector<float>& g) const {
    if (factor)
      for (float& x : g) x = x * *factor;
    if (bound)
      for (float& x : g) x = x > *bound ? *bound : x < -*bound ? -*bound : x;
    if (second)
      for (std::size_t i = 0; i < w.size(); ++i) adamw(w[i], v[i], u[i], g[i]);
    else
      for (std::size_t i = 0; i < w.size(); ++i) momentum_step(w[i], v[i], g[i]);
  }
  void momentum_step(float& w, float& v, float g) const {
    if (decaying) g = g + decay * w;
    v = mu * v + g;
    w = w - rate * v;
  }
  void adamw(float& w, float& m, float& u, float g) const {
    m = mu * m + (1.0f - mu) * g;
    u = beta2 * u + (1.0f - beta2) * (g * g);
    float step = (m * correction1) / (std::sqrt(u * correction2) + epsilon);
    if (decaying) step = step + decay * w;
    w = w - rate * step;
  }
  static zero_count counted(const float* x, std::size_t n) {
    return {n, static_cast<std::uint64_t>(std::count_if(x, x + n, [](float v) { return v != 0.0f; }))};
  }
};

void take_second_moments(context& ctx, update_operation& op, std::vector<context::in_place>& allowed) {
  op.second = ctx.dense(4);
  ctx.require(op.second->type == element::f32, error::bad_view, 20);
  ctx.require(op.second->same_shape(op.master), error::shape, 20);
  op.beta2 = ctx.constant(4);
  op.epsilon = ctx.constant(5);
  const std::uint32_t number = ctx.extension->param[0];
  ctx.require(number < hal::tile::scalars, error::bad_parameter, 6);
  const std::uint64_t both = ctx.scalars[number];
  op.correction1 = from_bits(static_cast<std::uint32_t>(both));
  op.correction2 = from_bits(static_cast<std::uint32_t>(both >> 32));
  allowed.push_back({*op.second, *op.second, ctx.reads(*op.second)});
  ctx.writes(op, *op.second);
}

// What holds the update back, scales and clips its gradient.
void take_controls(context& ctx, update_operation& op) {
  if (ctx.extension == nullptr) return;
  op.held = ctx.any_set(5);
  if (ctx.has(6)) {
    const tensor factor = ctx.list(6, element::f32, 1);
    ctx.reads(factor);
    op.factor = ctx.copy<float>(factor)[0];
  }
  if (ctx.extension->param[1] != 0) op.bound = from_bits(ctx.extension->param[1]);
}

} // namespace

std::unique_ptr<operation> make_update(context& ctx, const machine& m) {
  auto op = std::make_unique<update_operation>();
  op->master = ctx.dense(0), op->momentum = ctx.dense(1), op->gradient = ctx.dense(2);
  for (const tensor* t : {&op->master, &op->momentum, &op->gradient}) {
    ctx.require_type(*t, t->type == element::f32);
    ctx.require_shape(t->same_shape(op->master), t->view);
  }
  ctx.require(ctx.param(0) <= hal::update_rule::adamw, error::bad_parameter, 0);
  const bool adamw = ctx.param(0) == hal::update_rule::adamw;
  op->rate = from_bits(static_cast<std::uint32_t>(ctx.scalar_named_by(1)));
  op->mu = ctx.constant(2);
  op->decay = ctx.constant(3);
  op->decaying = op->decay != 0.0f;
  std::vector<context::in_place> allowed{{op->master, op->master, ctx.reads(op->master)},
                                         {op->momentum, op->momentum, ctx.reads(op->momentum)}};
  ctx.reads(op->gradient);
  ctx.writes(*op, op->master);
  ctx.writes(*op, op->momentum);
  if (adamw) take_second_moments(ctx, *op, allowed);
  if (ctx.has(3)) {
    const tensor copy = ctx.dense(3);
    ctx.require_type(copy, is_float(copy.type));
    ctx.require_shape(copy.same_shape(op->master), 3);
    op->copy = op->outputs.size();
    ctx.writes(*op, copy);
  }
  take_controls(ctx, *op);
  ctx.check_overlaps(*op, allowed);
  const std::uint64_t operations = (adamw ? timing::update_adamw : timing::update) +
                                   (op->decaying ? timing::update_decay : 0) + (op->factor ? timing::update_scale : 0) +
                                   (op->bound ? timing::update_clip : 0);
  charge_vector(ctx.out, m, op->master.count * operations);
  return op;
}

} // namespace acf::zbcc
