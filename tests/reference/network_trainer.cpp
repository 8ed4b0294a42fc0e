#include "tests/reference/network_trainer.hpp"

#include "tests/reference/network_values.hpp"
#include "tests/reference/random.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace acf::reference {
namespace {

struct step_of_pass { // a layer, and what passed through it
  network_layer layer;
  std::optional<std::size_t> holds; // its weights
  bool relu = false;                // behind it
  size3 in, out;
  values outputs, gradient;
  std::vector<std::uint32_t> chosen; // maxima: tap
};

class training {
public:
  training(const settings& given, const network& n, const samples& all) : s(given), how(given.how), net(n), data(all) {
    build();
    samples_ = static_cast<std::uint32_t>(data.images.size());
    steps_per_epoch = (samples_ + s.batch - 1) / s.batch;
    all_steps = steps_per_epoch * s.epochs;
  }

  trained run() {
    const std::uint32_t last = s.step_limit ? std::min(s.step_limit, all_steps) : all_steps;
    for (std::uint32_t t = 0; t < last; ++t) {
      take_batch(t);
      for (std::size_t i = 0; i < path.size(); ++i) forward(i);
      loss(t);
      for (std::size_t i = path.size(); i-- > 0;) {
        if (path[i].holds) weight_gradients(i);
        if (i > 0) backward(i);
      }
      for (auto& w : held) update(w, rate(t));
      const std::uint32_t done = t + 1;
      if (s.sparse && s.regrow_period && done % s.regrow_period == 0 && done < 0.75 * all_steps) change_masks(done);
    }
    for (const weights& w : held) {
      layer_tensors out{w.outputs, w.inputs, w.master, w.bias, {}};
      for (std::uint32_t o = 0; o < w.outputs; ++o)
        for (std::uint32_t i = 0; i < w.inputs; ++i) out.mask.push_back(w.live[w.block_of(o, i)] ? 1.f : 0.f);
      result.layers.push_back(out);
    }
    return result;
  }

private:
  float stored(float x) const { return s.bf16 ? to_bf16(x, how) : canonical(x); }
  void add(float& acc, float a, float b) const { acc = multiply_add(acc, a, b, how); }

  // --- the network -----------------------------------------------------------------------------------------------

  void build() {
    size3 at{net.image[1], net.image[2], net.image[0]};
    bool flat = false;
    for (const network_layer& l : net.layers) {
      if (l.what == operation::relu) {
        path.back().relu = true;
        continue;
      }
      if (l.what == operation::flatten) {
        flat = true;
        continue;
      }
      step_of_pass p;
      p.layer = l;
      p.in = p.out = at;
      if (l.what == operation::linear) {
        const bool by_pixel = flat && !path.empty() && at.height * at.width > 1;
        p.out = {1, 1, l.outputs};
        add_weights(p, at.all(), by_pixel ? at.channels : at.all(), true);
      } else {
        const auto positions = [&](int d, std::uint32_t size) {
          return (size + 2 * l.padding[d] - l.dilation[d] * (l.kernel[d] - 1) - 1) / l.stride[d] + 1;
        };
        p.out = {positions(0, at.height), positions(1, at.width), at.channels};
        if (l.what == operation::conv2d) {
          p.out.channels = l.outputs;
          add_weights(p, l.kernel[0] * l.kernel[1] * at.channels, at.channels, !path.empty());
        }
      }
      at = p.out;
      path.push_back(p);
    }
  }

  void add_weights(step_of_pass& p, std::uint32_t inputs, std::uint32_t each, bool padded) {
    weights w;
    w.outputs = p.layer.outputs, w.inputs = inputs, w.each = each;
    w.padded_each = padded ? (each + 3) / 4 * 4 : each;
    const std::size_t l = held.size(), n = std::size_t{w.outputs} * inputs;
    w.master.assign(n, 0.f), w.momentum = w.copy = w.gradient = w.master;
    w.bias.assign(w.outputs, 0.f), w.bias_momentum = w.bias_gradient = w.bias;
    w.live.assign(w.blocks(), !s.sparse);
    double deviation = std::sqrt(2.0 / inputs);
    if (s.sparse) {
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
        if (!w.live[w.block_of(o, i)]) continue;
        w.master[number] = random.normal(number) * static_cast<float>(deviation);
        w.copy[number] = stored(w.master[number]);
      }
    p.holds = l;
    held.push_back(w);
  }

