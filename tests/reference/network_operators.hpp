// What each layer of a network does with what passes through it, forwards and backwards: plain loops over single
// elements.
#pragma once

#include "tests/reference/network_trainer.hpp"
#include "tests/reference/network_values.hpp"

#include <optional>

namespace acf::reference {

struct normalisation { // by channel
  std::vector<float> factor, offset, factor_momentum, offset_momentum, factor_gradient, offset_gradient;
  std::vector<float> mean, inverse; // of the batch; 1 / deviation
  std::vector<float> running_mean, running_variance;
  std::vector<float> factor_second, offset_second; // moments
};

struct step_of_pass { // a layer, and what passed through it
  network_layer layer;
  std::vector<std::size_t> from;      // steps that it reads, from 1; 0: the images
  std::vector<std::size_t> readers;   // steps, from 1
  std::optional<std::size_t> holds;   // its weights
  std::optional<std::size_t> thinned; // what it gives back
  bool relu = false;                  // behind it
  size3 in, out;
  values outputs, gradient;
  std::vector<values> given_back;    // of every input, before it is rounded
  std::vector<std::uint32_t> chosen; // maxima: tap
  normalisation norm;
  std::uint32_t dropout = 0; // which of them it is
};

struct batch_rows {
  std::vector<std::optional<std::uint32_t>> labels; // none: a blank row
  std::uint32_t valid = 0;
  std::uint32_t step = 0; // of the whole run
  std::uint32_t count() const { return static_cast<std::uint32_t>(labels.size()); }
};

class operators {
public:
  operators(const settings& given) : s(given), how(given.how) {}

  float stored(float x) const { return s.fp16 ? to_fp16(x) : s.bf16 ? to_bf16(x, how) : canonical(x); }

  // Outputs from the inputs; w: of layers with weights.
  void forward(step_of_pass& l, const std::vector<const values*>& in, const weights* w, const batch_rows& rows,
               bool last) const;
  // What it gives back to its inputs.
  void backward(step_of_pass& l, const std::vector<const values*>& in, const weights* w, const batch_rows& rows) const;
  void weight_gradients(const step_of_pass& l, const values& x, weights& w) const;

  static constexpr std::uint32_t group = 4; // rows of a sum

private:
  void product(step_of_pass& l, const values& x, const weights& w, bool last) const;
  void pool(step_of_pass& l, const values& x) const;
  void normalise(step_of_pass& l, const values& x, const batch_rows& rows) const;
  void add_up(step_of_pass& l, const values& a, const values& b) const;
  void join(step_of_pass& l, const std::vector<const values*>& in) const;
  void take_apart(step_of_pass& l) const;
  void drop(const step_of_pass& l, const values& from, values& to, std::uint32_t step) const;
  void linear_backward(const step_of_pass& l, const weights& w, values& g) const;
  void convolution_backward(const step_of_pass& l, const weights& w, values& g) const;
  void pool_backward(const step_of_pass& l, values& g) const;
  void normalise_backward(step_of_pass& l, const values& x, const batch_rows& rows, values& g) const;
  void add(float& acc, float a, float b) const { acc = multiply_add(acc, a, b, how); }

  const settings& s;
  const arithmetic& how;
};

} // namespace acf::reference
