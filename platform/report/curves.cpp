#include "platform/report/curves.hpp"

#include "platform/report/json.hpp"

#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace acf::platform {
namespace {

using nlohmann::ordered_json;
using point = training_curves::point;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

double ratio(double a, double b) { return b > 0 ? a / b : none; }
double loss_of(const point& p) { return ratio(p.loss, static_cast<double>(p.samples)); }
double accuracy_percent(const point& p) {
  return 100 * ratio(static_cast<double>(p.correct), static_cast<double>(p.samples));
}
double density_percent(const point& p) { return 100 * ratio(p.products, p.dense_products); }

// Steps of one stretch.
point sum_of(const training_curves& c, std::size_t first, std::size_t end) {
  point all = c.points[first];
  for (std::size_t i = first + 1; i < end; ++i) {
    const point& p = c.points[i];
    all.step = p.step;
    all.samples += p.samples, all.correct += p.correct, all.loss += p.loss, all.cycles += p.cycles;
    all.products += p.products, all.dense_products += p.dense_products;
  }
  const double steps = static_cast<double>(end - first);
  for (auto values : {&point::weight_zeros, &point::gradient_zeros, &point::thresholds, &point::thinned})
    for (std::size_t l = 0; l < (all.*values).size(); ++l) {
      double sum = 0;
      for (std::size_t i = first; i < end; ++i) sum += (c.points[i].*values)[l];
      (all.*values)[l] = sum / steps;
    }
  return all;
}

std::string shown(double x) { return std::isnan(x) ? "" : fmt::format("{:.6g}", x); }

// Cycles of a step of the twin, by the last step of each of its stretches.
class pace_of_twin {
public:
  explicit pace_of_twin(const ordered_json& twin) {
    if (!twin.is_object()) return;
    steps_ = twin.at("step").get<std::vector<std::uint64_t>>();
    cycles_ = twin.at("cycles_per_step").get<std::vector<double>>();
  }
  double at(std::uint64_t step) {
    while (next_ + 1 < steps_.size() && steps_[next_] < step) ++next_;
    return next_ < steps_.size() && step <= steps_[next_] ? cycles_[next_] : none;
  }

private:
  std::vector<std::uint64_t> steps_;
  std::vector<double> cycles_;
  std::size_t next_ = 0;
};

} // namespace

ordered_json curves_json(const training_curves& c) {
  if (c.empty()) return nullptr;
  ordered_json step = ordered_json::array(), loss = step, accuracy = step, cycles = step, density = step;
  std::vector<ordered_json> weights(c.layers.size(), step), gradients = weights;
  std::vector<ordered_json> thresholds(c.thinned_layers.size(), step), thinned = thresholds;
  const std::size_t length = (c.points.size() + most_stretches - 1) / most_stretches;
  for (std::size_t i = 0; i < c.points.size(); i += length) {
    const std::size_t end = std::min(i + length, c.points.size());
    const point p = sum_of(c, i, end);
    step.push_back(p.step);
    loss.push_back(number_json(loss_of(p), false));
    accuracy.push_back(number_json(accuracy_percent(p), false));
    cycles.push_back(static_cast<double>(p.cycles) / static_cast<double>(end - i));
    density.push_back(number_json(density_percent(p), false));
    for (std::size_t l = 0; l < c.layers.size(); ++l) {
      weights[l].push_back(number_json(100 * p.weight_zeros[l], false));
      gradients[l].push_back(number_json(100 * p.gradient_zeros[l], false));
    }
    for (std::size_t l = 0; l < c.thinned_layers.size(); ++l) {
      thresholds[l].push_back(number_json(p.thresholds[l], false));
      thinned[l].push_back(number_json(100 * p.thinned[l], false));
    }
  }
  ordered_json layers = ordered_json::array();
  for (std::size_t l = 0; l < c.layers.size(); ++l)
    layers.push_back({{"name", c.layers[l]},
                      {"weight_zeros_percent", std::move(weights[l])},
                      {"gradient_zeros_percent", std::move(gradients[l])}});
  ordered_json out{{"step", std::move(step)},
                   {"training_loss", std::move(loss)},
                   {"training_accuracy_percent", std::move(accuracy)},
                   {"cycles_per_step", std::move(cycles)},
                   {"products_executed_percent", std::move(density)},
                   {"layers", std::move(layers)}};
  for (std::size_t l = 0; l < c.thinned_layers.size(); ++l)
    out["thresholds"].push_back({{"name", c.thinned_layers[l]},
                                 {"threshold", std::move(thresholds[l])},
                                 {"thinned_percent", std::move(thinned[l])}});
  return out;
}

void compare_curves(ordered_json& own, const ordered_json& twin) {
  if (!own.is_object() || !twin.is_object()) return;
  pace_of_twin dense(twin);
  ordered_json speedup = ordered_json::array();
  for (std::size_t i = 0; i < own.at("step").size(); ++i)
    speedup.push_back(number_json(
        ratio(dense.at(own["step"][i].get<std::uint64_t>()), own["cycles_per_step"][i].get<double>()), false));
  own["speedup_over_dense"] = std::move(speedup);
}

std::string curves_csv(const training_curves& c, const ordered_json& twin) {
  std::string out = "step,training_loss,training_accuracy_percent,fabric_cycles,speedup_over_dense,macs_executed,"
                    "macs_of_dense";
  for (const std::string& l : c.layers) out += fmt::format(",{0}.weight_zeros_percent,{0}.gradient_zeros_percent", l);
  for (const std::string& l : c.thinned_layers) out += fmt::format(",{0}.threshold,{0}.thinned_percent", l);
  out += '\n';
  pace_of_twin dense(twin);
  for (const point& p : c.points) {
    out += fmt::format("{},{},{},{},{},{:.0f},{:.0f}", p.step, shown(loss_of(p)), shown(accuracy_percent(p)), p.cycles,
                       shown(ratio(dense.at(p.step), static_cast<double>(p.cycles))), p.products, p.dense_products);
    for (std::size_t l = 0; l < c.layers.size(); ++l)
      out += fmt::format(",{},{}", shown(100 * p.weight_zeros[l]), shown(100 * p.gradient_zeros[l]));
    for (std::size_t l = 0; l < c.thinned_layers.size(); ++l)
      out += fmt::format(",{},{}", shown(p.thresholds[l]), shown(100 * p.thinned[l]));
    out += '\n';
  }
  return out;
}

} // namespace acf::platform
