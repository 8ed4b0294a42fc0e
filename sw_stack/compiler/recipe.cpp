#include "sw_stack/compiler/recipe.hpp"

#include "sw_stack/compiler/methods/method.hpp"

#include "sw_stack/hal/numeric.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace acf::compiler {
namespace {

using hal::numeric::cos_pi;
using hal::numeric::random_stream;

layer_start make_start(const layer_shape& s, std::uint64_t seed, std::uint64_t layer, double sparsity) {
  layer_start start;
  start.weights.assign(std::size_t{s.outputs} * s.inputs, 0.f);
  start.bias.assign(s.outputs, 0.f);
  start.weight_momenta.assign(start.weights.size(), 0.f);
  start.bias_momenta = start.bias;
  start.weight_seconds = start.weight_momenta, start.bias_seconds = start.bias;
  auto deviation = static_cast<float>(std::sqrt(2.0 / s.real_inputs));
  std::vector<bool> live(s.blocks, false);
  if (s.grouped()) {
    start.blocks = blocks_of_groups(s);
    for (const auto b : start.blocks) live[b] = true;
  } else if (s.sparse) {
    deviation = static_cast<float>(std::sqrt(2.0 / s.real_inputs) / std::sqrt(1.0 - sparsity));
    start.blocks = draw(seed, random_use::mask + layer, s.blocks, s.live);
    std::sort(start.blocks.begin(), start.blocks.end());
    for (const auto b : start.blocks) live[b] = true;
  }
  const random_stream random{seed, random_use::weights + layer};
  for (std::uint32_t o = 0; o < s.real_outputs; ++o)
    for (std::uint32_t i = 0; i < s.real_inputs; ++i)
      if (const std::uint32_t c = s.column_of(o, i); !s.sparse || live[std::size_t{o / 4} * (s.inputs / 4) + c / 4])
        start.weights[std::size_t{o} * s.inputs + c] = random.normal(std::uint64_t{o} * s.real_inputs + i) * deviation;
  return start;
}

layer_start take_start(const layer_shape& s, const given_layer& given, std::size_t layer) {
  const auto need = [&](bool ok, const std::string& text) {
    if (!ok) throw input_error("layer " + std::to_string(layer + 1) + " to start from: " + text);
  };
  const std::size_t count = std::size_t{s.real_outputs} * s.real_inputs;
  need(given.weights.size() == count && given.live.size() == count && given.bias.size() == s.real_outputs,
       "expected " + std::to_string(s.real_outputs) + " x " + std::to_string(s.real_inputs) + " weights");
  for (const auto& [weights, biases] :
       {std::pair{&given.weight_momenta, &given.bias_momenta}, {&given.weight_seconds, &given.bias_seconds}})
    need((weights->empty() || weights->size() == count) && (biases->empty() || biases->size() == s.real_outputs),
         "expected as many momenta as weights, and as biases");
  layer_start start;
  start.weights.assign(std::size_t{s.outputs} * s.inputs, 0.f);
  start.bias = given.bias;
  start.bias.resize(s.outputs, 0.f);
  start.weight_momenta = start.weights;
  start.bias_momenta = given.bias_momenta;
  start.bias_momenta.resize(s.outputs, 0.f);
  start.weight_seconds = start.weights;
  start.bias_seconds = given.bias_seconds;
  start.bias_seconds.resize(s.outputs, 0.f);
  std::vector<bool> live(s.blocks, false);
  for (std::uint32_t o = 0; o < s.real_outputs; ++o)
    for (std::uint32_t i = 0; i < s.real_inputs; ++i) {
      const std::size_t at = std::size_t{o} * s.real_inputs + i;
      const std::uint32_t c = s.column_of(o, i);
      start.weights[std::size_t{o} * s.inputs + c] = given.weights[at];
      if (!given.weight_momenta.empty()) start.weight_momenta[std::size_t{o} * s.inputs + c] = given.weight_momenta[at];
      if (!given.weight_seconds.empty()) start.weight_seconds[std::size_t{o} * s.inputs + c] = given.weight_seconds[at];
      if (s.sparse && (given.live[at] || given.weights[at] != 0.f))
        live[std::size_t{o / 4} * (s.inputs / 4) + c / 4] = true;
    }
  for (std::uint32_t b = 0; b < s.blocks; ++b)
    if (live[b]) start.blocks.push_back(b);
  if (s.grouped()) start.blocks = blocks_of_groups(s);
  need(!s.sparse || start.blocks.size() == s.live,
       std::to_string(start.blocks.size()) + " of its " + std::to_string(s.blocks) +
           " 4x4 blocks are not zero, but train.sparsity asks for " + std::to_string(s.live));
  return start;
}

float scheduled_rate(const training& t, std::uint32_t step, std::uint32_t steps) {
  const double x = static_cast<double>(step) / steps;
  switch (t.rate) {
  case schedule::constant: break;
  case schedule::cosine: return static_cast<float>(static_cast<double>(t.lr) * (1.0 + cos_pi(x)) / 2.0);
  case schedule::step: return static_cast<float>(static_cast<double>(t.lr) * (x < 0.5 ? 1.0 : x < 0.75 ? 0.1 : 0.01));
  }
  return t.lr;
}

float rate_at(const training& t, std::uint32_t step, std::uint32_t steps) {
  const float rate = scheduled_rate(t, step, steps);
  if (step >= t.warmup_steps) return rate;
  return static_cast<float>(static_cast<double>(rate) * (step + 1) / t.warmup_steps);
}

// Of moments that began with zeros, behind step 0, 1, ...: powers by multiplication, so that every host has them.
std::vector<std::array<float, 2>> corrections_of(const training& t, std::uint32_t steps) {
  std::vector<std::array<float, 2>> all;
  double first = 1, second = 1;
  for (std::uint32_t step = 0; step < steps; ++step) {
    first = first * static_cast<double>(t.momentum), second = second * static_cast<double>(t.beta2);
    all.push_back({static_cast<float>(1 / (1 - first)), static_cast<float>(1 / (1 - second))});
  }
  return all;
}

// Leaves out what an earlier run has done.
void skip_steps(const training& t, recipe& r) {
  const std::uint32_t done = t.steps_before;
  if (done >= r.steps)
    throw input_error("train.load: nothing is left to train: it was saved behind step " + std::to_string(done) +
                      ", and this run has " + std::to_string(r.steps) +
                      "; train.resume=false starts a new run from its weights");
  const auto drop = [](auto& all, std::size_t count) {
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
  };
  drop(r.rate, done);
  drop(r.inverse_batch, done);
  drop(r.corrections, done);
  drop(r.order, std::size_t{done} * t.batch);
  const auto changes = static_cast<std::size_t>(std::upper_bound(r.regrow_steps.begin(), r.regrow_steps.end(), done) -
                                                r.regrow_steps.begin());
  if (!r.regrow_count.empty()) drop(r.regrow_count, r.regrow_count.size() / r.regrow_steps.size() * changes);
  if (!r.regrow_share.empty()) drop(r.regrow_share, changes);
  drop(r.regrow_steps, changes);
  for (auto& step : r.regrow_steps) step -= done;
  r.steps -= done;
}

void check(const training& t, std::uint32_t samples) {
  const auto need = [](bool ok, const char* text) {
    if (!ok) throw input_error(text);
  };
  if (!t.network) {
    need(t.layers.size() >= 3, "a perceptron has inputs, at least one hidden layer, and classes");
    for (const auto width : t.layers)
      need(width >= 1 && width <= 65536, "layers of a perceptron have 1 to 65536 units");
    need(t.layers.back() <= 255, "data: at most 255 classes: label 255 marks a row that does not count");
  }
  need(t.batch >= 2 && t.batch <= 1023, "train.batch: expected 2 to 1023");
  need(t.epochs >= 1, "train.epochs: expected at least 1");
  need(samples >= 1, "data: the training set is empty");
  need(t.lr > 0.f && std::isfinite(t.lr), "train.lr: expected a positive number");
  need(t.momentum >= 0.f && t.momentum < 1.f, "train.momentum: expected 0 or more, and less than 1");
  need(t.beta2 >= 0.f && t.beta2 < 1.f, "train.beta2: expected 0 or more, and less than 1");
  need(t.epsilon > 0.f && std::isfinite(t.epsilon), "train.epsilon: expected a positive number");
  need(t.clip_value >= 0.f && std::isfinite(t.clip_value), "train.clip_value: expected 0 or more");
  need(t.clip_norm >= 0.f && std::isfinite(t.clip_norm), "train.clip_norm: expected 0 or more");
  need(t.largest_logit >= 0.f && std::isfinite(t.largest_logit), "train.largest_logit: expected 0 or more");
  int exponent = 0;
  need(t.loss_scale >= 1.f && t.loss_scale <= 0x1p30f && std::frexp(t.loss_scale, &exponent) == 0.5f,
       "train.loss_scale: expected a power of two from 1 to 2^30");
  need(t.loss_scale_interval >= 1, "train.loss_scale_interval: expected at least 1");
  need(t.growth_threshold >= 0.f && std::isfinite(t.growth_threshold), "train.growth_threshold: expected 0 or more");
  need(t.weight_decay >= 0.f && std::isfinite(t.weight_decay), "train.weight_decay: expected 0 or more");
  need(t.weights == pattern::dense || (t.sparsity >= 0.0 && t.sparsity < 1.0),
       "train.sparsity: expected 0 or more, and less than 1");
}

} // namespace

