#include "platform/reproduce/trained.hpp"

#include "platform/network/network_file.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace acf::platform {
namespace {

using nlohmann::ordered_json;

const char* const ours_instead = "our network and data in place of the published ones";

// What a finished training says.
class run {
public:
  run() = default;
  explicit run(ordered_json report) : report_(std::move(report)) {}

  double figure(const char* name) const {
    for (const char* section : {"summary", "extra"})
      if (const auto& s = report_.at(section); s.contains(name) && s.at(name).is_number()) return s.at(name);
    return std::nan("");
  }
  double accuracy() const { return figure("test_accuracy_percent"); }

  struct phase {
    double products = 0; // cycles of executed products at full lanes
    double compute = 0;  // with what the engine's lanes lose
    double achieved = 0; // with what the engine waits for
    phase& operator+=(const phase& p) {
      products += p.products, compute += p.compute, achieved += p.achieved;
      return *this;
    }
  };
  phase of(const std::string& name) const {
    for (const auto& w : report_.at("waterfalls")) {
      if (w.at("name") != name) continue;
      phase p{w.at("ideal"), w.at("ideal"), w.at("achieved")};
      for (const auto& loss : w.at("losses"))
        if (loss.at("cause").get<std::string>().starts_with("lanes:")) p.compute += loss.at("cycles").get<double>();
      return p;
    }
    return {};
  }
  // Microjoules of a phase without DRAM, and with it.
  std::pair<double, double> energy(const std::string& name) const {
    for (const auto& p : report_.at("energy").at("phases")) {
      if (p.at("name") != name) continue;
      const auto& uj = p.at("uj");
      const double chip = uj.at("core").get<double>() + uj.at("sram").get<double>() + uj.at("mesh").get<double>();
      return {chip, chip + uj.at("dram").get<double>()};
    }
    return {0, 0};
  }

private:
  ordered_json report_;
};

struct layer {
  std::string name;
  bool convolution = false;
};

std::vector<layer> layers_with_weights(const compiler::network_description& net) {
  std::vector<layer> all;
  for (const auto& l : net.layers)
    if (l.kind == compiler::layer_kind::conv2d || l.kind == compiler::layer_kind::linear)
      all.push_back({fmt::format("layer{}", all.size() + 1), l.kind == compiler::layer_kind::conv2d});
  return all;
}

class trainings {
public:
  trainings(const config& the_config, const trainer& the_trainer, measurements& results)
      : c(the_config), train(the_trainer), out(results), layers(layers_with_weights(read_network(c.train.network))) {}

  std::string csv =
      "run,engine,recipe,pattern,sparsity,regrow_period,test_accuracy_percent,fabric_cycles,compute_cycles,"
      "energy_uj,macs_executed,gradient_zeros_percent,density_of_gradients_by_layer\n";

  void spartann();
  void tensordash();
  void sat();
  void acf();

private:
  const config& c;
  const trainer& train;
  measurements& out;
  const std::vector<layer> layers;

  template <class Change>
  run go(const std::string& name, const char* engine, const char* recipe, Change change) {
    config own = c;
    own.reproduce.system = "none";
    own.zbcc.engine = engine;
    own.zbcc.rows = own.zbcc.columns = 0;
    own.train.recipe = recipe;
    own.train.twin = false;
    own.expect.clear();
    change(own);
    run r(train(own, name));
    const auto shown = [](double x) {
      return std::isnan(x) ? std::string{} : x == std::floor(x) ? fmt::format("{:.0f}", x) : fmt::format("{:.6g}", x);
    };
    std::string densities;
    if (own.zbcc.engine == "spartann" && own.zbcc.skip != "none")
      for (const layer& l : layers) densities += fmt::format("{}{:.4f}", densities.empty() ? "" : " ", density(l, r));
    csv +=
        fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", name, engine, recipe, own.train.pattern,
                    own.train.sparsity, own.train.regrow_period, shown(r.accuracy()), shown(r.figure("fabric_cycles")),
                    shown(r.figure("compute_cycles")), shown(r.figure("energy_uj")), shown(r.figure("macs_executed")),
                    shown(r.figure("gradient_zeros_percent")), densities);
    return r;
  }

  run every_product; // of the dense training: nothing is bypassed
  // Of the gradient that the weight gradient reads: this engine bypasses its zeros, and no others.
  double density(const layer& l, const run& r) const {
    const double all = every_product.of(l.name + "/weight_gradient").products;
    return all > 0 ? r.of(l.name + "/weight_gradient").products / all : 0;
  }
  template <class Get>
  double backward(Get get) const { // of convolutions
    double sum = 0;
    for (const layer& l : layers)
      if (l.convolution)
        for (const char* phase : {"/input_gradient", "/weight_gradient"}) sum += get(l.name + phase);
    return sum;
  }
};

// --- SparTANN --------------------------------------------------------------------------------------------------------

