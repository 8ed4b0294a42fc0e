// The parts of sw_stack/compiler/RECIPE.md that tell one recipe from another: N:M masks, gradients that are thinned
// out, and how many weights die and grow.
#pragma once

#include "tests/reference/matrix.hpp"

#include <string>

namespace acf::reference {

enum class method {
  dense,
  rigl,
  set,
  magnitude,
  momentum,
  srste,
  bdwp,
  dts,
  topk,
  held, // "static"
  gaussian,
  random
};
std::string name_of(method m); // as train.recipe has it

struct n_of_m {
  std::uint32_t n = 2, m = 8;
};

// 1 for the n largest magnitudes of every m neighbours in a row, or in a column; 0 for the others.
matrix largest_of_groups(const matrix& w, n_of_m pattern, bool in_columns);

// A hidden layer's gradient before the derivative of its ReLU, thinned out, batch after batch.
class thinning {
public:
  thinning(method how, double share, std::uint64_t seed, std::uint32_t layer)
      : how_(how), share_(share), seed_(seed), layer_(layer) {}

  void apply(matrix& gradient, std::uint32_t step);
  void rescale(float by) { threshold_ = threshold_ * by; } // as the loss is
  std::uint32_t zeros = 0;                                 // that the last batch had afterwards
  float used = 0;                                          // the threshold that it had

private:
  void cut(matrix& gradient);
  void follow(const matrix& before);
  void keep_largest(matrix& gradient) const;

  method how_;
  double share_;
  std::uint64_t seed_;
  std::uint32_t layer_;
  float threshold_ = 0, largest_ = 0;
  std::uint32_t steps_ = 0;
};

// Of `all` weights how many live when `done` steps have been done; changes come every `period` steps.
std::uint32_t gradually(std::uint32_t all, double sparsity, std::uint32_t done, std::uint32_t period,
                        std::uint32_t steps);

// What "set" compares places of layer l by, behind `done` steps.
float uniform(std::uint64_t seed, std::uint32_t done, std::uint32_t l, std::uint64_t place);

} // namespace acf::reference
