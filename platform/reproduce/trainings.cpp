#include "platform/reproduce/trainings.hpp"

#include "platform/report/waterfall_causes.hpp"
#include "platform/reproduce/targets.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <limits>

namespace acf::platform {

std::vector<std::uint32_t> stay_dense(const std::vector<weighted_layer>& layers, std::uint32_t group) {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < layers.size(); ++i)
    if (i == 0 || layers[i].inputs % group != 0 || layers[i].outputs % group != 0) numbers.push_back(i + 1);
  return numbers;
}

spent_cycles cycles_spent(const trained_run& r, const std::vector<weighted_layer>& layers,
                          const std::vector<std::uint32_t>& dense) {
  spent_cycles s;
  s.all = r.achieved(), s.waits = r.waits();
  for (std::uint32_t i = 0; i < layers.size(); ++i) {
    const double of_weights =
        r.of(layers[i].name + "/forward").compute + r.of(layers[i].name + "/input_gradient").compute;
    (std::ranges::count(dense, i + 1) ? s.dense_layers : s.pruned) += of_weights;
    s.weight_gradients += r.of(layers[i].name + "/weight_gradient").compute;
  }
  return s;
}

course course_of(const std::vector<double>& curve) {
  struct part {
    double mean = 0, error = std::numeric_limits<double>::infinity(); // of the mean; of a single value not known
  };
  const auto over = [&](std::size_t first, std::size_t end) {
    part p;
    const double n = static_cast<double>(end - first);
    for (std::size_t i = first; i < end; ++i) p.mean += curve[i] / n;
    double squares = 0;
    for (std::size_t i = first; i < end; ++i) squares += (curve[i] - p.mean) * (curve[i] - p.mean);
    if (n > 1) p.error = std::sqrt(squares / (n - 1) / n);
    return p;
  };
  if (curve.empty()) return {};
  const std::size_t tenth = std::max<std::size_t>(1, curve.size() / 10), from = (curve.size() - tenth) / 2;
  const part early = over(0, tenth), half = over(from, from + tenth), late = over(curve.size() - tenth, curve.size());
  return {early.mean, half.mean, late.mean, 2 * std::hypot(early.error, half.error),
          2 * std::hypot(late.error, half.error)};
}

double trained_run::figure(const char* name) const {
  for (const char* section : {"summary", "extra"})
    if (const auto& s = report_.at(section); s.contains(name) && s.at(name).is_number()) return s.at(name);
  return std::nan("");
}

double trained_run::energy_per_product() const { return figure("energy_uj") / figure("macs_total"); }

trained_run::phase trained_run::of(const std::string& name) const {
  for (const auto& w : report_.at("waterfalls")) {
    if (w.at("name") != name) continue;
    phase p{w.at("ideal"), w.at("ideal"), w.at("achieved")};
    for (const auto& loss : w.at("losses"))
      if (causes::while_busy(loss.at("cause").get<std::string>())) p.compute += loss.at("cycles").get<double>();
    return p;
  }
  return {};
}

trained_run::microjoules trained_run::energy(const std::string& name) const {
  for (const auto& p : report_.at("energy").at("phases"))
    if (p.at("name") == name) {
      const auto& uj = p.at("uj");
      return {uj.at("core"), uj.at("sram"), uj.at("mesh"), uj.at("dram")};
    }
  return {};
}

trained_run::microjoules trained_run::energy() const {
  const auto& uj = report_.at("energy").at("uj");
  return {uj.at("core"), uj.at("sram"), uj.at("mesh"), uj.at("dram")};
}

double trained_run::achieved() const { return report_.at("waterfalls").at(0).at("achieved"); }

double trained_run::achieved_of(std::string_view ending) const {
  double sum = 0;
  for (const auto& w : report_.at("waterfalls"))
    if (w.at("name").get<std::string>().ends_with(ending)) sum += w.at("achieved").get<double>();
  return sum;
}

std::map<std::string, double> trained_run::waits() const {
  std::map<std::string, double> by_cause;
  for (const auto& loss : report_.at("waterfalls").at(0).at("losses")) {
    const auto cause = loss.at("cause").get<std::string>();
    if (const auto what = causes::waited_for(cause)) by_cause[std::string{*what}] += loss.at("cycles").get<double>();
  }
  return by_cause;
}

