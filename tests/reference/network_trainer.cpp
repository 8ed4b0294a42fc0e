#include "tests/reference/network_trainer.hpp"

#include "tests/reference/budget.hpp"
#include "tests/reference/exact_sum.hpp"
#include "tests/reference/network_operators.hpp"
#include "tests/reference/random.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace acf::reference {
namespace {

class training {
public:
  training(const settings& given, const network& n, const samples& all)
      : s(given), how(given.how), net(n), data(all), does(given) {
    build();
    if (s.fp16) loss_scale = static_cast<float>(s.loss_scale);
    beta1 = static_cast<float>(s.momentum), beta2 = static_cast<float>(s.beta2);
    samples_ = static_cast<std::uint32_t>(data.images.size());
    steps_per_epoch = (samples_ + s.batch - 1) / s.batch;
    all_steps = steps_per_epoch * s.epochs;
  }

  trained run() {
    const std::uint32_t last = s.step_limit ? std::min(s.step_limit, all_steps) : all_steps;
    for (std::uint32_t t = 0; t < last; ++t) {
      take_batch(t);
      for (step_of_pass& l : path) does.forward(l, inputs_of(l), weights_of(l), rows, &l == &path.back());
      loss(t);
      if (result.diverged_step) break;
      for (std::size_t i = path.size(); i-- > 0;) {
        step_of_pass& l = path[i];
        if (i + 1 < path.size()) gather_gradient(i);
        if (l.holds) does.weight_gradients(l, *inputs_of(l)[0], held[*l.holds]);
        if (l.from[0] != 0) does.backward(l, inputs_of(l), weights_of(l), rows);
        if (l.thinned) thin(l, t);
      }
      beta1_power = beta1_power * static_cast<double>(beta1);
      beta2_power = beta2_power * static_cast<double>(beta2);
      if (control()) {
        for (auto& w : held) update(w, rate(t));
        for (auto& l : path) update(l.norm, rate(t));
      }
      const std::uint32_t done = t + 1;
      if (s.sparse && s.regrow_period && done % s.regrow_period == 0 && done < 0.75 * all_steps) change_masks(done);
    }
    for (const weights& w : held) {
      layer_tensors out{w.outputs, w.inputs, w.master, w.bias, {}};
      for (std::uint32_t o = 0; o < w.outputs; ++o)
        for (std::uint32_t i = 0; i < w.inputs; ++i) out.mask.push_back(w.live[w.block_of(o, i)] ? 1.f : 0.f);
      if (groups(w)) out.mask = used(w, false);
      result.layers.push_back(out);
    }
    for (const thinning& g : thinned) {
      result.thresholds.push_back(g.used);
      result.zeros.push_back(g.zeros);
    }
    for (const step_of_pass& l : path)
      if (l.layer.what == operation::batch_norm)
        result.norms.push_back({l.norm.factor, l.norm.offset, l.norm.running_mean, l.norm.running_variance});
    return result;
  }

private:
  // --- the network -----------------------------------------------------------------------------------------------

  void build() {
    struct value {
      std::size_t from = 0;
      size3 size;
      bool flat = false;
    };
    value now{0, {net.image[1], net.image[2], net.image[0]}, false};
    std::map<std::string, value> named;
    for (const network_layer& l : net.layers) {
      if (l.what == operation::relu)
        path.back().relu = true;
      else if (l.what == operation::flatten)
        now.flat = true;
      else {
        step_of_pass p;
        p.layer = l;
        if (!l.inputs.empty()) now = named.at(l.inputs[0]);
        p.from = {now.from};
        for (std::size_t i = 1; i < l.inputs.size(); ++i) p.from.push_back(named.at(l.inputs[i]).from);
        for (const auto from : p.from)
          if (from != 0) path[from - 1].readers.push_back(path.size() + 1);
        p.in = p.out = now.size;
        add_layer(p, now.flat);
        path.push_back(p);
        now = {path.size(), p.out, now.flat};
      }
      if (!l.name.empty()) named[l.name] = now;
    }
  }

