// What rows make of the reports of trainings: reports are written out here, nothing is trained.
#include "platform/reproduce/trained.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace acf::platform {
namespace {

using json = nlohmann::ordered_json;

struct told { // of a training
  double accuracy = 90, cycles = 1e6, regrowth = 0, steps = 1000, changes = 0, area = 10, dram_uj = 100;
  double engines = 1;                            // times as fast as without zeros
  std::vector<double> zeros{90, 90, 90, 90, 90}; // of the gradients of each layer
  std::vector<double> executed = std::vector<double>(100, 20);
};

json report(const told& t) {
  json r;
  r["summary"] = {{"test_accuracy_percent", t.accuracy},
                  {"fabric_cycles", t.cycles},
                  {"energy_uj", 1000},
                  {"macs_total", 1e9},
                  {"macs_executed", 1e9},
                  {"area_mm2", t.area}};
  r["extra"] = {{"training_steps", t.steps}, {"mask_changes", t.changes}, {"training_loss_last_epoch", 0.5}};
  r["blocks"] = json::array();
  r["energy"] = {{"uj", {{"core", 100 / t.engines}, {"sram", 100}, {"mesh", 0}, {"dram", t.dram_uj}}},
                 {"phases", json::array()}};
  const auto flow = [&](const std::string& name, double ideal, double achieved) {
    r["waterfalls"].push_back({{"name", name}, {"ideal", ideal}, {"losses", json::array()}, {"achieved", achieved}});
  };
  flow("training", t.cycles, t.cycles);
  flow("layer1/regrow", 0, t.regrowth);
  r["curves"] = {{"training_loss", json::array()}, {"products_executed_percent", t.executed}};
  for (std::size_t i = 0; i < t.zeros.size(); ++i) {
    const std::string name = fmt::format("layer{}", i + 1);
    r["curves"]["layers"].push_back({{"name", name}, {"gradient_zeros_percent", json::array({t.zeros[i]})}});
    for (const char* phase : {"/forward", "/input_gradient", "/weight_gradient"}) {
      flow(name + phase, 100 / t.engines, 100 / t.engines);
      r["energy"]["phases"].push_back(
          {{"name", name + phase}, {"uj", {{"core", 10 / t.engines}, {"sram", 10}, {"mesh", 0}, {"dram", 0}}}});
    }
  }
  return r;
}

// The rows of a system, if its training NAME tells `of(name)`.
measurements rows(const char* system, const std::function<told(const std::string&)>& of,
                  std::string* surface = nullptr) {
  config c;
  c.reproduce.system = system;
  c.train.network = ACF_NETWORKS "/lenet5.yaml";
  c.data.generated_test = 1000;
  measurements out;
  leave_to_recipes({"T056"}, out);
  const auto tables = measure_trained(
      c, [&](const config&, const std::string& name) { return report(of(name)); }, out);
  if (surface) *surface = tables.surface_points;
  return out;
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(regrowth, is_judged_by_masks_that_change_and_by_accuracy) {
  const auto row_of = [](double steps, double accuracy_of_longest) {
    return rows("acf", [&](const std::string& name) {
      told t;
      t.steps = steps, t.regrowth = 10;
      const std::string prefix = "acf_regrowth_";
      const double period = name.starts_with(prefix) ? std::stod(name.substr(prefix.size())) : steps;
      for (double step = period; step < 0.75 * steps; step += period) ++t.changes;
      if (name == "acf_regrowth_100") t.cycles = 9e5, t.accuracy = 93;
      if (name == "acf_regrowth_200") t.cycles = 8e5, t.accuracy = accuracy_of_longest;
      return t;
    })["T078"];
  };
  const measured fine = row_of(640, 91);
  EXPECT_TRUE(fine.holds) << fine.reason;
  EXPECT_TRUE(says(fine.conditional_on, "in a run of 640")) << fine.conditional_on;
  EXPECT_FALSE(row_of(640, 88).holds);        // within noise of the shortest, not of the best
  EXPECT_FALSE(row_of(640, 80).holds);        // faster, but ten points are more than noise
  const measured short_run = row_of(500, 89); // steps 200 alone: 400 is behind three quarters
  EXPECT_TRUE(short_run.ours.empty());
  EXPECT_TRUE(says(short_run.reason, "200 steps: 1 changes of the mask in 500 steps")) << short_run.reason;
}

TEST(bdwp, loses_no_accuracy_that_noise_would_hide) {
  const auto row_of = [](double accuracy) {
    return rows("sat", [&](const std::string& name) {
      told t;
      if (name == "sat_bdwp") t.accuracy = accuracy;
      return t;
    })["T064"];
  };
  EXPECT_TRUE(row_of(89.4).ours.empty()); // of 1000 samples
  EXPECT_TRUE(says(row_of(89.4).reason, "0.60 points is within noise")) << row_of(89.4).reason;
  EXPECT_EQ(row_of(80).ours, (std::vector<double>{10}));
}

TEST(projection, names_the_resource_that_binds) {
  const auto row_of = [](double area) {
    return rows("acf", [&](const std::string&) {
      told t;
      t.area = area;
      return t;
    })["T071"];
  };
  const measured small = row_of(0.001), large = row_of(1000); // the smaller a chip, the more of them on the GPU's area
  EXPECT_TRUE(says(small.reason, "nothing measured here is in the figure; engines could")) << small.reason;
  EXPECT_EQ(small.ours, row_of(0.002).ours);
  EXPECT_TRUE(says(large.reason, "bound by the engines, as measured here")) << large.reason;
}

TEST(spartann, energy_with_dram_has_dram_in_it) {
  const auto rows_with = [](double dram_uj) {
    return rows("spartann", [&](const std::string& name) {
      told t;
      t.engines = name == "spartann_no_skipping" ? 1 : 4, t.dram_uj = dram_uj;
      return t;
    });
  };
  auto little = rows_with(0), much = rows_with(800);
  EXPECT_EQ(little["T039"].ours, much["T039"].ours);
  EXPECT_NEAR(little["T040"].ours.at(1), 37.5, 1e-9); // 75 of 200
  EXPECT_NEAR(much["T040"].ours.at(1), 7.5, 1e-9);    // 75 of 1000
  EXPECT_TRUE(says(much["T040"].reason, "DRAM takes 800 uJ of 1000 dense")) << much["T040"].reason;
  EXPECT_TRUE(says(little["T040"].reason, "all of DRAM's energy: 37.50 and")) << little["T040"].reason;
  EXPECT_TRUE(much["T047"].ours.empty()); // no thresholds in these reports
  EXPECT_TRUE(says(much["T047"].reason, "still being found in the 1000 steps")) << much["T047"].reason;
  EXPECT_TRUE(says(much["T056"].reason, "needs another network")) << much["T056"].reason;
}

TEST(tensordash, real_tensors_are_judged_as_a_whole_and_beyond_noise) {
  told one_sparse_layer, jitter;
  one_sparse_layer.zeros = {99, 0, 0, 0, 0};
  jitter.executed.clear();
  for (int i = 0; i < 100; ++i) // 4 to 5, then 4.998: less than single stretches differ by
    jitter.executed.push_back(100 / ((i < 10 ? 4 : i < 90 ? 5 : 4.998) + (i % 2 ? 0.05 : -0.05)));
  const auto rows_of = [](const told& t) { return rows("tensordash", [&](const std::string&) { return t; }); };
  EXPECT_TRUE(rows_of(told{})["T025"].holds);
  auto sparse = rows_of(one_sparse_layer), noisy = rows_of(jitter);
  EXPECT_FALSE(sparse["T025"].holds);
  EXPECT_NEAR(sparse["T025"].ours.at(0), 19.8, 1e-9); // of equal products
  EXPECT_TRUE(noisy["T024"].ours.empty());
  EXPECT_TRUE(says(noisy["T024"].reason, "undecided")) << noisy["T024"].reason;
}

TEST(tensordash, what_skipping_costs_without_zeros_is_of_real_tensors) {
  std::string surface;
  auto all = rows(
      "tensordash",
      [](const std::string& name) {
        told t;
        t.engines = name == "tensordash_no_relu" || name == "tensordash_pruned" ? 1.25 : 1;
        return t;
      },
      &surface);
  EXPECT_EQ(all["T021"].method, how::real);
  EXPECT_NEAR(all["T021"].ours.at(0), 1.25, 1e-9);      // whatever was measured
  EXPECT_NEAR(all["T022"].ours.at(0), 100.0 / 9, 1e-9); // 20 over 18
  EXPECT_TRUE(says(all["T021"].reason, "20.00 % of which")) << all["T021"].reason;
  // Drawn zeros give less than this: no clustering is seen.
  EXPECT_TRUE(says(surface, "20.00,0.000,1.2500,1.2500,no_relu layer2/forward\n")) << surface;
  EXPECT_TRUE(says(surface, "20.00,0.000,1.2500,1.2500,LeNet pruned layer1/forward\n")) << surface;
}

} // namespace
} // namespace acf::platform