  // --- a step ----------------------------------------------------------------------------------------------------

  void take_batch(std::uint32_t t) {
    const std::uint32_t j = t % steps_per_epoch;
    if (j == 0) order = random_numbers{s.seed, 0x300 + t / steps_per_epoch}.draw(samples_, samples_);
    pixels = values(s.batch, path[0].in);
    labels.assign(s.batch, {});
    valid = std::min(s.batch, samples_ - j * s.batch);
    for (std::uint32_t r = 0; r < valid; ++r) {
      const std::uint32_t sample = order[j * s.batch + r];
      labels[r] = data.labels[sample];
      for (std::size_t i = 0; i < pixels.size.all(); ++i)
        pixels.at[r * pixels.size.all() + i] = stored(static_cast<float>(data.images[sample][i]) * how.pixel_scale);
    }
  }

  const values& inputs_of(std::size_t i) const { return i == 0 ? pixels : path[i - 1].outputs; }

  // Calls f(tap, y, x) for the taps of position (p, q) that are inside, in order.
  template <class F>
  static void each_tap(const step_of_pass& l, std::uint32_t p, std::uint32_t q, F f) {
    const auto& k = l.layer;
    for (std::uint32_t r = 0; r < k.kernel[0]; ++r)
      for (std::uint32_t c = 0; c < k.kernel[1]; ++c) {
        const std::int64_t y = std::int64_t{p} * k.stride[0] - k.padding[0] + std::int64_t{r} * k.dilation[0],
                           x = std::int64_t{q} * k.stride[1] - k.padding[1] + std::int64_t{c} * k.dilation[1];
        if (y >= 0 && x >= 0 && y < l.in.height && x < l.in.width)
          f(r * k.kernel[1] + c, static_cast<std::uint32_t>(y), static_cast<std::uint32_t>(x));
      }
  }
  template <class F>
  static void each_output(std::uint32_t rows, size3 size, F f) {
    for (std::uint32_t r = 0; r < rows; ++r)
      for (std::uint32_t p = 0; p < size.height; ++p)
        for (std::uint32_t q = 0; q < size.width; ++q)
          for (std::uint32_t o = 0; o < size.channels; ++o) f(r, p, q, o);
  }

  void forward(std::size_t i) {
    step_of_pass& l = path[i];
    const values& x = inputs_of(i);
    l.outputs = values(s.batch, l.out);
    l.chosen.assign(l.outputs.at.size(), 255);
    const bool last = i + 1 == path.size();
    std::size_t number = 0;
    each_output(s.batch, l.out, [&](std::uint32_t r, std::uint32_t p, std::uint32_t q, std::uint32_t o) {
      float y = 0.f;
      if (l.holds) {
        const weights& w = held[*l.holds];
        const float* row = &w.copy[std::size_t{o} * w.inputs];
        if (l.layer.what == operation::linear)
          for (std::uint32_t k = 0; k < w.inputs; ++k) add(y, x.at[std::size_t{r} * w.inputs + k], row[k]);
        else
          each_tap(l, p, q, [&](std::uint32_t tap, std::uint32_t h, std::uint32_t v) {
            for (std::uint32_t c = 0; c < l.in.channels; ++c) add(y, x(r, h, v, c), row[tap * l.in.channels + c]);
          });
        y = canonical(y) + w.bias[o];
        if (l.relu && y <= 0.f) y = 0.f;
      } else if (l.layer.what == operation::max_pool) {
        each_tap(l, p, q, [&](std::uint32_t tap, std::uint32_t h, std::uint32_t v) {
          if (l.chosen[number] == 255 || x(r, h, v, o) > y) y = x(r, h, v, o), l.chosen[number] = tap;
        });
      } else {
        each_tap(l, p, q, [&](std::uint32_t, std::uint32_t h, std::uint32_t v) { y = y + x(r, h, v, o); });
        y = y * factor(l);
      }
      l.outputs.at[number++] = last ? canonical(y) : stored(y);
    });
  }

  static float factor(const step_of_pass& l) { return 1.f / static_cast<float>(l.layer.kernel[0] * l.layer.kernel[1]); }

