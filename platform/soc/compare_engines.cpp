#include "platform/soc/compare_engines.hpp"

#include "platform/config/input_error.hpp"
#include "platform/config/remarks.hpp"
#include "platform/energy/iso_area.hpp"
#include "platform/report/files.hpp"
#include "platform/report/waterfall_causes.hpp"
#include "platform/soc/train_beside.hpp"

#include <fmt/format.h>
#include <iostream>
#include <map>
#include <set>

namespace acf::platform {

namespace {

using nlohmann::ordered_json;

struct engine_run {
  std::string name;
  ordered_json report;
  iso_area other;        // the fabric that has the area of the engine's twin
  ordered_json on_other; // report of that; `report` if the nearest size is the one it has
  std::string folder_of_other;
};

// Waterfalls of a report, or of its twin, by name.
std::map<std::string, ordered_json> waterfalls_of(const ordered_json& report) {
  std::map<std::string, ordered_json> out;
  for (const auto& w : report.at("waterfalls")) out.emplace(w.at("name").get<std::string>(), w);
  return out;
}

// In which the matrix engines were busy, mean of all tiles: ideal and what lanes lost while they were.
std::int64_t busy_cycles(const ordered_json& waterfall) {
  std::int64_t sum = waterfall.at("ideal");
  for (const auto& loss : waterfall.at("losses"))
    if (causes::while_busy(loss.at("cause").get<std::string>())) sum += loss.at("cycles").get<std::int64_t>();
  return sum;
}

ordered_json ratio(const ordered_json& of, const ordered_json& to, double times = 1) {
  if (!of.is_number() || !to.is_number() || to.get<double>() == 0) return nullptr;
  return times * of.get<double>() / to.get<double>();
}

double energy_uj(const ordered_json& parts) {
  double sum = 0;
  for (const auto& [part, uj] : parts.items()) sum += uj.get<double>();
  return sum;
}

std::string shown(const ordered_json& number, const char* format = "{:.4g}") {
  return number.is_number() ? fmt::format(fmt::runtime(format), number.get<double>()) : "";
}

// Where the matrix engines' time of a layer and phase went, largest first: "edge 31 %, dma 20 %".
std::string largest_losses(const ordered_json& waterfall, std::size_t most) {
  std::multimap<double, std::string, std::greater<>> list;
  for (const auto& loss : waterfall.at("losses"))
    list.emplace(loss.at("cycles").get<double>(), loss.at("cause").get<std::string>());
  const double achieved = std::max(1.0, waterfall.at("achieved").get<double>());
  std::string out;
  for (const auto& [cycles, cause] : list) {
    if (most-- == 0) break;
    out += fmt::format("{}{} {:.0f} %", out.empty() ? "" : ", ", cause, 100 * cycles / achieved);
  }
  return out;
}

class comparison {
public:
  explicit comparison(std::vector<engine_run> all) : runs(std::move(all)) {
    for (const engine_run& r : runs)
      if (r.name == "zbcc") // two-sided: what it executes is what any engine would have to
        for (const auto& [phase, w] : waterfalls_of(r.report)) effectual[phase] = w.at("ideal").get<double>();
  }

  run_table by_phase() const {
    run_table table{.name = "engines",
                    .columns = {"engine",
                                "phase",
                                "cycles",
                                "twin_cycles",
                                "speedup_over_twin",
                                "matrix_busy_cycles",
                                "twin_matrix_busy_cycles",
                                "matrix_speedup_over_twin",
                                "effectual_cycles",
                                "utilisation_percent",
                                "energy_uj",
                                "energy_core_uj",
                                "energy_sram_uj",
                                "energy_mesh_uj",
                                "energy_dram_uj",
                                "area_mm2",
                                "iso_area_lanes",
                                "iso_area_difference_percent",
                                "iso_area_cycles",
                                "iso_area_speedup",
                                "stalls"},
                    .rows = {}};
    for (const engine_run& r : runs) {
      const auto own = waterfalls_of(r.report), twin = waterfalls_of(r.report.at("twin"));
      const auto energy = energies(r.report);
      const auto on_other = waterfalls_of(r.on_other);
      for (const auto& [phase, w] : own) {
        const ordered_json none, cycles = w.at("achieved"), busy = busy_cycles(w);
        const auto dense = twin.find(phase), equal = on_other.find(phase);
        const ordered_json dense_cycles = dense == twin.end() ? none : dense->second.at("achieved"),
                           dense_busy = dense == twin.end() ? none : ordered_json(busy_cycles(dense->second)),
                           equal_cycles = equal == on_other.end() ? none : equal->second.at("achieved");
        const auto ideal = effectual.find(phase);
        const ordered_json needed =
            ideal == effectual.end() ? none : ordered_json(static_cast<std::int64_t>(ideal->second));
        std::vector<ordered_json> row{r.name,
                                      phase,
                                      cycles,
                                      dense_cycles,
                                      ratio(dense_cycles, cycles),
                                      busy,
                                      dense_busy,
                                      ratio(dense_busy, busy),
                                      needed,
                                      ratio(needed, cycles, 100)};
        const auto uj = energy.find(phase);
        row.push_back(uj == energy.end() ? none : ordered_json(energy_uj(uj->second)));
        for (const char* part : {"core", "sram", "mesh", "dram"})
          row.push_back(uj == energy.end() ? none : uj->second.at(part));
        for (const ordered_json& value : {r.report.at("summary").at("area_mm2"), ordered_json(r.other.chip.zbcc.lanes),
                                          ordered_json(r.other.difference_percent()), equal_cycles,
                                          ratio(dense_cycles, equal_cycles), ordered_json(largest_losses(w, 32))})
          row.push_back(value);
        table.add(std::move(row));
      }
    }
    return table;
  }