void trainings::spartann() {
  const auto skipping = [](const char* skip) { return [skip](config& own) { own.zbcc.skip = skip; }; };
  const auto thinned = [&](const char* recipe, double share) {
    return go(fmt::format("spartann_{}_{:.0f}", recipe, 100 * share), "spartann", recipe,
              [&](config& own) { own.train.gradient_sparsity = share; });
  };
  every_product = go("spartann_no_skipping", "spartann", "dense", skipping("none"));
  const run zeros = go("spartann_zero_skipping", "spartann", "dense", skipping("both")), dts = thinned("dts", 0.5),
            more = thinned("dts", 0.7), random = thinned("random", 0.5), topk = thinned("topk", 0.5),
            gaussian = thinned("gaussian", 0.5), held = thinned("static", 0.5);

  const auto compute = [&](const run& r) { return backward([&](const std::string& p) { return r.of(p).compute; }); };
  const auto achieved = [&](const run& r) { return backward([&](const std::string& p) { return r.of(p).achieved; }); };
  const auto chip = [&](const run& r) { return backward([&](const std::string& p) { return r.energy(p).first; }); };
  const auto whole = [&](const run& r) { return backward([&](const std::string& p) { return r.energy(p).second; }); };
  const auto densities = [&](const run& r) {
    std::string text;
    for (const layer& l : layers) text += fmt::format("{}{} {:.3f}", text.empty() ? "" : ", ", l.name, density(l, r));
    return text;
  };
  const double skip = compute(every_product) / compute(zeros), drop = compute(every_product) / compute(dts);
  const auto speed = [&](double x, const run& r) {
    return measured{{x},
                    how::real,
                    ours_instead,
                    fmt::format("convolutions backwards, compute alone; with feeding {:.2f}. Density of gradients: {}",
                                achieved(every_product) / achieved(r), densities(r))};
  };
  out["T035"] = speed(skip, zeros);
  out["T036"] = speed(drop, dts);
  out["T037"] = {{100 * (drop / skip - 1)}, how::real, ours_instead, "T036 over T035"};
  const auto saved = [&](auto energy, const run& r) { return 100 * (1 - energy(r) / energy(every_product)); };
  out["T039"] = {{saved(chip, zeros), saved(chip, dts)},
                 how::real,
                 ours_instead,
                 "convolutions backwards, core, SRAM and mesh, energy table " + c.energy.table};
  out["T040"] = {{saved(whole, zeros), saved(whole, dts)}, how::real, ours_instead, "the same with DRAM"};

  const char* share = "gradient_zeros_percent";
  const char* distance = "gradient_tracking_error_points";
  const auto off = [&](const run& r) { return std::abs(r.figure(share) - 50); };
  if (std::isfinite(off(dts)))
    out["T047"] = {{off(dts), off(gaussian), off(held), dts.figure(distance), gaussian.figure(distance),
                    held.figure(distance), dts.figure("training_loss_last_epoch"),
                    topk.figure("training_loss_last_epoch"), gaussian.figure("training_loss_last_epoch")},
                   how::real,
                   ours_instead,
                   "DTS, Gaussian, static: points that the mean share of zeros is off 50 %; then single batches, which "
                   "differ with the samples in them; loss of DTS, top-k, Gaussian",
                   "very tight vs Gaussian error up to ~20 points and static median worse",
                   off(dts) < 2 && off(gaussian) > off(dts) && off(held) > off(dts)};
  double last_convolution = 0;
  std::vector<double> all;
  for (const layer& l : layers) {
    all.push_back(density(l, zeros));
    if (l.convolution) last_convolution = all.back();
  }
  std::sort(all.begin(), all.end());
  out["T048"] = {{100 * (1 - last_convolution)}, how::real, ours_instead, "the last convolution, before max-pooling"};
  out["T049"] = {{100 * all[all.size() / 2]}, how::real, ours_instead, "median of " + densities(zeros)};

  const double base = zeros.accuracy();
  const std::string accuracies =
      fmt::format("dense {:.2f}, DTS-0.5 {:.2f}, DTS-0.7 {:.2f}, random-0.5 {:.2f} %: one seed; order alone is judged",
                  base, dts.accuracy(), more.accuracy(), random.accuracy());
  const auto order = [&](double ours, const char* published, bool holds) {
    return measured{{ours}, how::real, ours_instead, accuracies, published, holds};
  };
  out["T050"] =
      order(base, "MNIST 99.08 CIFAR10 82.13 AlexNet 57.18/79.97 GoogleNet 67.75/88.32", base >= random.accuracy());
  out["T051"] = order(dts.accuracy(), "99.11 81.41 56.80/79.87 66.59/87.87", dts.accuracy() >= base - 1.16);
  out["T052"] = order(more.accuracy(), "99.12 80.56 55.38/78.63 0.10/0.50 (diverged)", more.accuracy() <= base);
  out["T053"] = order(random.accuracy(), "99.06 81.00 55.78/78.89 48.87/73.76", random.accuracy() <= dts.accuracy());
  out["T054"] = {{base - dts.accuracy()}, how::real, ours_instead, accuracies, "1.16", base - dts.accuracy() <= 1.16};
}

// --- TensorDash ------------------------------------------------------------------------------------------------------