double trained_run::busy_percent(std::string_view unit) const {
  double busy = 0, cycles = 0;
  for (const auto& b : report_.at("blocks"))
    if (b.at("name").get<std::string>().ends_with(unit))
      busy += b.at("busy").get<double>(), cycles += b.at("cycles").get<double>();
  return cycles > 0 ? 100 * busy / cycles : 0;
}

namespace {

std::vector<double> numbers_of(const nlohmann::ordered_json& list) {
  std::vector<double> out;
  for (const auto& x : list) out.push_back(x.is_number() ? x.get<double>() : std::nan(""));
  return out;
}

} // namespace

std::vector<double> trained_run::curve(const char* name) const { return numbers_of(report_.at("curves").at(name)); }

double trained_run::gradient_zeros_percent(const std::string& layer) const {
  for (const auto& l : report_.at("curves").at("layers"))
    if (l.at("name") == layer) {
      const auto zeros = numbers_of(l.at("gradient_zeros_percent"));
      double sum = 0;
      for (const double x : zeros) sum += x;
      return sum / static_cast<double>(zeros.size());
    }
  return std::nan("");
}

trainings::trainings(const config& the_config, const trainer& the_trainer, measurements& results)
    : csv("run,network,engine,recipe,pattern,sparsity,regrow_period,test_accuracy_percent,fabric_cycles,compute_cycles,"
          "energy_uj,macs_executed,gradient_zeros_percent,density_of_gradients_by_layer\n"),
      c(the_config),
      train(the_trainer),
      out(results),
      layers(weighted_layers(c.train.network)) {}

void trainings::attempt(std::initializer_list<const char*> ids, const std::function<void()>& job) {
  try {
    job();
  } catch (const training_refused& why) {
    for (const char* id : ids) {
      measured& m = out[id];
      m.reason = m.ours.empty() ? why.what() : fmt::format("{}; {}", m.reason, why.what());
    }
  }
}

trained_run trainings::go(const std::string& name, const char* engine, const char* recipe,
                          const std::function<void(config&)>& change) {
  config own = c;
  own.reproduce.system = "none";
  own.zbcc.engine = engine;
  own.zbcc.rows = own.zbcc.columns = 0;
  own.train.recipe = recipe;
  own.train.twin = false;
  own.expect.clear();
  change(own);
  trained_run r(train(own, name));
  const auto shown = [](double x) {
    return std::isnan(x) ? std::string{} : x == std::floor(x) ? fmt::format("{:.0f}", x) : fmt::format("{:.6g}", x);
  };
  std::string densities;
  if (own.zbcc.engine == "spartann" && own.zbcc.skip != "none")
    for (const weighted_layer& l : layers)
      densities += fmt::format("{}{:.4f}", densities.empty() ? "" : " ", density(l, r));
  const std::string of = own.train.network.empty() ? "perceptron" : std::filesystem::path(own.train.network).stem();
  csv += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", name, csv_field(of), engine, recipe,
                     own.train.pattern, own.train.sparsity, own.train.regrow_period, shown(r.accuracy()),
                     shown(r.figure("fabric_cycles")), shown(r.figure("compute_cycles")), shown(r.figure("energy_uj")),
                     shown(r.figure("macs_executed")), shown(r.figure("gradient_zeros_percent")), densities);
  return r;
}

std::string trainings::beside(const char* file) const {
  const auto path = std::filesystem::path(c.train.network).parent_path() / file;
  return std::filesystem::exists(path) ? path.string() : std::string{};
}

double trainings::noise_of(double percent, double other) const {
  const double n = samples_tested();
  return n > 0 ? 2 * std::sqrt((percent * (100 - percent) + other * (100 - other)) / n) : 0;
}

double trainings::samples_tested() const { return c.data.path.empty() ? c.data.generated_test : c.data.test_samples; }

double trainings::density(const weighted_layer& l, const trained_run& r) const {
  const double all = every_product.of(l.name + "/weight_gradient").products;
  return all > 0 ? r.of(l.name + "/weight_gradient").products / all : 0;
}

double trainings::backward(const std::function<double(const std::string&)>& get) const {
  double sum = 0;
  for (const weighted_layer& l : layers)
    if (l.convolution)
      for (const char* phase : {"/input_gradient", "/weight_gradient"}) sum += get(l.name + phase);
  return sum;
}

} // namespace acf::platform