  std::string losses() const {
    std::string out = "engine,machine,phase,step,cycles\n";
    for (const engine_run& r : runs)
      for (const auto& [machine, report] : {std::pair{"engine", r.report}, std::pair{"twin", r.report.at("twin")}})
        for (const auto& w : report.at("waterfalls")) {
          const auto row = [&](const std::string& step, const ordered_json& cycles) {
            out += fmt::format("{},{},{},\"{}\",{}\n", r.name, machine, w.at("name").get<std::string>(), step,
                               cycles.dump());
          };
          row("ideal", w.at("ideal"));
          for (const auto& loss : w.at("losses")) row(loss.at("cause"), loss.at("cycles"));
          row("achieved", w.at("achieved"));
        }
    return out;
  }

  std::string table() const {
    std::string out =
        fmt::format("{:<11} {:>12} {:>12} {:>9} {:>9} {:>9} {:>6} {:>7} {:>7} {:>11} {:>9} {:>10} {:>10}  {}\n",
                    "engine", "cycles", "twin", "speed-up", "compute", "iso-area", "lanes", "area %", "util %",
                    "energy uJ", "area mm2", "GOPS/W ex", "GOPS/W deq", "largest losses");
    for (const engine_run& r : runs) {
      const auto& s = r.report.at("summary");
      const auto& e = r.report.at("energy");
      const auto own = waterfalls_of(r.report);
      const auto ideal = effectual.find("training");
      const double cycles = s.at("fabric_cycles");
      out += fmt::format(
          "{:<11} {:>12} {:>12} {:>9} {:>9} {:>9.3f} {:>6} {:>+7.2f} {:>7} {:>11} {:>9} {:>10} {:>10}  {}\n", r.name,
          s.at("fabric_cycles").dump(), s.at("dense_fabric_cycles").dump(), shown(e.at("speedup_iso_lane"), "{:.3f}"),
          shown(s.at("matrix_speedup_over_dense"), "{:.3f}"), iso_area_speedup(r), r.other.chip.zbcc.lanes,
          r.other.difference_percent(),
          ideal == effectual.end() ? "" : fmt::format("{:.1f}", 100 * ideal->second / cycles),
          shown(s.at("energy_uj"), "{:.1f}"), shown(s.at("area_mm2"), "{:.3f}"),
          shown(e.at("gops_per_watt_executed"), "{:.1f}"), shown(e.at("gops_per_watt_dense_equivalent"), "{:.1f}"),
          largest_losses(own.at("training"), 3));
    }
    return out;
  }

  static double iso_area_speedup(const engine_run& r) {
    return r.report.at("summary").at("dense_fabric_cycles").get<double>() /
           r.on_other.at("summary").at("fabric_cycles").get<double>();
  }

private:
  std::vector<engine_run> runs;
  std::map<std::string, double> effectual; // by phase: cycles of the pairs with both operands not zero, at full lanes

