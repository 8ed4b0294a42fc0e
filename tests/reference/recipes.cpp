#include "tests/reference/recipes.hpp"

#include "tests/reference/arithmetic.hpp"
#include "tests/reference/random.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace acf::reference {
namespace {

constexpr const char* names[] = {"dense", "rigl", "set",  "magnitude", "momentum", "srste",
                                 "bdwp",  "dts",  "topk", "static",    "gaussian", "random"};

// Of magnitudes in a line: does the one at `place` come among the first `n`, larger ones and lower places first?
bool among_first(const std::vector<float>& line, std::uint32_t place, std::uint32_t n) {
  std::uint32_t before = 0;
  for (std::uint32_t i = 0; i < line.size(); ++i) {
    const std::uint32_t other = key_of(std::fabs(line[i])), own = key_of(std::fabs(line[place]));
    before += other > own || (other == own && i < place);
  }
  return before < n;
}

// The number that `share` of a normal distribution's magnitudes are below: x with 2 Phi(x) - 1 = share, by halving.
// Phi from its series, x (1 + x^2/3 + x^4/15 + ...) times the density.
double normal_magnitude(double share) {
  const auto below = [](double x) {
    double term = x, sum = x;
    for (int k = 1; k < 200; ++k) {
      term = term * x * x / (2 * k + 1);
      sum += term;
    }
    return 2 * sum * std::exp(-x * x / 2) / std::sqrt(2 * 3.14159265358979323846);
  };
  double low = 0, high = 8;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (below(middle) < share ? low : high) = middle;
  }
  return low;
}

} // namespace

std::string name_of(method m) { return names[static_cast<int>(m)]; }

matrix largest_of_groups(const matrix& w, n_of_m pattern, bool in_columns) {
  matrix mask(w.rows, w.columns);
  const std::uint32_t lines = in_columns ? w.columns : w.rows, length = in_columns ? w.rows : w.columns;
  for (std::uint32_t line = 0; line < lines; ++line)
    for (std::uint32_t first = 0; first < length; first += pattern.m) {
      std::vector<float> group;
      for (std::uint32_t i = first; i < std::min(first + pattern.m, length); ++i)
        group.push_back(in_columns ? w(i, line) : w(line, i));
      for (std::uint32_t i = 0; i < group.size(); ++i)
        if (among_first(group, i, pattern.n)) (in_columns ? mask(first + i, line) : mask(line, first + i)) = 1.f;
    }
  return mask;
}

void thinning::apply(matrix& g, std::uint32_t step) {
  const matrix before = g;
  used = threshold_;
  switch (how_) {
  case method::dts:
  case method::held:
  case method::gaussian: cut(g); break;
  case method::topk: keep_largest(g); break;
  case method::random: {
    const random_numbers random{seed_, (std::uint64_t{0x400} << 32) + step};
    const auto bound = static_cast<std::uint32_t>(share_ * 4294967296.0);
    for (std::uint32_t i = 0; i < g.values.size(); ++i) {
      const std::uint64_t word = (std::uint64_t{layer_} << 27) + i;
      if (random.block(word / 4)[word % 4] < bound) g.values[i] = 0.f;
    }
    break;
  }
  default: return;
  }
  zeros = static_cast<std::uint32_t>(std::count(g.values.begin(), g.values.end(), 0.f));
  follow(before);
  ++steps_;
}

void thinning::cut(matrix& g) {
  for (float& x : g.values) {
    const float size = std::fabs(x);
    if (std::isfinite(size)) largest_ = std::max(largest_, size);
    if (size < threshold_) x = 0.f;
  }
}

void thinning::keep_largest(matrix& g) const {
  const std::size_t all = g.values.size();
  std::vector<std::size_t> order(all);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto size = [&](std::size_t i) { return std::isnan(g.values[i]) ? 0.f : std::fabs(g.values[i]); };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return size(i) > size(j); });
  const auto dropped = static_cast<std::size_t>(std::floor(share_ * static_cast<double>(all) + 0.5));
  for (std::size_t i = all - dropped; i < all; ++i) g.values[order[i]] = 0.f;
}

// The threshold of the next batch.
void thinning::follow(const matrix& before) {
  if (how_ == method::gaussian) {
    float sum = 0;
    for (std::uint32_t r = 0; r < before.rows; ++r) {
      float of_row = 0;
      for (std::uint32_t c = 0; c < before.columns; ++c) {
        const float square = before(r, c) * before(r, c);
        of_row = of_row + square;
      }
      sum = sum + of_row;
    }
    const float mean = sum / static_cast<float>(before.values.size());
    const float next = static_cast<float>(normal_magnitude(share_)) * std::sqrt(mean);
    if (std::isfinite(next))
      threshold_ = next;
    else if (steps_ == 0)
      threshold_ = largest_ / 100.f;
  }
  if ((how_ == method::dts || how_ == method::held) && !(how_ == method::held && steps_ >= 50)) {
    if (steps_ == 0 || !(threshold_ > 0.f))
      threshold_ = largest_ / 100.f;
    else {
      const float share = static_cast<float>(zeros) / static_cast<float>(before.values.size());
      const float ratio = zeros == 0 ? 1.2f : static_cast<float>(share_) / share;
      threshold_ = threshold_ * std::clamp(ratio, 0.8f, 1.2f);
    }
  }
  largest_ = 0;
}

std::uint32_t gradually(std::uint32_t all, double sparsity, std::uint32_t done, std::uint32_t period,
                        std::uint32_t steps) {
  std::uint32_t last = period; // change that is the last one
  while (last + period < 0.75 * steps) last += period;
  const double left = 1.0 - static_cast<double>(done) / last;
  const double now = sparsity * (1.0 - left * left * left);
  return static_cast<std::uint32_t>(std::max(1.0, std::floor((1.0 - now) * all + 0.5)));
}

float uniform(std::uint64_t seed, std::uint32_t done, std::uint32_t l, std::uint64_t place) {
  const std::uint64_t word = (std::uint64_t{l} << 27) + place;
  const random_numbers random{seed, (std::uint64_t{0x400} << 32) + done};
  return static_cast<float>(random.block(word / 4)[word % 4] >> 8) / 16777216.f;
}

} // namespace acf::reference
