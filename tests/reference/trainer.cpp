#include "tests/reference/trainer.hpp"

#include "tests/reference/budget.hpp"
#include "tests/reference/random.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace acf::reference {
namespace {

struct layer {
  std::uint32_t outputs = 0, inputs = 0, edge = 4;
  matrix master, momentum;    // [outputs][inputs]
  matrix copy, backward_copy; // what the products read
  matrix mask;                // N:M, of `copy`
  std::vector<float> bias, bias_momentum;
  std::vector<bool> live; // by block of edge x edge; all of them in a dense layer

  std::uint32_t block_rows() const { return (outputs + edge - 1) / edge; }
  std::uint32_t block_columns() const { return (inputs + edge - 1) / edge; }
  std::uint32_t blocks() const { return block_rows() * block_columns(); }
  std::uint32_t block_of(std::uint32_t o, std::uint32_t i) const { return o / edge * block_columns() + i / edge; }

  // Calls f(o, i) for the weights of a block, row by row, without the padding.
  template <class F>
  void for_block(std::uint32_t b, F f) const {
    const std::uint32_t first_o = b / block_columns() * edge, first_i = b % block_columns() * edge;
    for (std::uint32_t o = first_o; o < std::min(first_o + edge, outputs); ++o)
      for (std::uint32_t i = first_i; i < std::min(first_i + edge, inputs); ++i) f(o, i);
  }
};

class training {
public:
  training(const settings& given, const samples& set) : s(given), how(given.how), data(set) {
    for (std::size_t l = 0; l + 1 < s.widths.size(); ++l) {
      layers.push_back(first_weights(l));
      thinned.emplace_back(s.recipe, s.gradient_sparsity, s.seed, static_cast<std::uint32_t>(l));
    }
    n = static_cast<std::uint32_t>(data.images.size());
    steps_per_epoch = (n + s.batch - 1) / s.batch;
    all_steps = steps_per_epoch * s.epochs;
  }

  trained run() {
    const std::uint32_t last = s.step_limit ? std::min(s.step_limit, all_steps) : all_steps;
    for (std::uint32_t t = 0; t < last; ++t) {
      take_batch(t);
      forward();
      loss(t);
      if (result.diverged_step) break;
      backward(t);
      gradients();
      update(rate(t));
      const std::uint32_t done = t + 1;
      if (s.sparse && s.regrow_period && done % s.regrow_period == 0 && done < 0.75 * all_steps) change_masks(done);
    }
    for (const layer& w : layers) {
      layer_tensors out{w.outputs, w.inputs, w.master.values, w.bias, {}};
      for (std::uint32_t o = 0; o < w.outputs; ++o)
        for (std::uint32_t i = 0; i < w.inputs; ++i)
          out.mask.push_back(groups() ? w.mask(o, i) : w.live[w.block_of(o, i)] ? 1.f : 0.f);
      result.layers.push_back(out);
    }
    for (std::size_t l = 0; l + 1 < layers.size(); ++l) {
      result.thresholds.push_back(thinned[l].used);
      result.zeros.push_back(thinned[l].zeros);
    }
    return result;
  }

private:
  bool groups() const { return !s.sparse && (s.recipe == method::srste || s.recipe == method::bdwp); }

  float stored(float x) const { return s.bf16 ? to_bf16(x, how) : canonical(x); }

  // sum over k of a(k) * b(k), in increasing k.
  template <class A, class B>
  float dot(std::uint32_t length, A a, B b, float start = 0.f) const {
    float acc = start;
    for (std::uint32_t i = 0; i < length; ++i) {
      const std::uint32_t k = how.descending ? length - 1 - i : i;
      acc = multiply_add(acc, a(k), b(k), how);
    }
    return canonical(acc);
  }

  // --- what is there before the first step -----------------------------------------------------------------------