  static std::map<std::string, ordered_json> energies(const ordered_json& report) {
    std::map<std::string, ordered_json> out{{"training", report.at("energy").at("uj")}};
    for (const auto& p : report.at("energy").at("phases")) out.emplace(p.at("name").get<std::string>(), p.at("uj"));
    return out;
  }
};

engine_run run_one(const config& c, const run_options& options, const std::string& name, const energy_table& prices) {
  config own = c;
  own.zbcc.engine = name;
  own.train.twin = true;
  std::cerr << fmt::format("{} ...\n", name);
  engine_run run{name, train_beside(own, options, name), at_area_of_twin(own, prices, c.train.dtype), {}, {}};
  if (!run.report.contains("twin"))
    throw input_error{"compare.engines: train.recipe=dense with zbcc.skip=none is the dense twin itself"};
  if (run.other.rescaled) {
    run.folder_of_other = name + "/iso_area";
    std::cerr << fmt::format("{} on {} lanes ...\n", name, run.other.chip.zbcc.lanes);
    config rescaled = run.other.chip;
    rescaled.train.twin = false;
    run.on_other = train_beside(rescaled, options, run.folder_of_other);
  } else {
    run.on_other = run.report;
  }
  return run;
}

// Those that were finished before one failed.
std::vector<engine_run> run_all(const config& c, const run_options& options, run_result& result) {
  const energy_table prices = read_energy_table(energy_table_file(c.energy.table));
  std::vector<engine_run> runs;
  try {
    for (const std::string& name : c.compare.engines) runs.push_back(run_one(c, options, name, prices));
  } catch (const failed_run& failed) {
    note_failed_run(failed, result);
  }
  return runs;
}

// What a reader must know of every table.
std::vector<std::string> flags_of(const config& c, const ordered_json& summary) {
  std::vector<std::string> out{
      "speed-ups are of an engine over its own dense twin (same array, lanes and dataflow, dense network); ratios "
      "between engines would have different baselines and are not printed",
      "GOPS/W ex counts executed products, GOPS/W deq those of the dense computation; they are not comparable",
      "iso-area: the engine on as many lanes (as many rows and columns) as bring the fabric nearest to its twin's "
      "area, "
      "measured; area %: what is left of the difference. Lanes are a small part of a tile, so few square millimetres "
      "are many lanes",
      "speed-up, iso-area: end to end, with idle gaps, vector work, regrowth and optimiser; compute: of the cycles in "
      "which matrix engines are busy, alone",
      fmt::format("one energy table ({}): no statement about another node", c.energy.table),
      fmt::format("zeros among the weights: {} %, test accuracy {} %, of the dense twin {} %: other sparsities and "
                  "recipes compare only with theirs beside",
                  shown(summary.at("weight_sparsity_percent"), "{:.1f}"),
                  shown(summary.at("test_accuracy_percent"), "{:.2f}"),
                  shown(summary.at("dense_test_accuracy_percent"), "{:.2f}")),
      fmt::format("computed in {}: efficiencies by area or watt of another type are another comparison",
                  c.train.dtype)};
  for (const auto& [table, other] : {std::pair{"7nm_scaled", "7nm_measured"}, std::pair{"7nm_measured", "7nm_scaled"}})
    if (c.energy.table == table)
      out.push_back(fmt::format("7 nm: scaled and measured operations differ several times, so what holds must hold "
                                "with energy.table={}, too",
                                other));
  const std::string& recipe = c.train.recipe;
  if (recipe == "srste")
    out.emplace_back("weights are N:M along the inputs: sat runs its N:M datapath forwards, and dense in input "
                     "gradients, whose groups would lie along the outputs");
  else if (recipe == "bdwp")
    out.emplace_back("weights are N:M along the reduction in both products: sat runs its N:M datapath in both; weight "
                     "gradients are dense. Other engines see the same zeros without their pattern");
  else if (c.train.pattern == "unstructured")
    out.emplace_back("zeros are single weights: sat runs its dense mode, as they are not N:M");
  else if (recipe == "dts" || recipe == "static" || recipe == "topk" || recipe == "gaussian" || recipe == "random")
    out.emplace_back(
        "weights are dense; gradients of hidden layers are thinned out, which only engines that skip zeros "
        "of gradients can use");
  else if (c.train.pattern == "block4x4")
    out.emplace_back(
        "zeros are in 4x4 blocks, which zbcc and dense leave out whole; sat runs its dense mode, as they are "
        "not N:M");
  out.emplace_back("spartann runs forward products on its twin; its published figures are of backward products alone");
  return out;
}

} // namespace

int run_comparison(const config& c, const run_options& options) {
  run_result result;
  const std::vector<engine_run> runs = run_all(c, options, result);
  std::set<std::string> weights;
  for (const engine_run& r : runs) {
    for (const std::string& folder : {r.name, r.folder_of_other})
      if (!folder.empty()) weights.insert(weights_trained_beside(options, folder));
    const auto& s = r.report.at("summary");
    for (const char* key : {"fabric_cycles", "speedup_over_dense", "matrix_speedup_over_dense", "energy_uj", "area_mm2",
                            "test_accuracy_percent"})
      if (s.at(key).is_number()) result.extra.emplace_back(fmt::format("{}.{}", r.name, key), s.at(key).get<double>());
    result.extra.emplace_back(r.name + ".iso_area_speedup", comparison::iso_area_speedup(r));
    result.extra.emplace_back(r.name + ".iso_area_lanes", r.other.chip.zbcc.lanes);
    result.extra.emplace_back(r.name + ".iso_area_difference_percent", r.other.difference_percent());
  }
  if (weights.size() > 1) result.defects.emplace_back("the engines trained different weights");
  const comparison table(runs);
  result.tables = {table.by_phase()};
  write_file(options.out / "engines.csv", table_csv(result.tables.front()), result);
  write_file(options.out / "losses.csv", table.losses(), result);
  std::cerr << table.table();
  for (auto& remark : remarks_on(c, true)) result.notes.push_back(std::move(remark));
  if (!runs.empty()) {
    const auto flags = flags_of(c, runs.front().report.at("summary"));
    result.notes.insert(result.notes.end(), flags.begin(), flags.end());
  }
  return conclude(options.out, c, result, false);
}

} // namespace acf::platform