  void add_layer(step_of_pass& p, bool flat) {
    const network_layer& l = p.layer;
    const size3 at = p.in;
    if (l.what == operation::linear) {
      const bool by_pixel = flat && p.from[0] != 0 && at.height * at.width > 1;
      p.out = {1, 1, l.outputs};
      add_weights(p, at.all(), by_pixel ? at.channels : at.all(), true);
    } else if (l.what == operation::batch_norm) {
      const std::vector<float> zeros(at.channels, 0.f), ones(at.channels, 1.f);
      p.norm = {ones, zeros, zeros, zeros, zeros, zeros, zeros, zeros, zeros, ones, zeros, zeros};
    } else if (l.what == operation::concat) {
      p.out.channels = 0;
      for (const auto from : p.from) p.out.channels += path[from - 1].out.channels;
    } else if (l.what == operation::dropout)
      p.dropout = dropouts++;
    else if (l.what != operation::add) {
      const auto positions = [&](int d, std::uint32_t size) {
        return (size + 2 * l.padding[d] - l.dilation[d] * (l.kernel[d] - 1) - 1) / l.stride[d] + 1;
      };
      p.out = {positions(0, at.height), positions(1, at.width), at.channels};
      if (l.what == operation::conv2d) {
        p.out.channels = l.outputs;
        add_weights(p, l.kernel[0] * l.kernel[1] * (at.channels / l.groups), at.channels / l.groups, p.from[0] != 0);
      }
    }
  }

  void add_weights(step_of_pass& p, std::uint32_t inputs, std::uint32_t each, bool padded) {
    weights w;
    w.outputs = p.layer.outputs, w.inputs = inputs, w.each = each;
    w.padded_each = padded ? (each + 3) / 4 * 4 : each;
    const std::size_t l = held.size(), n = std::size_t{w.outputs} * inputs;
    w.master.assign(n, 0.f), w.momentum = w.copy = w.gradient = w.master;
    w.bias.assign(w.outputs, 0.f), w.bias_momentum = w.bias_gradient = w.bias;
    w.second = w.momentum, w.bias_second = w.bias;
    w.edge = s.unstructured ? 1 : 4;
    w.fixed = p.layer.groups > 1 || l + 1 == s.dense_layer;
    w.whole = !s.sparse || w.fixed;
    const bool starts_dense = w.whole || s.recipe == method::magnitude;
    w.live.assign(w.blocks(), starts_dense);
    double deviation = std::sqrt(2.0 / inputs);
    if (!starts_dense) {
      deviation = deviation / std::sqrt(1.0 - s.sparsity);
      const auto count = std::max(1.0, std::floor((1.0 - s.sparsity) * w.blocks() + 0.5));
      for (const auto b : random_numbers{s.seed, 0x200 + l}.draw(w.blocks(), static_cast<std::uint32_t>(count)))
        w.live[b] = true;
    }
    w.of_block.resize(w.blocks());
    const random_numbers random{s.seed, 0x100 + l};
    for (std::uint32_t o = 0; o < w.outputs; ++o)
      for (std::uint32_t i = 0; i < inputs; ++i) {
        const std::uint32_t number = o * inputs + i;
        w.of_block[w.block_of(o, i)].push_back(number);
        if (w.live[w.block_of(o, i)]) w.master[number] = random.normal(number) * static_cast<float>(deviation);
      }
    renew_copies(w);
    p.holds = l;
    held.push_back(w);
    if (p.from[0] == 0) return;
    p.thinned = thinned.size();
    thinned.emplace_back(s.recipe, s.gradient_sparsity, s.seed, static_cast<std::uint32_t>(thinned.size()));
  }

  bool groups(const weights& w) const { // of N:M
    return !s.sparse && !w.fixed && (s.recipe == method::srste || s.recipe == method::bdwp);
  }