  void loss(std::uint32_t t) {
    step_of_pass& l = path.back();
    l.gradient = values(s.batch, l.out);
    double sum = 0;
    const std::uint32_t classes = l.out.channels;
    for (std::uint32_t r = 0; r < s.batch; ++r) {
      if (!labels[r]) continue;
      const std::span<float> row{&l.gradient.at[std::size_t{r} * classes], classes};
      const std::span<const float> x{&l.outputs.at[std::size_t{r} * classes], classes};
      sum += static_cast<double>(softmax_cross_entropy(x, *labels[r], 1.f / static_cast<float>(valid), row, how));
      for (float& y : row) y = stored(y);
    }
    result.loss = sum / valid;
    if (t == 0) result.first_loss = result.loss;
  }

  // The gradient of layer i's inputs, that is of layer i - 1's outputs.
  void backward(std::size_t i) {
    const step_of_pass& l = path[i];
    step_of_pass& before = path[i - 1];
    values& g = before.gradient = values(s.batch, l.in);
    if (l.layer.what == operation::linear) {
      const weights& w = held[*l.holds];
      for (std::uint32_t r = 0; r < s.batch; ++r)
        for (std::uint32_t k = 0; k < w.inputs; ++k)
          for (std::uint32_t o = 0; o < w.outputs; ++o)
            add(g.at[std::size_t{r} * w.inputs + k], l.gradient.at[std::size_t{r} * w.outputs + o],
                w.copy[std::size_t{o} * w.inputs + k]);
    } else if (l.layer.what == operation::conv2d) {
      convolution_backward(l, g);
    } else {
      std::size_t number = 0;
      each_output(s.batch, l.out, [&](std::uint32_t r, std::uint32_t p, std::uint32_t q, std::uint32_t o) {
        const float dy = l.gradient.at[number];
        const bool maximum = l.layer.what == operation::max_pool;
        each_tap(l, p, q, [&](std::uint32_t tap, std::uint32_t h, std::uint32_t v) {
          if (maximum && l.chosen[number] != tap) return;
          const float part = maximum ? dy : dy * factor(l);
          g(r, h, v, o) = g(r, h, v, o) + part;
        });
        ++number;
      });
    }
    for (std::size_t k = 0; k < g.at.size(); ++k) {
      const bool passes = !before.relu || before.outputs.at[k] > 0.f;
      g.at[k] = stored(passes ? canonical(g.at[k]) : 0.f);
    }
  }

  void convolution_backward(const step_of_pass& l, values& g) const {
    const weights& w = held[*l.holds];
    const auto& k = l.layer;
    // Position that sees pixel `at` at a tap.
    const auto position = [&](int d, std::uint32_t at, std::uint32_t tap, std::uint32_t most) {
      const std::int64_t from = std::int64_t{at} + k.padding[d] - std::int64_t{tap} * k.dilation[d];
      const bool is = from >= 0 && from % k.stride[d] == 0 && from / k.stride[d] < most;
      return is ? std::optional{static_cast<std::uint32_t>(from / k.stride[d])} : std::nullopt;
    };
    each_output(s.batch, l.in, [&](std::uint32_t r, std::uint32_t y, std::uint32_t x, std::uint32_t c) {
      float acc = 0.f;
      for (std::uint32_t a = 0; a < k.kernel[0]; ++a)
        for (std::uint32_t b = 0; b < k.kernel[1]; ++b) {
          const auto p = position(0, y, a, l.out.height), q = position(1, x, b, l.out.width);
          if (!p || !q) continue;
          for (std::uint32_t o = 0; o < w.outputs; ++o)
            add(acc, l.gradient(r, *p, *q, o),
                w.copy[std::size_t{o} * w.inputs + (a * k.kernel[1] + b) * l.in.channels + c]);
        }
      g(r, y, x, c) = acc;
    });
  }

  // --- weights ---------------------------------------------------------------------------------------------------