std::vector<std::uint32_t> draw(std::uint64_t seed, std::uint64_t stream, std::uint32_t n, std::uint32_t take) {
  const random_stream random{seed, stream};
  std::vector<std::uint32_t> all(n);
  std::iota(all.begin(), all.end(), 0u);
  for (std::uint32_t i = 0; i < take; ++i) std::swap(all[i], all[i + random.below(i, n - i)]);
  all.resize(take);
  return all;
}

std::vector<std::uint32_t> change_steps(std::uint32_t period, std::uint32_t all_steps) {
  std::vector<std::uint32_t> steps;
  if (period != 0)
    for (std::uint64_t step = period; step < 0.75 * all_steps; step += period)
      steps.push_back(static_cast<std::uint32_t>(step));
  return steps;
}

double falling_share(std::uint32_t step, std::uint32_t all_steps) {
  return 0.15 * (1.0 + cos_pi(step / (0.75 * all_steps)));
}

recipe make_recipe(const training& t, std::uint32_t samples) {
  check(t, samples);
  recipe r;
  network net = make_network(t);
  r.nodes = std::move(net.nodes);
  r.layers = std::move(net.layers);
  r.norms = std::move(net.norms);
  const method& how = method_of(t);
  how.shape_layers(t, r.nodes, r.layers);
  if (!t.start.empty() && t.start.size() != r.layers.size())
    throw input_error("layers to start from: " + std::to_string(t.start.size()) + ", but the network has " +
                      std::to_string(r.layers.size()));
  if (!t.norm_start.empty()) {
    if (t.norm_start.size() != r.norms.size())
      throw input_error("batch normalisations to start from: " + std::to_string(t.norm_start.size()) +
                        ", but the network has " + std::to_string(r.norms.size()));
    for (std::size_t i = 0; i < r.norms.size(); ++i)
      if (t.norm_start[i].state.size() != std::size_t{t.norm_parts()} * r.norms[i].real_channels)
        throw input_error("batch_norm " + std::to_string(i + 1) + " to start from: expected " +
                          std::to_string(t.norm_parts()) + " times " + std::to_string(r.norms[i].real_channels) +
                          " numbers");
  }
  for (std::size_t l = 0; l < r.layers.size(); ++l)
    r.start.push_back(t.start.empty() ? make_start(r.layers[l], t.seed, l, t.sparsity)
                                      : take_start(r.layers[l], t.start[l], l));

  r.steps_per_epoch = (samples + t.batch - 1) / t.batch;
  const std::uint32_t all_steps = r.steps_per_epoch * t.epochs; // schedules see these, even if the run stops early
  r.steps = t.max_steps ? std::min(t.max_steps, all_steps) : all_steps;
  r.corrections = corrections_of(t, r.steps);
  r.order.reserve(std::size_t{r.steps} * t.batch);
  for (std::uint32_t step = 0; step < r.steps;) {
    const auto shuffled = draw(t.seed, random_use::order + step / r.steps_per_epoch, samples, samples);
    for (std::uint32_t first = 0; first < samples && step < r.steps; first += t.batch, ++step) {
      const std::uint32_t valid = std::min(t.batch, samples - first);
      for (std::uint32_t i = 0; i < t.batch; ++i) r.order.push_back(i < valid ? shuffled[first + i] : samples);
      r.rate.push_back(rate_at(t, step, all_steps));
      r.inverse_batch.push_back(1.f / static_cast<float>(valid));
    }
  }

  if (t.weights == pattern::block4x4)
    for (const std::uint32_t step : change_steps(t.regrow_period, all_steps)) {
      if (step > r.steps) break;
      r.regrow_steps.push_back(step);
      const double share = falling_share(step, all_steps);
      for (const auto& l : r.layers)
        if (!l.fixed())
          r.regrow_count.push_back(std::min(static_cast<std::uint32_t>(std::floor(share * l.live)), l.blocks - l.live));
    }
  how.plan(t, all_steps, r);
  skip_steps(t, r);
  return r;
}

} // namespace acf::compiler
