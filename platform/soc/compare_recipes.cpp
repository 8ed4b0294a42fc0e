#include "platform/soc/compare_recipes.hpp"

#include "platform/config/recipe_rules.hpp"
#include "platform/config/remarks.hpp"
#include "platform/config/resolved.hpp"
#include "platform/config/varied.hpp"
#include "platform/report/files.hpp"
#include "platform/soc/train_beside.hpp"
#include "platform/soc/training.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iostream>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

namespace acf::platform {

namespace {

using nlohmann::ordered_json;

constexpr const char* copied[] = {"test_accuracy_percent",
                                  "weight_sparsity_percent",
                                  "fabric_cycles",
                                  "compute_cycles",
                                  "matrix_busy_cycles",
                                  "macs_executed",
                                  "energy_uj",
                                  "area_mm2",
                                  "dram_bytes",
                                  "noc_flit_hops"};

// A name for a folder: "dts", "bdwp_2_8".
std::string folder_of(const recipe_choice& r) {
  if (leaves_weights_dense(r.recipe)) return r.recipe;
  std::string name = r.recipe + "_" + r.pattern;
  std::replace(name.begin(), name.end(), ':', '_');
  return name;
}

std::string shown(const ordered_json& number, const char* format) {
  return number.is_number() ? fmt::format(fmt::runtime(format), number.get<double>()) : "";
}

// A run that is the dense baseline itself is its own twin.
ordered_json summary_of_twin(const ordered_json& report) {
  return report.contains("twin") ? report.at("twin").at("summary") : report.at("summary");
}

// A run's dense twin, without what a dense training does not look at: equal ones have equal figures.
config essence_of_twin(const config& c) {
  config twin = dense_twin(c);
  const train_config any;
  auto& t = twin.train;
  t.sparsity = any.sparsity, t.pattern = any.pattern, t.gradient_sparsity = any.gradient_sparsity;
  t.regrow_period = any.regrow_period, t.growth_threshold = any.growth_threshold, t.dense_layers = any.dense_layers;
  twin.compare = {};
  return twin;
}

double ratio(const ordered_json& twin, const ordered_json& own, const char* figure) {
  return twin.at(figure).get<double>() / own.at(figure).get<double>();
}

// All runs, and their lines.
class recipe_table {
public:
  recipe_table(const config& the_config, const run_options& the_options, run_result& the_result)
      : c(the_config), options(the_options), result(the_result) {
    if (!c.compare.vary.empty()) runs.columns.push_back(c.compare.vary);
    for (const char* name : {"recipe", "engine", "dense_test_accuracy_percent", "dense_fabric_cycles",
                             "speedup_over_dense", "dense_matrix_busy_cycles", "matrix_speedup_over_dense"})
      runs.columns.emplace_back(name);
    runs.columns.insert(runs.columns.end(), std::begin(copied), std::end(copied));
    text = fmt::format("{:<30} {:<11} {:>10} {:>10} {:>12} {:>9} {:>9} {:>12} {:>9}\n", "recipe", "engine",
                       "accuracy %", "sparsity %", "cycles", "speed-up", "compute", "energy uJ", "area mm2");
  }

  // By one recipe, with one value of what varies, on all engines.
  void add(const recipe_choice& choice, const std::string& value) {
    config own = value.empty() ? c : varied(c, c.compare.vary, value);
    own.train.recipe = choice.recipe, own.train.pattern = choice.pattern;
    const auto recipe = folder_of(choice);
    auto name = value.empty() ? recipe : recipe + "_" + value;
    std::replace(name.begin(), name.end(), '/', '_'); // of values that are paths
    std::set<std::string> weights;
    for (const std::string& engine : c.compare.engines) {
      const auto folder = name + "/" + engine;
      own.zbcc.engine = engine;
      const config essence = essence_of_twin(own);
      auto twin = std::ranges::find_if(twins, [&](const auto& known) { return same_values(known.first, essence); });
      own.train.twin = twin == twins.end();
      std::cerr << fmt::format("{} ...\n", folder);
      const auto report = train_beside(own, options, folder);
      weights.insert(weights_trained_beside(options, folder));
      if (own.train.twin) twin = twins.insert(twins.end(), {essence, summary_of_twin(report)});
      add_row(value, recipe, name, engine, report.at("summary"), twin->second);
    }
    if (weights.size() != 1) result.defects.push_back(name + ": the engines trained different weights");
  }

  run_table runs{.name = "recipes", .columns = {}, .rows = {}};
  std::string text;

private:
  void add_row(const std::string& value, const std::string& recipe, const std::string& name, const std::string& engine,
               const ordered_json& own, const ordered_json& twin) {
    const double speedup = ratio(twin, own, "fabric_cycles"), compute = ratio(twin, own, "matrix_busy_cycles");
    std::vector<ordered_json> row;
    if (!value.empty()) row.emplace_back(value);
    for (const ordered_json& field :
         {ordered_json(recipe), ordered_json(engine), twin.at("test_accuracy_percent"), twin.at("fabric_cycles"),
          ordered_json(speedup), twin.at("matrix_busy_cycles"), ordered_json(compute)})
      row.push_back(field);
    for (const char* key : copied) row.push_back(own.at(key));
    runs.add(std::move(row));
    text += fmt::format("{:<30} {:<11} {:>10} {:>10} {:>12} {:>9.3f} {:>9.3f} {:>12} {:>9}\n", name, engine,
                        shown(own.at("test_accuracy_percent"), "{:.2f}"),
                        shown(own.at("weight_sparsity_percent"), "{:.1f}"), own.at("fabric_cycles").dump(), speedup,
                        compute, shown(own.at("energy_uj"), "{:.1f}"), shown(own.at("area_mm2"), "{:.3f}"));
  }

  const config& c;
  const run_options& options;
  run_result& result;
  std::vector<std::pair<config, ordered_json>> twins; // essence and summary of each
};

} // namespace

int run_recipes(const config& c, const run_options& options) {
  run_result result;
  recipe_table all(c, options, result);
  result.notes = {"speed-ups are of an engine over its own dense twin (same array, lanes and dataflow, dense network), "
                  "end to end, and of matrix_busy_cycles alone (compute); recipes of different accuracy are not the "
                  "same work: compare costs at equal accuracy",
                  "one seed: differences of a point in accuracy are noise"};
  for (auto& remark : remarks_on(c, true)) result.notes.push_back(std::move(remark));
  const std::vector<std::string> once{""};
  try {
    for (const std::string& value : c.compare.values.empty() ? once : c.compare.values)
      for (const std::string& text : c.compare.recipes) all.add(read_recipe_choice(text), value);
  } catch (const failed_run& failed) {
    note_failed_run(failed, result);
  }
  write_file(options.out / "recipes.csv", table_csv(all.runs), result);
  std::cerr << all.text;
  result.tables.push_back(std::move(all.runs));
  return conclude(options.out, c, result, false);
}

} // namespace acf::platform
