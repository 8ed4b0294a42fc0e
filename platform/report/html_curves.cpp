// Line charts of the report page about a training.
#include "platform/report/curves.hpp"
#include "platform/report/html_bars.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace acf::platform {
namespace {

using nlohmann::ordered_json;

struct line {
  std::string name;
  const ordered_json* values;
};

constexpr double width = 520, height = 150;

// Values over steps, with the range of both at the axes; what is null has no place.
std::string chart(std::string_view title, std::string_view unit, const ordered_json& steps,
                  const std::vector<line>& lines) {
  double low = 0, high = 0;
  for (const line& l : lines)
    for (const auto& v : *l.values)
      if (v.is_number()) low = std::min(low, v.get<double>()), high = std::max(high, v.get<double>());
  if (steps.empty() || high <= low) return {};
  palette colours;
  const double last = steps.back().get<double>();
  std::string drawn;
  for (const line& l : lines) {
    std::string places;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const auto& v = (*l.values)[i];
      if (!v.is_number()) continue;
      const double x = width * steps[i].get<double>() / last, y = height * (high - v.get<double>()) / (high - low);
      places += fmt::format("{:.1f},{:.1f} ", x, y);
    }
    drawn += fmt::format("<polyline class=\"curve {}\" points=\"{}\"><title>{}</title></polyline>",
                         colours.colour(l.name), places, html_escaped(l.name));
  }
  return fmt::format("<div class=\"card\"><h3>{}</h3>{}<svg class=\"chart\" viewBox=\"-4 -4 {} {}\">{}</svg>"
                     "<p class=\"faint\">{:.4g} to {:.4g} {}; steps to {}</p></div>",
                     title, lines.size() > 1 ? colours.legend() : "", width + 8, height + 8, drawn, low, high, unit,
                     steps.back().dump());
}

} // namespace

std::string curves_html(const ordered_json& c) {
  if (!c.is_object()) return {};
  const auto& steps = c.at("step");
  std::vector<line> weights, gradients, thresholds, thinned;
  for (const auto& l : c.at("layers")) {
    weights.push_back({l.at("name"), &l.at("weight_zeros_percent")});
    gradients.push_back({l.at("name"), &l.at("gradient_zeros_percent")});
  }
  if (const auto found = c.find("thresholds"); found != c.end())
    for (const auto& l : *found) {
      thresholds.push_back({l.at("name"), &l.at("threshold")});
      thinned.push_back({l.at("name"), &l.at("thinned_percent")});
    }
  std::string charts = chart("Training loss", "", steps, {{"loss", &c.at("training_loss")}}) +
                       chart("Training accuracy", "%", steps, {{"accuracy", &c.at("training_accuracy_percent")}});
  if (c.contains("speedup_over_dense"))
    charts += chart("Speed-up over the dense twin", "x", steps, {{"speed-up", &c.at("speedup_over_dense")}});
  charts += chart("Cycles of a step", "", steps, {{"cycles", &c.at("cycles_per_step")}}) +
            chart("Zero weights, by layer", "%", steps, weights) +
            chart("Zeros of the gradients that weight gradients read, by layer", "%", steps, gradients) +
            chart("Threshold of gradients, by layer", "", steps, thresholds) +
            chart("Gradients below the threshold, by layer", "%", steps, thinned);
  return charts.empty() ? "" : "<h2>Over the training</h2><div class=\"pair\">" + charts + "</div>\n";
}

} // namespace acf::platform
