#include "platform/reproduce/trainings.hpp"

#include "platform/network/network_file.hpp"

#include <cmath>
#include <fmt/format.h>

namespace acf::platform {
namespace {

std::vector<trained_layer> layers_with_weights(const compiler::network_description& net) {
  std::vector<trained_layer> all;
  for (const auto& l : net.layers)
    if (l.kind == compiler::layer_kind::conv2d || l.kind == compiler::layer_kind::linear)
      all.push_back({fmt::format("layer{}", all.size() + 1), l.kind == compiler::layer_kind::conv2d});
  return all;
}

} // namespace

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
      if (loss.at("cause").get<std::string>().starts_with("lanes:")) p.compute += loss.at("cycles").get<double>();
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
    : csv("run,engine,recipe,pattern,sparsity,regrow_period,test_accuracy_percent,fabric_cycles,compute_cycles,"
          "energy_uj,macs_executed,gradient_zeros_percent,density_of_gradients_by_layer\n"),
      c(the_config),
      train(the_trainer),
      out(results),
      layers(layers_with_weights(read_network(c.train.network))) {}

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
    for (const trained_layer& l : layers)
      densities += fmt::format("{}{:.4f}", densities.empty() ? "" : " ", density(l, r));
  csv += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", name, engine, recipe, own.train.pattern,
                     own.train.sparsity, own.train.regrow_period, shown(r.accuracy()), shown(r.figure("fabric_cycles")),
                     shown(r.figure("compute_cycles")), shown(r.figure("energy_uj")), shown(r.figure("macs_executed")),
                     shown(r.figure("gradient_zeros_percent")), densities);
  return r;
}

double trainings::density(const trained_layer& l, const trained_run& r) const {
  const double all = every_product.of(l.name + "/weight_gradient").products;
  return all > 0 ? r.of(l.name + "/weight_gradient").products / all : 0;
}

double trainings::backward(const std::function<double(const std::string&)>& get) const {
  double sum = 0;
  for (const trained_layer& l : layers)
    if (l.convolution)
      for (const char* phase : {"/input_gradient", "/weight_gradient"}) sum += get(l.name + phase);
  return sum;
}

} // namespace acf::platform