  // 1 for weights that an N:M recipe uses.
  std::vector<float> used(const weights& w, bool in_columns) const {
    matrix padded(w.outputs, w.columns());
    for (std::uint32_t o = 0; o < w.outputs; ++o)
      for (std::uint32_t i = 0; i < w.inputs; ++i) padded(o, w.column_of(i)) = w.master[std::size_t{o} * w.inputs + i];
    const matrix mask = largest_of_groups(padded, s.pattern, in_columns);
    std::vector<float> all;
    for (std::uint32_t o = 0; o < w.outputs; ++o)
      for (std::uint32_t i = 0; i < w.inputs; ++i) all.push_back(mask(o, w.column_of(i)));
    return all;
  }

  void renew_copies(weights& w) const {
    const auto masked = [&](bool in_columns) {
      std::vector<float> copy = w.master;
      const std::vector<float> kept = groups(w) ? used(w, in_columns) : std::vector<float>(copy.size(), 1.f);
      for (std::size_t k = 0; k < copy.size(); ++k) copy[k] = kept[k] == 0.f ? 0.f : does.stored(copy[k]);
      return copy;
    };
    w.copy = masked(false);
    w.backward_copy = s.recipe == method::bdwp && groups(w) ? masked(true) : w.copy;
  }

  // --- a step ----------------------------------------------------------------------------------------------------

  void take_batch(std::uint32_t t) {
    const std::uint32_t j = t % steps_per_epoch;
    if (j == 0) order = random_numbers{s.seed, 0x300 + t / steps_per_epoch}.draw(samples_, samples_);
    pixels = values(s.batch, path[0].in);
    rows.labels.assign(s.batch, {});
    rows.step = t;
    rows.valid = std::min(s.batch, samples_ - j * s.batch);
    for (std::uint32_t r = 0; r < rows.valid; ++r) {
      const std::uint32_t sample = order[j * s.batch + r];
      rows.labels[r] = data.labels[sample];
      for (std::size_t i = 0; i < pixels.size.all(); ++i)
        pixels.at[r * pixels.size.all() + i] =
            does.stored(static_cast<float>(data.images[sample][i]) * how.pixel_scale);
    }
  }

  std::vector<const values*> inputs_of(const step_of_pass& l) const {
    std::vector<const values*> all;
    for (const auto from : l.from) all.push_back(from == 0 ? &pixels : &path[from - 1].outputs);
    return all;
  }
  const weights* weights_of(const step_of_pass& l) const { return l.holds ? &held[*l.holds] : nullptr; }

  void loss(std::uint32_t t) {
    step_of_pass& l = path.back();
    l.gradient = values(s.batch, l.out);
    double sum = 0;
    const std::uint32_t classes = l.out.channels;
    for (std::uint32_t r = 0; r < s.batch; ++r) {
      if (!rows.labels[r]) continue;
      const std::span<float> row{&l.gradient.at[std::size_t{r} * classes], classes};
      const std::span<const float> x{&l.outputs.at[std::size_t{r} * classes], classes};
      if (s.beyond_all_bounds(x)) result.diverged_step = t + 1;
      sum += static_cast<double>(
          softmax_cross_entropy(x, *rows.labels[r], 1.f / static_cast<float>(rows.valid) * loss_scale, row, how));
      for (float& y : row) y = does.stored(y);
    }
    result.loss = sum / rows.valid;
    if (t == 0) result.first_loss = result.loss;
  }

  // What the readers of a layer have given back: of one reader as it is, of several their sum, each rounded.
  void gather_gradient(std::size_t i) {
    step_of_pass& l = path[i];
    l.gradient = values(s.batch, l.out);
    const auto given_back = [&](std::size_t reader, std::size_t k) {
      const step_of_pass& r = path[reader - 1];
      const auto input = std::find(r.from.begin(), r.from.end(), i + 1) - r.from.begin();
      return r.given_back[static_cast<std::size_t>(input)].at[k];
    };
    for (std::size_t k = 0; k < l.gradient.at.size(); ++k) {
      float g = canonical(given_back(l.readers[0], k));
      if (l.readers.size() > 1) g = does.stored(g);
      for (std::size_t n = 1; n < l.readers.size(); ++n) g = does.stored(g + does.stored(given_back(l.readers[n], k)));
      const bool passes = !l.relu || l.outputs.at[k] > 0.f;
      l.gradient.at[k] = does.stored(passes ? g : 0.f);
    }
  }

