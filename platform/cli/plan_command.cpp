#include "platform/cli/commands.hpp"
#include "platform/config/input_error.hpp"
#include "platform/network/network_file.hpp"
#include "platform/soc/plan_and_run.hpp"
#include "platform/soc/training.hpp"

#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>

namespace acf::platform {
namespace {

using nlohmann::ordered_json;

struct plan_options {
  chosen_configuration chosen; // its scenario may be a network
  std::string format = "text";
  bool explain = false;

  config read() const {
    auto all = chosen;
    if (!all.scenario.empty() && is_network(all.scenario)) {
      all.sets.push_back("train.network=" + all.scenario);
      all.scenario.clear();
    }
    return all.read();
  }
};

ordered_json json_of(const planned_phase& p, bool explain) {
  ordered_json out{{"layer", p.layer},
                   {"phase", p.phase},
                   {"tiles", p.tiles},
                   {"bytes", p.dram_bytes + p.mesh_bytes},
                   {"cycles_expected", p.cycles_expected()},
                   {"bottleneck", resource_names[static_cast<std::size_t>(p.bottleneck())]}};
  if (explain) {
    out["dram_bytes"] = p.dram_bytes;
    out["mesh_bytes"] = p.mesh_bytes;
    for (std::size_t r = 0; r < resource_names.size(); ++r) out["cycles"][resource_names[r]] = p.cycles[r];
  }
  return out;
}

void print_table(const std::vector<planned_phase>& phases, bool explain) {
  std::cout << fmt::format("{:<24}{:>6}{:>12}{:>12}  {}", "phase of a step", "tiles", "bytes", "cycles", "bottleneck");
  if (explain)
    for (const auto name : resource_names) std::cout << fmt::format("{:>10}", name);
  std::cout << '\n';
  for (const planned_phase& p : phases) {
    const auto bound = resource_names[static_cast<std::size_t>(p.bottleneck())];
    std::cout << fmt::format("{:<24}{:>6}{:>12}{:>12}  ", p.name(), p.tiles, p.dram_bytes + p.mesh_bytes,
                             p.cycles_expected());
    if (explain) {
      std::cout << fmt::format("{:<10}", bound);
      for (const auto n : p.cycles) std::cout << fmt::format("{:>10}", n);
    } else
      std::cout << bound;
    std::cout << '\n';
  }
}

int plan(const plan_options& o) {
  const config c = o.read();
  const auto image = make_training_image(c, data_for::planning);
  const auto phases = plan_training(c, image);
  if (o.format == "json") {
    ordered_json out = ordered_json::array();
    for (const auto& p : phases) out.push_back(json_of(p, o.explain));
    std::cout << out.dump(1) << '\n';
    return 0;
  }
  print_table(phases, o.explain);
  if (!o.explain) return 0;
  std::cout << fmt::format("\nSRAM of a tile:\n{}", image.description);
  std::cout << fmt::format(
      "assumed: {:.1f} % of the pixels, and half of what passes a ReLU or back through one, are not zero\n",
      100 * image.nonzero_pixels);
  return 0;
}

} // namespace

command add_plan(CLI::App& app) {
  const auto o = std::make_shared<plan_options>();
  o->chosen.add_to(app);
  app.add_option("--format", o->format, "form of the plan")->check(one_of({"text", "json"}));
  app.add_flag("--explain", o->explain, "every resource of every phase, what SRAM holds, and what is assumed");
  return [o] { return o->chosen.named([&o] { return plan(*o); }); };
}

} // namespace acf::platform
