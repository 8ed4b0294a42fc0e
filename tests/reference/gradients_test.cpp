// Gradients of every operator of the reference, in fp32, over random shapes: the change of the sum of outputs, each
// times a random number, along a random direction of inputs or parameters, against what the backward pass says. The
// fabric computes the same bits as the reference (tests/integration/bits), so this holds for it, too.
#include "tests/reference/network_operators.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace acf::reference {
namespace {

std::mt19937& bits() {
  static std::mt19937 generator(7);
  return generator;
}
std::uint32_t between(std::uint32_t low, std::uint32_t high) { return low + bits()() % (high - low + 1); }
float normal() { return std::normal_distribution<float>()(bits()); }
std::vector<float> normals(std::size_t n) {
  std::vector<float> all(n);
  std::generate(all.begin(), all.end(), normal);
  return all;
}

// A layer by itself, its inputs and weights.
struct bench {
  settings s;
  operators does{s};
  step_of_pass l;
  std::vector<values> in;
  weights w;
  batch_rows rows;

  explicit bench(operation what) {
    s.bf16 = false;
    s.batch = between(1, 6);
    l.layer.what = what;
    for (std::uint32_t r = 0; r < s.batch; ++r) rows.labels.push_back(0);
    rows.valid = s.batch;
  }

  void inputs(std::size_t count) {
    in.assign(count, values(s.batch, l.in));
    for (values& v : in) v.at = normals(v.at.size());
    l.from.resize(count, 1);
  }
  void parameters(std::uint32_t outputs, std::uint32_t each_output) {
    w.outputs = l.layer.outputs = outputs, w.inputs = each_output;
    w.copy = w.backward_copy = normals(std::size_t{outputs} * each_output), w.gradient.resize(w.copy.size());
    w.bias = normals(outputs), w.bias_gradient.resize(outputs);
    l.holds = 0;
  }

  std::vector<const values*> input_list() const {
    std::vector<const values*> all;
    for (const values& v : in) all.push_back(&v);
    return all;
  }
  // The sum of outputs, each times its factor.
  double loss(const std::vector<float>& factors) {
    does.forward(l, input_list(), l.holds ? &w : nullptr, rows, false);
    double sum = 0;
    for (std::size_t i = 0; i < factors.size(); ++i)
      sum += static_cast<double>(factors[i]) * static_cast<double>(l.outputs.at[i]);
    return sum;
  }
};

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

// Along a random direction of `x`; gradient: of the loss with these factors.
void expect_slope(bench& b, const std::vector<float>& factors, std::vector<float>& x,
                  const std::vector<float>& gradient, float step, const char* of) {
  const std::vector<float> direction = normals(x.size()), at = x;
  const auto moved = [&](float by) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = at[i] + by * direction[i];
    return b.loss(factors);
  };
  const double up = moved(step), down = moved(-step), slope = (up - down) / (2 * static_cast<double>(step));
  x = at;
  double scale = 0; // of a sum of as many terms of both signs
  for (std::size_t i = 0; i < gradient.size(); ++i)
    scale += std::pow(static_cast<double>(gradient[i]) * static_cast<double>(direction[i]), 2);
  EXPECT_NEAR(slope, dot(gradient, direction), 2e-3 * std::sqrt(scale) + 1e-3) << of;
}

void check(bench& b, float step = 0.02f) {
  b.loss({});
  const std::vector<float> factors = normals(b.l.outputs.at.size());
  b.l.gradient = values(b.s.batch, b.l.out);
  b.l.gradient.at = factors;
  b.does.backward(b.l, b.input_list(), b.l.holds ? &b.w : nullptr, b.rows);
  const auto given_back = b.l.given_back;
  if (b.l.holds) b.does.weight_gradients(b.l, b.in[0], b.w);
  const weights gradients = b.w;
  const normalisation norm = b.l.norm;
  for (std::size_t i = 0; i < b.in.size(); ++i) expect_slope(b, factors, b.in[i].at, given_back[i].at, step, "inputs");
  if (b.l.holds) {
    expect_slope(b, factors, b.w.copy, gradients.gradient, step, "weights");
    expect_slope(b, factors, b.w.bias, gradients.bias_gradient, step, "biases");
  }
  if (b.l.layer.what == operation::batch_norm) {
    expect_slope(b, factors, b.l.norm.factor, norm.factor_gradient, step, "factors");
    expect_slope(b, factors, b.l.norm.offset, norm.offset_gradient, step, "offsets");
  }
}

// Kernel, stride, padding and dilation that fit, and the outputs' size.
void choose_window(bench& b, bool dilated) {
  network_layer& k = b.l.layer;
  for (const int d : {0, 1}) {
    const std::uint32_t size = d == 0 ? b.l.in.height : b.l.in.width;
    do {
      k.kernel[d] = between(1, 4), k.stride[d] = between(1, 3), k.dilation[d] = dilated ? between(1, 2) : 1;
      k.padding[d] = between(0, k.kernel[d] - 1);
    } while (k.dilation[d] * (k.kernel[d] - 1) + 1 > size + 2 * k.padding[d]);
  }
  const auto positions = [&](int d, std::uint32_t size) {
    return (size + 2 * k.padding[d] - k.dilation[d] * (k.kernel[d] - 1) - 1) / k.stride[d] + 1;
  };
  b.l.out = {positions(0, b.l.in.height), positions(1, b.l.in.width), b.l.in.channels};
}
size3 some_pixels() { return {between(2, 7), between(2, 7), between(1, 5)}; }