  // What a layer with weights gives back, before the derivative of the ReLU in front of it.
  void thin(step_of_pass& l, std::uint32_t t) {
    values& given = l.given_back[0];
    matrix g(s.batch, l.in.all());
    for (std::size_t k = 0; k < given.at.size(); ++k) g.values[k] = does.stored(given.at[k]);
    thinned[*l.thinned].apply(g, t);
    given.at = g.values;
  }

  // --- weights ---------------------------------------------------------------------------------------------------

  float rate(std::uint32_t t) const {
    const float scheduled = scheduled_rate(t);
    return t < s.warmup ? static_cast<float>(static_cast<double>(scheduled) * (t + 1) / s.warmup) : scheduled;
  }
  float scheduled_rate(std::uint32_t t) const {
    const double x = static_cast<double>(t) / all_steps, lr = static_cast<float>(s.lr);
    switch (s.rates) {
    case schedule::constant: break;
    case schedule::cosine: return static_cast<float>(lr * (1.0 + cosine_pi(x)) / 2.0);
    case schedule::step: return static_cast<float>(lr * (x < 0.5 ? 1.0 : x < 0.75 ? 0.1 : 0.01));
    }
    return static_cast<float>(lr);
  }

  // Looks at all gradients; whether weights change.
  bool control() {
    if (!s.fp16 && s.clip_norm == 0) return true;
    exact_sum squares;
    for (const weights& w : held) {
      for (std::uint32_t b = 0; b < w.of_block.size(); ++b)
        if (w.live[b] || s.recipe == method::momentum) // whose dead weights have momenta
          for (const auto k : w.of_block[b]) squares.add_square(w.gradient[k]);
      for (const float g : w.bias_gradient) squares.add_square(g);
    }
    for (const step_of_pass& l : path) {
      for (const float g : l.norm.factor_gradient) squares.add_square(g);
      for (const float g : l.norm.offset_gradient) squares.add_square(g);
    }
    scale_of_step = loss_scale;
    const bool changes = decide(squares);
    for (thinning& g : thinned) g.rescale(loss_scale / scale_of_step);
    return changes;
  }
  bool decide(const exact_sum& squares) {
    if (!squares.finite()) {
      if (s.fp16) loss_scale = std::max(1.f, loss_scale / 2);
      good = 0;
      ++result.skipped;
      return false;
    }
    const auto most = static_cast<float>(s.clip_norm);
    const float norm = std::sqrt(squares.value()) / loss_scale;
    factor = 1.f / loss_scale;
    if (most != 0.f && norm > most) {
      const float shrinks = most / norm;
      factor = factor * shrinks;
      ++result.clipped;
    }
    if (s.fp16 && ++good == s.loss_scale_interval) good = 0, loss_scale = std::min(loss_scale * 2, 0x1p30f);
    return true;
  }

