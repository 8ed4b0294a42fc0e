#include "tests/reference/network_operators.hpp"

#include "tests/reference/random.hpp"

#include <algorithm>
#include <cmath>

namespace acf::reference {
namespace {

// Calls f(tap, y, x) for the taps of position (p, q) that are inside, in order.
template <class F>
void each_tap(const step_of_pass& l, std::uint32_t p, std::uint32_t q, F f) {
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
void each_element(std::uint32_t rows, size3 size, F f) {
  for (std::uint32_t r = 0; r < rows; ++r)
    for (std::uint32_t p = 0; p < size.height; ++p)
      for (std::uint32_t q = 0; q < size.width; ++q)
        for (std::uint32_t o = 0; o < size.channels; ++o) f(r, p, q, o);
}
template <class F>
void each_pixel(const batch_rows& rows, std::uint32_t first, std::uint32_t last, size3 size, F f) {
  for (std::uint32_t r = first; r < std::min(last, rows.count()); ++r)
    for (std::uint32_t p = 0; p < size.height && rows.labels[r]; ++p)
      for (std::uint32_t q = 0; q < size.width; ++q) f(r, p, q);
}

float factor_of(const step_of_pass& l) { return 1.f / static_cast<float>(l.layer.kernel[0] * l.layer.kernel[1]); }
float share_of(const step_of_pass& l, const batch_rows& rows) {
  const float samples = 1.f / static_cast<float>(rows.valid),
              pixels = 1.f / static_cast<float>(l.in.height * l.in.width);
  return samples * pixels;
}
// Channels of a convolution that output o sees: so many, from the first one on.
std::uint32_t seen(const step_of_pass& l) { return l.in.channels / l.layer.groups; }
std::uint32_t first_seen(const step_of_pass& l, std::uint32_t o) {
  return o / (l.out.channels / l.layer.groups) * seen(l);
}
float rectified(float x) { return x <= 0.f ? 0.f : x; }

} // namespace

// --- forward ---------------------------------------------------------------------------------------------------------

void operators::forward(step_of_pass& l, const std::vector<const values*>& in, const weights* w, const batch_rows& rows,
                        bool last) const {
  l.outputs = values(rows.count(), l.out);
  switch (l.layer.what) {
  case operation::linear:
  case operation::conv2d: return product(l, *in[0], *w, last);
  case operation::batch_norm: return normalise(l, *in[0], rows);
  case operation::add: return add_up(l, *in[0], *in[1]);
  case operation::concat: return join(l, in);
  case operation::dropout: return drop(l, *in[0], l.outputs, rows.step);
  default: return pool(l, *in[0]);
  }
}

void operators::product(step_of_pass& l, const values& x, const weights& w, bool last) const {
  std::size_t number = 0;
  each_element(s.batch, l.out, [&](std::uint32_t r, std::uint32_t p, std::uint32_t q, std::uint32_t o) {
    const float* row = &w.copy[std::size_t{o} * w.inputs];
    float y = 0.f;
    if (l.layer.what == operation::linear)
      for (std::uint32_t k = 0; k < w.inputs; ++k) add(y, x.at[std::size_t{r} * w.inputs + k], row[k]);
    else
      each_tap(l, p, q, [&](std::uint32_t tap, std::uint32_t h, std::uint32_t v) {
        for (std::uint32_t c = 0; c < seen(l); ++c) add(y, x(r, h, v, first_seen(l, o) + c), row[tap * seen(l) + c]);
      });
    y = canonical(y) + w.bias[o];
    if (l.relu) y = rectified(y);
    l.outputs.at[number++] = last ? canonical(y) : stored(y);
  });
}

void operators::pool(step_of_pass& l, const values& x) const {
  l.chosen.assign(l.outputs.at.size(), 255);
  const bool maximum = l.layer.what == operation::max_pool;
  std::size_t number = 0;
  each_element(s.batch, l.out, [&](std::uint32_t r, std::uint32_t p, std::uint32_t q, std::uint32_t o) {
    float y = 0.f;
    each_tap(l, p, q, [&](std::uint32_t tap, std::uint32_t h, std::uint32_t v) {
      if (!maximum)
        y = y + x(r, h, v, o);
      else if (l.chosen[number] == 255 || x(r, h, v, o) > y)
        y = x(r, h, v, o), l.chosen[number] = tap;
    });
    l.outputs.at[number++] = stored(maximum ? y : y * factor_of(l));
  });
}

void operators::normalise(step_of_pass& l, const values& x, const batch_rows& rows) const {
  normalisation& n = l.norm;
  const float share = share_of(l, rows);
  for (std::uint32_t c = 0; c < l.in.channels; ++c) {
    float sum = 0.f, squares = 0.f;
    for (std::uint32_t first = 0; first < s.batch; first += group) {
      float of_group = 0.f, squares_of_group = 0.f;
      each_pixel(rows, first, first + group, l.in, [&](std::uint32_t r, std::uint32_t p, std::uint32_t q) {
        const float v = x(r, p, q, c), square = v * v;
        of_group = of_group + v;
        squares_of_group = squares_of_group + square;
      });
      sum = sum + canonical(of_group);
      squares = squares + canonical(squares_of_group);
    }
    const float mean = sum * share, square = mean * mean;
    float variance = squares * share;
    variance = variance - square;
    if (variance < 0.f) variance = 0.f;
    const float with_epsilon = variance + l.layer.epsilon;
    n.mean[c] = canonical(mean);
    n.inverse[c] = canonical(1.f / std::sqrt(with_epsilon));
    const float unbiased = share < 1.f ? variance / (1.f - share) : variance;
    const float by = l.layer.momentum * (mean - n.running_mean[c]);
    const float variance_by = l.layer.momentum * (unbiased - n.running_variance[c]);
    if (std::isfinite(mean) && std::isfinite(variance)) {
      n.running_mean[c] = canonical(n.running_mean[c] + by);
      n.running_variance[c] = canonical(n.running_variance[c] + variance_by);
    }
    const float slope = n.factor[c] * n.inverse[c];
    each_pixel(rows, 0, s.batch, l.in, [&](std::uint32_t r, std::uint32_t p, std::uint32_t q) {
      const float scaled = (x(r, p, q, c) - n.mean[c]) * slope, y = scaled + n.offset[c];
      l.outputs(r, p, q, c) = stored(l.relu ? rectified(y) : y);
    });
  }
}

void operators::add_up(step_of_pass& l, const values& a, const values& b) const {
  for (std::size_t i = 0; i < a.at.size(); ++i) {
    const float y = stored(a.at[i] + b.at[i]);
    l.outputs.at[i] = l.relu ? rectified(y) : y;
  }
}

void operators::join(step_of_pass& l, const std::vector<const values*>& in) const {
  each_element(s.batch, {l.out.height, l.out.width, 1}, [&](std::uint32_t r, std::uint32_t p, std::uint32_t q, auto) {
    std::uint32_t o = 0;
    for (const values* v : in)
      for (std::uint32_t c = 0; c < v->size.channels; ++c) l.outputs(r, p, q, o++) = (*v)(r, p, q, c);
  });
}

void operators::drop(const step_of_pass& l, const values& from, values& to, std::uint32_t step) const {
  const random_numbers random{s.seed, (std::uint64_t{0x500} << 32) + step};
  const std::uint32_t width = (l.out.channels + 3) / 4 * 4; // of a pixel in memory
  const auto bound = static_cast<std::uint32_t>(l.layer.share * 4294967296.0);
  const auto factor = static_cast<float>(4294967296.0 / (4294967296.0 - bound));
  each_element(s.batch, l.out, [&](std::uint32_t r, std::uint32_t p, std::uint32_t q, std::uint32_t o) {
    const std::uint64_t pixel = (std::uint64_t{r} * l.out.height + p) * l.out.width + q;
    const std::uint64_t word = (std::uint64_t{l.dropout} << 27) + pixel * width + o;
    to(r, p, q, o) = random.block(word / 4)[word % 4] < bound ? 0.f : stored(from(r, p, q, o) * factor);
  });
}

// --- backward --------------------------------------------------------------------------------------------------------

void operators::backward(step_of_pass& l, const std::vector<const values*>& in, const weights* w,
                         const batch_rows& rows) const {
  l.given_back.clear();
  for (const values* v : in) l.given_back.emplace_back(s.batch, v->size);
  values& g = l.given_back[0];
  switch (l.layer.what) {
  case operation::linear: return linear_backward(l, *w, g);
  case operation::conv2d: return convolution_backward(l, *w, g);
  case operation::batch_norm: return normalise_backward(l, *in[0], rows, g);
  case operation::add: l.given_back[0].at = l.given_back[1].at = l.gradient.at; return;
  case operation::concat: return take_apart(l);
  case operation::dropout: return drop(l, l.gradient, g, rows.step);
  default: return pool_backward(l, g);
  }
}

void operators::linear_backward(const step_of_pass& l, const weights& w, values& g) const {
  for (std::uint32_t r = 0; r < s.batch; ++r)
    for (std::uint32_t k = 0; k < w.inputs; ++k)
      for (std::uint32_t o = 0; o < w.outputs; ++o)
        add(g.at[std::size_t{r} * w.inputs + k], l.gradient.at[std::size_t{r} * w.outputs + o],
            w.backward_copy[std::size_t{o} * w.inputs + k]);
}

void operators::convolution_backward(const step_of_pass& l, const weights& w, values& g) const {
  const auto& k = l.layer;
  // Position that sees pixel `at` at a tap.
  const auto position = [&](int d, std::uint32_t at, std::uint32_t tap, std::uint32_t most) {
    const std::int64_t from = std::int64_t{at} + k.padding[d] - std::int64_t{tap} * k.dilation[d];
    const bool is = from >= 0 && from % k.stride[d] == 0 && from / k.stride[d] < most;
    return is ? std::optional{static_cast<std::uint32_t>(from / k.stride[d])} : std::nullopt;
  };
  each_element(s.batch, l.in, [&](std::uint32_t r, std::uint32_t y, std::uint32_t x, std::uint32_t c) {
    float acc = 0.f;
    for (std::uint32_t a = 0; a < k.kernel[0]; ++a)
      for (std::uint32_t b = 0; b < k.kernel[1]; ++b) {
        const auto p = position(0, y, a, l.out.height), q = position(1, x, b, l.out.width);
        if (!p || !q) continue;
        for (std::uint32_t o = 0; o < w.outputs; ++o)
          if (c >= first_seen(l, o) && c - first_seen(l, o) < seen(l))
            add(acc, l.gradient(r, *p, *q, o),
                w.backward_copy[std::size_t{o} * w.inputs + (a * k.kernel[1] + b) * seen(l) + c - first_seen(l, o)]);
      }
    g(r, y, x, c) = acc;
  });
}

void operators::take_apart(step_of_pass& l) const {
  each_element(s.batch, {l.out.height, l.out.width, 1}, [&](std::uint32_t r, std::uint32_t p, std::uint32_t q, auto) {
    std::uint32_t o = 0;
    for (values& g : l.given_back)
      for (std::uint32_t c = 0; c < g.size.channels; ++c) g(r, p, q, c) = l.gradient(r, p, q, o++);
  });
}

void operators::pool_backward(const step_of_pass& l, values& g) const {
  const bool maximum = l.layer.what == operation::max_pool;
  std::size_t number = 0;
  each_element(s.batch, l.out, [&](std::uint32_t r, std::uint32_t p, std::uint32_t q, std::uint32_t o) {
    const float dy = l.gradient.at[number];
    each_tap(l, p, q, [&](std::uint32_t tap, std::uint32_t h, std::uint32_t v) {
      if (maximum && l.chosen[number] != tap) return;
      const float part = maximum ? dy : dy * factor_of(l);
      g(r, h, v, o) = g(r, h, v, o) + part;
    });
    ++number;
  });
}

void operators::normalise_backward(step_of_pass& l, const values& x, const batch_rows& rows, values& g) const {
  normalisation& n = l.norm;
  const float share = share_of(l, rows);
  for (std::uint32_t c = 0; c < l.in.channels; ++c) {
    const auto normal = [&](std::uint32_t r, std::uint32_t p, std::uint32_t q) {
      return (x(r, p, q, c) - n.mean[c]) * n.inverse[c];
    };
    float factor = 0.f, offset = 0.f;
    for (std::uint32_t first = 0; first < s.batch; first += group) {
      float of_group = 0.f, offset_of_group = 0.f;
      each_pixel(rows, first, first + group, l.in, [&](std::uint32_t r, std::uint32_t p, std::uint32_t q) {
        const float dy = l.gradient(r, p, q, c), part = dy * normal(r, p, q);
        of_group = of_group + part;
        offset_of_group = offset_of_group + dy;
      });
      factor = canonical(factor + canonical(of_group));
      offset = canonical(offset + canonical(offset_of_group));
    }
    n.factor_gradient[c] = factor, n.offset_gradient[c] = offset;
    const float slope = n.factor[c] * n.inverse[c], level = offset * share, tilt = factor * share;
    each_pixel(rows, 0, s.batch, l.in, [&](std::uint32_t r, std::uint32_t p, std::uint32_t q) {
      const float above = l.gradient(r, p, q, c) - level, tilted = normal(r, p, q) * tilt;
      g(r, p, q, c) = slope * (above - tilted);
    });
  }
}

// --- weights ---------------------------------------------------------------------------------------------------------

void operators::weight_gradients(const step_of_pass& l, const values& x, weights& w) const {
  std::fill(w.gradient.begin(), w.gradient.end(), 0.f);
  std::fill(w.bias_gradient.begin(), w.bias_gradient.end(), 0.f);
  const bool convolution = l.layer.what == operation::conv2d;
  const std::uint32_t together = convolution ? group : s.batch; // rows of one sum
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
                for (std::uint32_t c = 0; c < seen(l); ++c)
                  add(row[tap * seen(l) + c], dy, x(r, h, v, first_seen(l, o) + c));
              });
          }
    const auto add_group = [&](std::vector<float>& all, const std::vector<float>& of_group) {
      for (std::size_t k = 0; k < all.size(); ++k)
        all[k] = convolution ? canonical(all[k] + canonical(of_group[k])) : canonical(of_group[k]);
    };
    add_group(w.gradient, sums);
    add_group(w.bias_gradient, biases);
  }
}

} // namespace acf::reference