  layer first_weights(std::size_t l) const {
    layer w;
    w.inputs = s.widths[l];
    w.outputs = s.widths[l + 1];
    w.edge = s.unstructured ? 1 : 4;
    w.master = w.momentum = w.copy = matrix(w.outputs, w.inputs);
    w.bias.assign(w.outputs, 0.f);
    w.bias_momentum.assign(w.outputs, 0.f);
    w.live.assign(w.blocks(), !s.sparse);
    double deviation = std::sqrt(2.0 / w.inputs);
    if (s.sparse && s.recipe == method::magnitude) w.live.assign(w.blocks(), true);
    if (s.sparse && s.recipe != method::magnitude) {
      deviation = deviation / std::sqrt(1.0 - s.sparsity);
      const auto count = std::max(1.0, std::floor((1.0 - s.sparsity) * w.blocks() + 0.5));
      for (const auto b : random_numbers{s.seed, 0x200 + l}.draw(w.blocks(), static_cast<std::uint32_t>(count)))
        w.live[b] = true;
    }
    const random_numbers random{s.seed, 0x100 + l};
    for (std::uint32_t o = 0; o < w.outputs; ++o)
      for (std::uint32_t i = 0; i < w.inputs; ++i)
        if (w.live[w.block_of(o, i)])
          w.master(o, i) = random.normal(std::uint64_t{o} * w.inputs + i) * static_cast<float>(deviation);
    renew_copies(w);
    return w;
  }

  void renew_copies(layer& w) const {
    w.copy = w.master;
    if (groups()) {
      w.mask = largest_of_groups(w.master, s.pattern, false);
      for (std::size_t i = 0; i < w.copy.values.size(); ++i)
        if (w.mask.values[i] == 0.f) w.copy.values[i] = 0.f;
    }
    w.backward_copy = w.copy;
    if (groups() && s.recipe == method::bdwp) {
      const matrix mask = largest_of_groups(w.master, s.pattern, true);
      for (std::size_t i = 0; i < mask.values.size(); ++i)
        w.backward_copy.values[i] = mask.values[i] == 0.f ? 0.f : w.master.values[i];
    }
    for (matrix* copy : {&w.copy, &w.backward_copy})
      for (float& x : copy->values) x = stored(x);
  }

  // --- a step ----------------------------------------------------------------------------------------------------

  void take_batch(std::uint32_t t) {
    const std::uint32_t j = t % steps_per_epoch;
    if (j == 0) order = random_numbers{s.seed, 0x300 + t / steps_per_epoch}.draw(n, n);
    pixels = matrix(s.batch, s.widths[0]);
    labels.assign(s.batch, {});
    valid = std::min(s.batch, n - j * s.batch);
    for (std::uint32_t r = 0; r < valid; ++r) {
      const std::uint32_t sample = order[j * s.batch + r];
      labels[r] = data.labels[sample];
      for (std::uint32_t i = 0; i < s.widths[0]; ++i)
        pixels(r, i) = stored(static_cast<float>(data.images[sample][i]) * how.pixel_scale);
    }
  }

  const matrix& input_of(std::size_t l) const { return l == 0 ? pixels : hidden[l - 1]; }

  void forward() {
    hidden.clear();
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const layer& w = layers[l];
      const matrix& x = input_of(l);
      matrix out(s.batch, w.outputs);
      for (std::uint32_t r = 0; r < s.batch; ++r)
        for (std::uint32_t o = 0; o < w.outputs; ++o) {
          const auto input = [&](std::uint32_t i) { return x(r, i); };
          const auto weight = [&](std::uint32_t i) { return w.copy(o, i); };
          const float y =
              how.bias_first ? dot(w.inputs, input, weight, w.bias[o]) : dot(w.inputs, input, weight) + w.bias[o];
          const bool last = l + 1 == layers.size();
          out(r, o) = last ? canonical(y) : stored(y <= 0.f ? 0.f : y);
        }
      hidden.push_back(out); // of the last layer: the logits
    }
  }

  void loss(std::uint32_t t) {
    const matrix& logits = hidden.back();
    matrix g(s.batch, logits.columns);
    double sum = 0;
    for (std::uint32_t r = 0; r < s.batch; ++r) {
      if (!labels[r]) continue;
      const std::span<float> row{&g(r, 0), g.columns};
      const std::span<const float> x{&logits.values[std::size_t{r} * logits.columns], logits.columns};
      if (s.beyond_all_bounds(x)) result.diverged_step = t + 1;
      sum += static_cast<double>(softmax_cross_entropy(x, *labels[r], 1.f / static_cast<float>(valid), row, how));
      for (float& y : row) y = stored(y);
    }
    result.loss = sum / valid;
    if (t == 0) result.first_loss = result.loss;
    gradient.assign(layers.size(), {});
    gradient.back() = g;
  }