  void weight_gradients(std::size_t i) {
    const step_of_pass& l = path[i];
    weights& w = held[*l.holds];
    const values& x = inputs_of(i);
    std::fill(w.gradient.begin(), w.gradient.end(), 0.f);
    std::fill(w.bias_gradient.begin(), w.bias_gradient.end(), 0.f);
    const bool convolution = l.layer.what == operation::conv2d;
    const std::uint32_t together = convolution ? 4 : s.batch; // rows of one sum
    for (std::uint32_t first = 0; first < s.batch; first += together) {
      std::vector<float> sums(w.gradient.size(), 0.f), biases(w.outputs, 0.f);
      for (std::uint32_t r = first; r < std::min(s.batch, first + together); ++r)
        for (std::uint32_t p = 0; p < l.out.height; ++p)
          for (std::uint32_t q = 0; q < l.out.width; ++q)
            for (std::uint32_t o = 0; o < w.outputs; ++o) {
              const float dy = l.gradient(r, p, q, o);
              float* row = &sums[std::size_t{o} * w.inputs];
              biases[o] = biases[o] + dy;
              if (!convolution)
                for (std::uint32_t k = 0; k < w.inputs; ++k) add(row[k], dy, x.at[std::size_t{r} * w.inputs + k]);
              else
                each_tap(l, p, q, [&](std::uint32_t tap, std::uint32_t h, std::uint32_t v) {
                  for (std::uint32_t c = 0; c < l.in.channels; ++c)
                    add(row[tap * l.in.channels + c], dy, x(r, h, v, c));
                });
            }
      const auto add_group = [&](std::vector<float>& all, const std::vector<float>& group) {
        for (std::size_t k = 0; k < all.size(); ++k)
          all[k] = convolution ? canonical(all[k] + canonical(group[k])) : canonical(group[k]);
      };
      add_group(w.gradient, sums);
      add_group(w.bias_gradient, biases);
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

  void update(weights& w, float lr) const {
    const auto mu = static_cast<float>(s.momentum), decay = static_cast<float>(s.decay);
    const auto one = [&](float& x, float& v, float g, bool decays) {
      const float shrinks = decay * x;
      if (decays && decay != 0.f) g = g + shrinks;
      const float kept = mu * v;
      v = canonical(kept + g);
      const float change = lr * v;
      x = canonical(x - change);
    };
    for (std::uint32_t b = 0; b < w.of_block.size(); ++b)
      if (w.live[b])
        for (const auto k : w.of_block[b]) {
          one(w.master[k], w.momentum[k], w.gradient[k], true);
          w.copy[k] = stored(w.master[k]);
        }
    for (std::uint32_t o = 0; o < w.outputs; ++o) one(w.bias[o], w.bias_momentum[o], w.bias_gradient[o], false);
  }

  // --- masks -----------------------------------------------------------------------------------------------------

  // The first k blocks that are live (or not), by score, ties by number.
  static std::vector<std::uint32_t> select(const weights& w, bool live, std::uint32_t k, const std::vector<float>& of) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> all; // key, block
    for (std::uint32_t b = 0; b < w.blocks(); ++b) {
      if (w.live[b] != live) continue;
      float sum = 0.f;
      for (const auto i : w.of_block[b]) sum = sum + std::fabs(of[i]);
      all.push_back({live ? key_of(sum) : ~key_of(sum), b});
    }
    std::sort(all.begin(), all.end());
    all.resize(std::min<std::size_t>(k, all.size()));
    std::vector<std::uint32_t> chosen;
    for (const auto& [key, b] : all) chosen.push_back(b);
    return chosen;
  }

  void change_masks(std::uint32_t done) {
    const double c = cosine_pi(done / (0.75 * all_steps));
    for (weights& w : held) {
      const auto live = static_cast<std::uint32_t>(std::count(w.live.begin(), w.live.end(), true));
      const auto wanted = static_cast<std::uint32_t>(std::floor(0.15 * (1.0 + c) * live));
      const std::uint32_t k = std::min(wanted, w.blocks() - live);
      const auto dying = select(w, true, k, w.master), growing = select(w, false, k, w.gradient);
      for (const auto b : dying) {
        w.live[b] = false;
        for (const auto i : w.of_block[b]) w.master[i] = w.momentum[i] = w.copy[i] = 0.f;
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
  std::uint32_t samples_ = 0, steps_per_epoch = 0, all_steps = 0;
  std::vector<step_of_pass> path;
  std::vector<weights> held;
  trained result;

  std::vector<std::uint32_t> order;
  std::uint32_t valid = 0;
  values pixels;
  std::vector<std::optional<std::uint32_t>> labels;
};

} // namespace

trained train(const settings& given, const network& net, const samples& set) { return training(given, net, set).run(); }

} // namespace acf::reference
