// What TensorDash makes of the zeros of real trainings.
#include "platform/reproduce/trainings.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace acf::platform {

void trainings::tensordash() {
  const auto pruned = [&](const char* name, const char* skip) {
    return go(name, "tensordash", "magnitude", [&](config& own) {
      own.zbcc.skip = skip;
      own.train.pattern = "unstructured";
    });
  };
  const trained_run sparse = pruned("tensordash_pruned", "both"),
                    dense = pruned("tensordash_pruned_no_skipping", "none");
  double ours = 0, baseline = 0, fed = 0, baseline_fed = 0;
  for (const trained_layer& l : layers)
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

  // Natural zeros of a dense training: which they are, what they could save, and what they do.
  const trained_run skipped = go("tensordash_dense", "tensordash", "dense", [](config&own) { own.zbcc.skip = "both"; }),
                    executed =
                        go("tensordash_no_skipping", "tensordash", "dense", [](config&own) { own.zbcc.skip = "none"; });
  trained_run::phase with, without;
  trained_run::microjoules energy, energy_without;
  const auto add = [](trained_run::microjoules& to, const trained_run::microjoules& e) {
    to.core += e.core, to.sram += e.sram, to.mesh += e.mesh, to.dram += e.dram;
  };
  std::string gradients;
  std::vector<double> zeros;
  for (const trained_layer& l : layers) {
    for (const char* phase : {"/forward", "/input_gradient", "/weight_gradient"}) {
      const auto one = skipped.of(l.name + phase), all = executed.of(l.name + phase);
      if (one.products > 0)
        surface_points += fmt::format("{:.2f},,{:.4f},{:.4f},LeNet {}{}\n", 100 * (1 - one.products / all.products),
                                      all.compute / one.compute, all.products / one.products, l.name, phase);
      with += skipped.of(l.name + phase), without += executed.of(l.name + phase);
      add(energy, skipped.energy(l.name + phase)), add(energy_without, executed.energy(l.name + phase));
    }
    zeros.push_back(skipped.gradient_zeros_percent(l.name));
    gradients += fmt::format("{}{} {:.0f} %", gradients.empty() ? "" : ", ", l.name, zeros.back());
  }
  out["T005"] = {{without.products / with.products}, how::real, ours_instead, "a LeNet, zeros as they come"};
  const auto beside = [&](const char* id, const std::string& text) {
    if (auto at = out.find(id); at != out.end()) at->second.reason += (at->second.reason.empty() ? "" : "; ") + text;
  };
  beside("T001", fmt::format("on the tensors of a LeNet trained here {:.2f} in the engines alone, {:.2f} end to end",
                             without.compute / with.compute,
                             executed.figure("fabric_cycles") / skipped.figure("fabric_cycles")));
  beside("T003",
         fmt::format("on a LeNet {:.2f} of all layers' products, {:.2f} of the whole training",
                     energy_without.all() / energy.all(), executed.figure("energy_uj") / skipped.figure("energy_uj")));
  beside("T004", fmt::format("on a LeNet {:.2f}", energy_without.core / energy.core));
  out["T025"] = {zeros,
                 how::real,
                 ours_instead,
                 "gradients by layer of a LeNet: " + gradients,
                 "95+ / 83 / ~60 / 73-94",
                 *std::max_element(zeros.begin(), zeros.end()) >= 60};

  const auto left = skipped.curve("products_executed_percent"); // over the training
  const auto mean = [&](std::size_t first, std::size_t end) {
    double sum = 0;
    for (std::size_t i = first; i < end; ++i) sum += 100 / left[i];
    return sum / static_cast<double>(end - first);
  };
  const std::size_t tenth = std::max<std::size_t>(1, left.size() / 10), middle = left.size() / 2;
  const double early = mean(0, tenth), half = mean(middle - tenth / 2, middle + (tenth + 1) / 2),
               late = mean(left.size() - tenth, left.size());
  out["T024"] = {
      {early, half, late},
      how::real,
      ours_instead,
      "products of the dense network over those executed: first tenth, middle, last tenth of a short training",
      "inverted U",
      half > early && half > late};
}

} // namespace acf::platform