  void backward(std::uint32_t t) {
    for (std::size_t l = layers.size() - 1; l > 0; --l) {
      const layer& w = layers[l];
      matrix g(s.batch, w.inputs);
      for (std::uint32_t r = 0; r < s.batch; ++r)
        for (std::uint32_t i = 0; i < w.inputs; ++i) {
          const float y = dot(
              w.outputs, [&](std::uint32_t o) { return gradient[l](r, o); },
              [&](std::uint32_t o) { return w.backward_copy(o, i); });
          g(r, i) = stored(y);
        }
      thinned[l - 1].apply(g, t);
      for (std::size_t i = 0; i < g.values.size(); ++i)
        if (!(hidden[l - 1].values[i] > 0.f)) g.values[i] = 0.f;
      gradient[l - 1] = g;
    }
  }

  float weight_gradient(std::size_t l, std::uint32_t o, std::uint32_t i) const {
    return dot(
        s.batch, [&](std::uint32_t r) { return gradient[l](r, o); },
        [&](std::uint32_t r) { return input_of(l)(r, i); });
  }

  void gradients() {
    of_weights.clear();
    of_biases.clear();
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const layer& w = layers[l];
      matrix g(w.outputs, w.inputs);
      std::vector<float> sums;
      for (std::uint32_t o = 0; o < w.outputs; ++o) {
        for (std::uint32_t i = 0; i < w.inputs; ++i)
          if (w.live[w.block_of(o, i)]) g(o, i) = weight_gradient(l, o, i);
        float sum = 0.f;
        for (std::uint32_t r = 0; r < s.batch; ++r) sum = sum + gradient[l](r, o);
        sums.push_back(canonical(sum));
      }
      of_weights.push_back(g);
      of_biases.push_back(sums);
    }
  }

  float rate(std::uint32_t t) const {
    const double x = static_cast<double>(t) / all_steps, lr = static_cast<float>(s.lr);
    switch (s.rates) {
    case schedule::constant: break;
    case schedule::cosine: return static_cast<float>(lr * (1.0 + cosine_pi(x)) / 2.0);
    case schedule::step: return static_cast<float>(lr * (x < 0.5 ? 1.0 : x < 0.75 ? 0.1 : 0.01));
    }
    return static_cast<float>(lr);
  }

  void update(float lr) {
    const auto mu = static_cast<float>(s.momentum), decay = static_cast<float>(s.decay);
    const auto one = [&](float& w, float& v, float g, bool decays) {
      const float shrinks = decay * w;
      if (decays && decay != 0.f) g = g + shrinks;
      const float kept = mu * v;
      v = canonical(kept + g);
      const float change = lr * v;
      w = canonical(w - change);
    };
    for (std::size_t l = 0; l < layers.size(); ++l) {
      layer& w = layers[l];
      for (std::uint32_t o = 0; o < w.outputs; ++o) {
        for (std::uint32_t i = 0; i < w.inputs; ++i)
          if (w.live[w.block_of(o, i)]) {
            if (groups()) {
              const float shrinks = 2e-4f * (w.mask(o, i) == 0.f ? w.master(o, i) : 0.f);
              of_weights[l](o, i) = of_weights[l](o, i) + shrinks;
            }
            one(w.master(o, i), w.momentum(o, i), of_weights[l](o, i), true);
          } else if (s.recipe == method::momentum) {
            float unused = 0.f;
            one(unused, w.momentum(o, i), weight_gradient(l, o, i), true);
          }
        one(w.bias[o], w.bias_momentum[o], of_biases[l][o], false);
      }
      renew_copies(w);
    }
  }

  // --- masks -----------------------------------------------------------------------------------------------------

  struct candidate {
    std::uint32_t key = 0, block = 0;
  };

  // The first k blocks whose mask is `live`, by score, ties by number.
  template <class Score>
  std::vector<std::uint32_t> select(const layer& w, bool live, bool largest, std::uint32_t k, Score score) const {
    std::vector<candidate> all;
    for (std::uint32_t b = 0; b < w.blocks(); ++b)
      if (w.live[b] == live) all.push_back({key_of(score(b)), b});
    std::sort(all.begin(), all.end(), [&](const candidate& x, const candidate& y) {
      if (x.key != y.key) return largest ? x.key > y.key : x.key < y.key;
      return how.ties_to_last ? x.block > y.block : x.block < y.block;
    });
    std::vector<std::uint32_t> chosen;
    for (std::uint32_t i = 0; i < std::min<std::size_t>(k, all.size()); ++i) chosen.push_back(all[i].block);
    return chosen;
  }

  void change_masks(std::uint32_t done) {
    const double c = cosine_pi(done / (0.75 * all_steps));
    std::vector<budget_of_layer> budget;
    if (s.recipe == method::momentum) budget = divided(0.15 * (1.0 + c));
    for (std::size_t l = 0; l < layers.size(); ++l) {
      layer& w = layers[l];
      const auto live = static_cast<std::uint32_t>(std::count(w.live.begin(), w.live.end(), true));
      const double share = s.recipe == method::set ? 0.3 : 0.15 * (1.0 + c);
      const auto wanted = static_cast<std::uint32_t>(std::floor(share * live));
      const bool prunes = s.recipe == method::magnitude;
      const std::uint32_t k = prunes ? live - gradually(w.blocks(), s.sparsity, done, s.regrow_period, all_steps)
                              : budget.empty() ? std::min({wanted, w.blocks() - live, above_threshold(l)})
                                               : budget[l].dropped;
      const auto dying = select(w, true, false, k, [&](std::uint32_t b) {
        float sum = 0.f;
        w.for_block(b, [&](std::uint32_t o, std::uint32_t i) { sum = sum + std::fabs(w.master(o, i)); });
        return sum;
      });
      const std::uint32_t more = prunes ? 0 : budget.empty() ? k : budget[l].grown;
      const auto growing = select(w, false, true, more, [&](std::uint32_t b) {
        if (s.recipe == method::set) {
          const std::uint32_t padded = (w.inputs + 3) / 4 * 4, columns = w.block_columns();
          const std::uint64_t place = w.edge == 1 ? b / columns * padded + b % columns : b;
          return uniform(s.seed, done, static_cast<std::uint32_t>(l), place);
        }
        float sum = 0.f;
        w.for_block(b, [&](std::uint32_t o, std::uint32_t i) { sum = sum + growth_score(l, o, i); });
        return sum;
      });
      for (const auto b : dying) {
        w.live[b] = false;
        w.for_block(b, [&](std::uint32_t o, std::uint32_t i) {
          w.master(o, i) = 0.f;
          if (s.recipe != method::momentum) w.momentum(o, i) = 0.f;
        });
      }
      for (const auto b : growing) w.live[b] = true; // zero since it died or since the start
      renew_copies(w);
      result.blocks_moved += k;
    }
    ++result.mask_changes;
  }

  std::vector<budget_of_layer> divided(double share) const {
    std::vector<budget_of_layer> all;
    for (const layer& w : layers) {
      auto& b = all.emplace_back();
      b.entries = w.blocks();
      b.live = static_cast<std::uint32_t>(std::count(w.live.begin(), w.live.end(), true));
      for (std::uint32_t o = 0; o < w.outputs; ++o) {
        float sum = 0.f;
        for (std::uint32_t i = 0; i < w.inputs; ++i)
          if (w.live[w.block_of(o, i)]) sum = sum + std::fabs(w.momentum(o, i));
        b.sums.push_back(sum);
      }
    }
    divide(all, share);
    return all;
  }

  std::uint32_t above_threshold(std::size_t l) const {
    const layer& w = layers[l];
    if (s.growth_threshold == 0) return w.blocks();
    std::uint32_t k = 0;
    for (std::uint32_t b = 0; b < w.blocks(); ++b) {
      float sum = 0.f;
      w.for_block(b, [&](std::uint32_t o, std::uint32_t i) { sum = sum + growth_score(l, o, i); });
      k += !w.live[b] && sum >= 16 * static_cast<float>(s.growth_threshold);
    }
    return k;
  }

  // Of weight (o, i).
  float growth_score(std::size_t l, std::uint32_t o, std::uint32_t i) const {
    if (s.recipe == method::momentum) return std::fabs(layers[l].momentum(o, i));
    return std::fabs(weight_gradient(l, o, i));
  }

  const settings& s;
  const arithmetic& how;
  const samples& data;
  std::uint32_t n = 0, steps_per_epoch = 0, all_steps = 0;
  std::vector<layer> layers;
  std::vector<thinning> thinned; // by layer; of the last one unused
  trained result;

  // of the step
  std::vector<std::uint32_t> order;
  std::uint32_t valid = 0;
  matrix pixels;                                    // [batch][n0]
  std::vector<std::optional<std::uint32_t>> labels; // none: a blank row
  std::vector<matrix> hidden, gradient;             // by layer, [batch][outputs]
  std::vector<matrix> of_weights;
  std::vector<std::vector<float>> of_biases;
};

} // namespace

trained train(const settings& given, const samples& set) { return training(given, set).run(); }

} // namespace acf::reference