void trainings::tensordash() {
  const auto pruned = [&](const char* name, const char* skip) {
    return go(name, "tensordash", "magnitude", [&](config& own) {
      own.zbcc.skip = skip;
      own.train.pattern = "unstructured";
    });
  };
  const run sparse = pruned("tensordash_pruned", "both"), dense = pruned("tensordash_pruned_no_skipping", "none");
  double ours = 0, baseline = 0, fed = 0, baseline_fed = 0;
  for (const layer& l : layers)
    for (const char* phase : {"/forward", "/input_gradient", "/weight_gradient"}) {
      const auto a = sparse.of(l.name + phase), b = dense.of(l.name + phase);
      ours += a.compute, baseline += b.compute, fed += a.achieved, baseline_fed += b.achieved;
    }
  out["T023"] = {
      {baseline / ours},
      how::real,
      ours_instead,
      fmt::format("{:.0f} % of the weights pruned gradually, all products of the training, compute alone; with "
                  "feeding {:.2f}",
                  100 * c.train.sparsity, baseline_fed / fed)};
}

// --- SAT -------------------------------------------------------------------------------------------------------------

void trainings::sat() {
  const auto patterned = [](config& own) { own.train.pattern = "2:8"; };
  const run dense = go("sat_dense", "sat", "dense", [&](config&own) { patterned(own), own.zbcc.skip = "none"; }),
            bdwp = go("sat_bdwp", "sat", "bdwp", patterned);
  const double cycles = dense.figure("fabric_cycles"), compute = dense.figure("compute_cycles"),
               faster = cycles / bdwp.figure("fabric_cycles"), alone = compute / bdwp.figure("compute_cycles");
  out["T063"] = {
      {faster},
      how::real,
      ours_instead,
      fmt::format("whole training; matrix products alone {:.2f}; vector units, DMA and waits are {:.0f} % of the "
                  "dense training's cycles",
                  alone, 100 * (1 - compute / cycles))};
  out["T064"] = {{dense.accuracy() - bdwp.accuracy()},
                 how::real,
                 ours_instead,
                 fmt::format("dense {:.2f}, 2:8 BDWP {:.2f} %: one seed", dense.accuracy(), bdwp.accuracy())};
}

// --- ACF -------------------------------------------------------------------------------------------------------------

void trainings::acf() {
  const auto masked = [&](const char* pattern, double sparsity, std::uint32_t period) {
    return go(fmt::format("acf_{}_{:.0f}_{}", pattern, 100 * sparsity, period), "zbcc", "rigl", [&](config& own) {
      own.train.pattern = pattern, own.train.sparsity = sparsity, own.train.regrow_period = period;
    });
  };
  const std::uint32_t period = std::max(1u, c.train.regrow_period);
  std::vector<run> periods;
  for (const std::uint32_t times : {1u, 5u, 10u})
    periods.push_back(masked("block4x4", c.train.sparsity, times * period));
  std::vector<double> accuracies;
  std::string cycles;
  for (const run& r : periods) {
    accuracies.push_back(r.accuracy());
    cycles += fmt::format("{}{:.0f}", cycles.empty() ? "" : ", ", r.figure("fabric_cycles"));
  }
  out["T078"] = {accuracies,
                 how::real,
                 fmt::format("periods of {}, {} and {} steps, scaled to the length of the run; {}", period, 5 * period,
                             10 * period, ours_instead),
                 "test accuracy by period; cycles " + cycles,
                 "1k / 5k / 10k",
                 periods[2].figure("fabric_cycles") <= periods[0].figure("fabric_cycles")};

  std::string table;
  bool faster = true;
  std::vector<double> ours;
  for (const double sparsity : {0.5, 0.9, 0.98}) {
    const run blocks = masked("block4x4", sparsity, period), single = masked("unstructured", sparsity, period);
    table += fmt::format("{}{:.0f} %: {:.2f} and {:.2f} % accuracy, {:.0f} and {:.0f} cycles, {:.0f} and {:.0f} uJ",
                         table.empty() ? "" : "; ", 100 * sparsity, blocks.accuracy(), single.accuracy(),
                         blocks.figure("fabric_cycles"), single.figure("fabric_cycles"), blocks.figure("energy_uj"),
                         single.figure("energy_uj"));
    faster = faster && blocks.figure("fabric_cycles") <= single.figure("fabric_cycles");
    if (sparsity == 0.9) ours = {blocks.accuracy(), single.accuracy()};
  }
  out["T079"] = {ours,  how::real, ours_instead, "blocks and single weights; " + table, "4x4 block vs unstructured",
                 faster};
}

} // namespace

std::string measure_trained(const config& c, const trainer& train, measurements& out) {
  trainings all(c, train, out);
  const auto asked = [&](const char* system) { return c.reproduce.system == "all" || c.reproduce.system == system; };
  if (asked("spartann")) all.spartann();
  if (asked("tensordash")) all.tensordash();
  if (asked("sat")) all.sat();
  if (asked("acf")) all.acf();
  return all.csv;
}

} // namespace acf::platform