  // v, u: what the optimiser keeps of x. more: beside the gradient of the loss.
  void update(float& x, float& v, float& u, float g, float lr, bool decays, const float* more = nullptr) const {
    const auto mu = static_cast<float>(s.momentum), decay = static_cast<float>(s.decay);
    g = g * factor;
    if (more) g = g + *more;
    if (const auto bound = static_cast<float>(s.clip_value); bound != 0.f) {
      if (g > bound) g = bound;
      if (g < -bound) g = -bound;
    }
    if (s.adamw) return adamw(x, v, u, g, lr, decays ? decay : 0.f);
    const float shrinks = decay * x;
    if (decays && decay != 0.f) g = g + shrinks;
    const float kept = mu * v;
    v = canonical(kept + g);
    const float change = lr * v;
    x = canonical(x - change);
  }
  void adamw(float& x, float& m, float& u, float g, float lr, float decay) const {
    const auto first = static_cast<float>(1 / (1 - beta1_power)), second = static_cast<float>(1 / (1 - beta2_power));
    const float kept = beta1 * m, fresh = (1.f - beta1) * g, square = g * g;
    const float kept_square = beta2 * u, fresh_square = (1.f - beta2) * square;
    m = kept + fresh;
    u = kept_square + fresh_square;
    const float mean = m * first, variance = u * second, deviation = std::sqrt(variance);
    float direction = mean / (deviation + static_cast<float>(s.epsilon));
    const float shrinks = decay * x;
    if (decay != 0.f) direction = direction + shrinks;
    const float change = lr * direction;
    x = canonical(x - change);
    m = canonical(m), u = canonical(u);
  }
  void update(weights& w, float lr) const {
    std::vector<float> shrinks; // unused weights
    if (groups(w)) {
      const std::vector<float> kept = used(w, false);
      for (std::size_t k = 0; k < kept.size(); ++k) shrinks.push_back(2e-4f * (kept[k] == 0.f ? w.master[k] : 0.f));
    }
    for (std::uint32_t b = 0; b < w.of_block.size(); ++b)
      if (w.live[b])
        for (const auto k : w.of_block[b])
          update(w.master[k], w.momentum[k], w.second[k], w.gradient[k], lr, true,
                 shrinks.empty() ? nullptr : &shrinks[k]);
      else if (s.recipe == method::momentum)
        for (const auto k : w.of_block[b]) {
          float unused = 0.f;
          update(unused, w.momentum[k], w.second[k], w.gradient[k], lr, true);
        }
    renew_copies(w);
    for (std::uint32_t o = 0; o < w.outputs; ++o)
      update(w.bias[o], w.bias_momentum[o], w.bias_second[o], w.bias_gradient[o], lr, false);
  }
  void update(normalisation& n, float lr) const {
    for (std::size_t c = 0; c < n.factor.size(); ++c) {
      update(n.factor[c], n.factor_momentum[c], n.factor_second[c], n.factor_gradient[c], lr, false);
      update(n.offset[c], n.offset_momentum[c], n.offset_second[c], n.offset_gradient[c], lr, false);
    }
  }

  // --- masks -----------------------------------------------------------------------------------------------------

  // The first k blocks that are live (or not), by score, ties by number.
  template <class Score>
  static std::vector<std::uint32_t> select(const weights& w, bool live, std::uint32_t k, Score score) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> all; // key, block
    for (std::uint32_t b = 0; b < w.blocks(); ++b) {
      if (w.live[b] != live) continue;
      const std::uint32_t key = key_of(score(b));
      all.push_back({live ? key : ~key, b});
    }
    std::sort(all.begin(), all.end());
    all.resize(std::min<std::size_t>(k, all.size()));
    std::vector<std::uint32_t> chosen;
    for (const auto& [key, b] : all) chosen.push_back(b);
    return chosen;
  }

  static float sum_of(const weights& w, std::uint32_t b, const std::vector<float>& of) {
    float sum = 0.f;
    for (const auto i : w.of_block[b]) sum = sum + std::fabs(of[i]);
    return sum;
  }

  float growth_score(std::size_t l, std::uint32_t b, std::uint32_t done) const {
    const weights& w = held[l];
    if (s.recipe == method::momentum) return sum_of(w, b, w.momentum);
    if (s.recipe != method::set) return sum_of(w, b, w.gradient);
    const std::uint32_t columns = (w.columns() + 3) / 4 * 4; // by place, padding included
    const std::uint64_t place = w.edge == 1 ? b / w.inputs * columns + w.column_of(b % w.inputs) : b;
    return uniform(s.seed, done, static_cast<std::uint32_t>(l), place);
  }

