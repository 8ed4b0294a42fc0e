// The operations of models/zbcc/ARITHMETIC.md that a training run needs, one value at a time.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

namespace acf::reference {

// What a test may spoil, to see that a comparison notices. As it stands it is what the document says.
struct arithmetic {
  bool bias_first = false;         // a sum starts at the bias, instead of having it added at its end
  bool fused_products = false;     // products are not rounded before they are added
  bool descending = false;         // sums run from the last index to the first
  bool truncating_storage = false; // bf16 by cutting off, instead of to nearest even
  bool ties_to_last = false;       // of equal scores the last block dies or grows first
  float exp_quadratic = 0.5f;      // a coefficient of exp
  float pixel_scale = 0x1.010102p-8f;
};

float canonical(float x);                           // what is written for x: of NaNs there is only one
float to_bf16(float x, const arithmetic& how = {}); // rounded to bf16, as fp32
float to_fp16(float x);                             // the same of IEEE binary16
float exponential(float x, const arithmetic& how = {});
float logarithm(float x);
double cosine_pi(double x); // cos(pi x)

// One step of a dot product.
inline float multiply_add(float acc, float a, float b, const arithmetic& how) {
  if (a == 0.f || b == 0.f) return acc;
  if (how.fused_products) return std::fma(a, b, acc);
  const float product = a * b;
  return acc + product;
}

// Gradient of the softmax cross-entropy of one row, before it is rounded to its storage type; returns the loss.
float softmax_cross_entropy(std::span<const float> logits, std::uint32_t label, float factor, std::span<float> gradient,
                            const arithmetic& how);

// A score as SELECT_K compares it.
std::uint32_t key_of(float score);

} // namespace acf::reference
