// How a training went, step by step: what it learned, what it cost, and how sparse its operands were.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace acf::platform {

struct training_curves {
  struct point {
    std::uint64_t step = 0;                           // from 1, of the whole training
    std::uint64_t samples = 0, correct = 0;           // trained on, and classified right before the step
    double loss = 0;                                  // sum over the samples
    std::uint64_t cycles = 0;                         // of the fabric, from the end of the step before
    double products = 0, dense_products = 0;          // executed, and those without any zero (as macs_total)
    std::vector<double> weight_zeros, gradient_zeros; // share, by layer, of what products read, no padding; nan: none
    std::vector<double> thresholds, thinned;          // of gradients, and share below them; nan: not noted
  };
  std::vector<std::string> layers;         // with weights: "layer1"
  std::vector<std::string> thinned_layers; // what they give back has a threshold: "layer2"; none: no such recipe
  std::vector<point> points;               // one for each step; a change of the mask belongs to the step before it

  bool empty() const { return points.empty(); }
};

// What report.json shows of it: at most so many stretches of equally many steps, each with its last step, and means
// over it. Null: no such thing.
inline constexpr std::size_t most_stretches = 200;
nlohmann::ordered_json curves_json(const training_curves& c);

// A line for every step. `twin`: curves_json() of the dense twin's training, or null; then there is no speed-up.
std::string curves_csv(const training_curves& c, const nlohmann::ordered_json& twin);

// Adds "speedup_over_dense" to curves_json() of a training, from those of its twin.
void compare_curves(nlohmann::ordered_json& own, const nlohmann::ordered_json& twin);

// Charts of the report page; `c` as curves_json() wrote it.
std::string curves_html(const nlohmann::ordered_json& c);

} // namespace acf::platform