  std::vector<budget_of_layer> divided(double share) const {
    std::vector<budget_of_layer> all;
    for (const weights& w : held) {
      if (w.whole) continue;
      auto& b = all.emplace_back();
      b.entries = w.blocks();
      b.live = static_cast<std::uint32_t>(std::count(w.live.begin(), w.live.end(), true));
      std::vector<bool> lives(w.momentum.size());
      for (std::uint32_t i = 0; i < w.blocks(); ++i)
        for (const auto k : w.of_block[i]) lives[k] = w.live[i];
      for (std::size_t k = 0; k < lives.size(); ++k) {
        if (k % w.inputs == 0) b.sums.push_back(0.f);
        if (lives[k]) b.sums.back() = b.sums.back() + std::fabs(w.momentum[k]);
      }
    }
    divide(all, share);
    return all;
  }

  std::uint32_t above_threshold(std::size_t l) const {
    const weights& w = held[l];
    if (s.growth_threshold == 0) return w.blocks();
    std::uint32_t k = 0;
    for (std::uint32_t b = 0; b < w.blocks(); ++b)
      k += !w.live[b] && sum_of(w, b, w.gradient) >= 16 * static_cast<float>(s.growth_threshold) * scale_of_step;
    return k;
  }

  void change_masks(std::uint32_t done) {
    const double c = cosine_pi(done / (0.75 * all_steps));
    const bool prunes = s.recipe == method::magnitude;
    std::vector<budget_of_layer> budget;
    if (s.recipe == method::momentum) budget = divided(0.15 * (1.0 + c));
    auto mine = budget.begin();
    for (std::size_t l = 0; l < held.size(); ++l) {
      weights& w = held[l];
      if (w.whole) continue;
      const auto live = static_cast<std::uint32_t>(std::count(w.live.begin(), w.live.end(), true));
      const double share = s.recipe == method::set ? 0.3 : 0.15 * (1.0 + c);
      const auto wanted = static_cast<std::uint32_t>(std::floor(share * live));
      const std::uint32_t k = prunes ? live - gradually(w.blocks(), s.sparsity, done, s.regrow_period, all_steps)
                              : budget.empty() ? std::min({wanted, w.blocks() - live, above_threshold(l)})
                                               : mine->dropped;
      const std::uint32_t more = prunes ? 0 : budget.empty() ? k : mine++->grown;
      const auto dying = select(w, true, k, [&](std::uint32_t b) { return sum_of(w, b, w.master); }),
                 growing = select(w, false, more, [&](std::uint32_t b) { return growth_score(l, b, done); });
      for (const auto b : dying) {
        w.live[b] = false;
        for (const auto i : w.of_block[b]) {
          w.master[i] = w.second[i] = w.copy[i] = w.backward_copy[i] = 0.f;
          if (s.recipe != method::momentum) w.momentum[i] = 0.f;
        }
      }
      for (const auto b : growing) w.live[b] = true;
      result.blocks_moved += k;
    }
    ++result.mask_changes;
  }

  const settings& s;
  const arithmetic& how;
  const network& net;
  const samples& data;
  const operators does;
  float loss_scale = 1, factor = 1;        // of the loss; of gradients
  float scale_of_step = 1;                 // loss_scale, before all gradients were looked at
  std::uint32_t good = 0;                  // steps since the loss scale has changed
  float beta1 = 0, beta2 = 0;              // gcc 12.2 would leave out a rounding to fp32 and back in a step
  double beta1_power = 1, beta2_power = 1; // of the steps so far
  std::uint32_t samples_ = 0, steps_per_epoch = 0, all_steps = 0;
  std::vector<step_of_pass> path;
  std::uint32_t dropouts = 0;
  std::vector<weights> held;
  std::vector<thinning> thinned; // of every layer with weights that gives back a gradient
  trained result;

  std::vector<std::uint32_t> order;
  values pixels;
  batch_rows rows;
};

} // namespace

trained train(const settings& given, const network& net, const samples& set) { return training(given, net, set).run(); }

} // namespace acf::reference