constexpr int rounds = 40;

TEST(gradients, of_linear_layers) {
  for (int i = 0; i < rounds; ++i) {
    bench b(operation::linear);
    b.l.in = {1, 1, between(1, 30)}, b.l.out = {1, 1, between(1, 12)};
    b.inputs(1), b.parameters(b.l.out.channels, b.l.in.channels);
    check(b);
  }
}

TEST(gradients, of_convolutions) {
  for (int i = 0; i < rounds; ++i) {
    bench b(operation::conv2d);
    b.l.in = some_pixels();
    choose_window(b, true);
    b.l.out.channels = between(1, 6);
    b.inputs(1), b.parameters(b.l.out.channels, b.l.layer.kernel[0] * b.l.layer.kernel[1] * b.l.in.channels);
    check(b);
  }
}

TEST(gradients, of_convolutions_in_groups) {
  for (int i = 0; i < rounds; ++i) {
    bench b(operation::conv2d);
    const std::uint32_t groups = b.l.layer.groups = between(2, 5), each = between(1, 3);
    b.l.in = {between(2, 7), between(2, 7), groups * each};
    choose_window(b, true);
    b.l.out.channels = groups * between(1, 3);
    b.inputs(1), b.parameters(b.l.out.channels, b.l.layer.kernel[0] * b.l.layer.kernel[1] * each);
    check(b);
  }
}

TEST(gradients, of_concatenations) {
  for (int i = 0; i < rounds; ++i) {
    bench b(operation::concat);
    b.l.in = b.l.out = some_pixels();
    b.inputs(between(2, 4));
    b.l.out.channels = 0;
    for (values& v : b.in) {
      v = values(b.s.batch, {b.l.in.height, b.l.in.width, between(1, 5)});
      v.at = normals(v.at.size());
      b.l.out.channels += v.size.channels;
    }
    check(b);
  }
}

// Values so far from each other that a step exchanges no two of them.
TEST(gradients, of_maxima) {
  for (int i = 0; i < rounds; ++i) {
    bench b(operation::max_pool);
    b.l.in = some_pixels();
    choose_window(b, false);
    b.inputs(1);
    std::vector<float>& x = b.in[0].at;
    std::iota(x.begin(), x.end(), -static_cast<float>(x.size()) / 2);
    std::shuffle(x.begin(), x.end(), bits());
    check(b);
  }
}

TEST(gradients, of_means) {
  for (int i = 0; i < rounds; ++i) {
    bench b(operation::average_pool);
    b.l.in = some_pixels();
    choose_window(b, false);
    b.inputs(1);
    check(b);
  }
}

TEST(gradients, of_sums) {
  for (int i = 0; i < rounds; ++i) {
    bench b(operation::add);
    b.l.in = b.l.out = some_pixels();
    b.inputs(2);
    check(b);
  }
}

TEST(gradients, of_dropout) {
  for (int i = 0; i < rounds; ++i) {
    bench b(operation::dropout);
    b.l.in = b.l.out = some_pixels();
    b.l.layer.share = 0.4, b.rows.step = static_cast<std::uint32_t>(i), b.l.dropout = between(0, 3);
    b.inputs(1);
    check(b);
  }
}

// Some rows are blank: neither they nor what they would add may count.
TEST(gradients, of_batch_normalisation) {
  for (int i = 0; i < rounds; ++i) {
    bench b(operation::batch_norm);
    b.s.batch = between(3, 9);
    b.rows.labels.assign(b.s.batch, 0);
    b.rows.valid = between(2, b.s.batch);
    for (std::uint32_t r = b.rows.valid; r < b.s.batch; ++r) b.rows.labels[r] = {};
    b.l.in = b.l.out = some_pixels();
    b.inputs(1);
    const std::size_t channels = b.l.in.channels;
    for (std::size_t k = 0; k < b.in[0].at.size(); ++k) b.in[0].at[k] += static_cast<float>(k % channels);
    const std::vector<float> zeros(channels, 0.f), ones(channels, 1.f);
    b.l.norm = {
        normals(channels), normals(channels), zeros, zeros, zeros, zeros, zeros, zeros, zeros, ones, zeros, zeros};
    b.l.layer.epsilon = 0.1f; // so that the curvature over a step is small
    check(b, 0.003f);
    std::size_t left = 0;
    for (std::size_t k = b.rows.valid * b.l.in.all(); k < b.l.outputs.at.size(); ++k) left += b.l.outputs.at[k] != 0.f;
    EXPECT_EQ(left, 0u);
  }
}

} // namespace
} // namespace acf::reference
