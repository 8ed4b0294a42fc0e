// What TensorDash makes of the zeros of real trainings.
#include "platform/network/weighted_layers.hpp"
#include "platform/reproduce/trainings.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace acf::platform {
namespace {

// A line of tensordash_surface.csv.
std::string on_surface(const config& c, const trained_run::phase& skipped, const trained_run::phase& executed,
                       const std::string& of) {
  const double zeros = 1 - skipped.products / executed.products, faster = executed.compute / skipped.compute;
  const auto spread = tensordash_spread(c, zeros, faster);
  return fmt::format("{:.2f},{},{:.4f},{:.4f},{}\n", 100 * zeros, spread ? fmt::format("{:.3f}", *spread) : "", faster,
                     executed.products / skipped.products, of);
}

} // namespace

void trainings::tensordash() {
  attempt({"T023"}, [&] { pruned_weights(); });
  attempt({"T001", "T003", "T004", "T005", "T024", "T025"}, [&] { natural_zeros(); });
  attempt({"T021", "T022"}, [&] { no_zeros_at_all(); });
}

void trainings::pruned_weights() {
  const auto pruned = [&](const char* name, const char* skip) {
    return go(name, "tensordash", "magnitude", [&](config& own) {
      own.zbcc.skip = skip;
      own.train.pattern = "unstructured";
    });
  };
  const trained_run sparse = pruned("tensordash_pruned", "both"),
                    dense = pruned("tensordash_pruned_no_skipping", "none");
  double ours = 0, baseline = 0, fed = 0, baseline_fed = 0;
  for (const weighted_layer& l : layers)
    for (const char* phase : {"/forward", "/input_gradient", "/weight_gradient"}) {
      const auto a = sparse.of(l.name + phase), b = dense.of(l.name + phase);
      ours += a.compute, baseline += b.compute, fed += a.achieved, baseline_fed += b.achieved;
      if (a.products > 0) surface_points += on_surface(c, a, b, "LeNet pruned " + l.name + phase);
    }
  out["T023"] = {
      {baseline / ours},
      how::real,
      ours_instead,
      fmt::format("{:.0f} % of the weights pruned gradually, all products of the training, compute alone; with "
                  "feeding {:.2f}",
                  100 * c.train.sparsity, baseline_fed / fed)};
}

void trainings::natural_zeros() {
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
  for (const weighted_layer& l : layers) {
    for (const char* phase : {"/forward", "/input_gradient", "/weight_gradient"}) {
      const auto one = skipped.of(l.name + phase), all = executed.of(l.name + phase);
      if (one.products > 0) surface_points += on_surface(c, one, all, "LeNet " + l.name + phase);
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
  double products = 0, of_zeros = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const double all = executed.of(layers[i].name + "/weight_gradient").products;
    products += all, of_zeros += all * zeros[i];
  }
  out["T025"] = {{of_zeros / products},
                 how::real,
                 ours_instead,
                 fmt::format("gradients of all layers of a LeNet, each by its products: {}. The published are of four "
                             "other networks; it is judged that the whole network's share is in their range",
                             gradients),
                 "95+ / 83 / ~60 / 73-94",
                 of_zeros / products >= 60};

  std::vector<double> fold = skipped.curve("products_executed_percent"); // over the training
  for (double& x : fold) x = 100 / x;
  const course t = course_of(fold);
  const std::string told =
      fmt::format("products of the dense network over those executed: {:.3f} in the first tenth of "
                  "{} stretches, {:.3f} in the middle, {:.3f} in the last tenth of a short "
                  "training; rise {:.3f} +- {:.3f}, fall {:.3f} +- {:.3f}, two standard errors",
                  t.early, fold.size(), t.half, t.late, t.half - t.early, t.rise_noise, t.half - t.late, t.fall_noise);
  if (t.undecided())
    out["T024"].reason = "undecided, within noise: " + told;
  else
    out["T024"] = {{t.early, t.half, t.late}, how::real, ours_instead, told, "inverted U", t.rises() && t.falls()};
}

// An engine that skips zeros where there are none.
void trainings::no_zeros_at_all() {
  const std::string file = beside("no_relu.yaml");
  if (file.empty()) {
    out["T021"].reason = out["T022"].reason = "train.network: there is no no_relu.yaml beside it";
    return;
  }
  const auto train_with = [&](const char* name, const char* skip) {
    return go(name, "tensordash", "dense", [&](config& own) { own.train.network = file, own.zbcc.skip = skip; });
  };
  const trained_run skipped = train_with("tensordash_no_relu", "both"),
                    executed = train_with("tensordash_no_relu_no_skipping", "none");
  trained_run::phase with, without;
  double energy = 0, energy_without = 0;
  const auto all = weighted_layers(file);
  for (std::size_t i = 1; i < all.size(); ++i) // the first reads pixels, many of which are zero
    for (const char* phase : {"/forward", "/input_gradient", "/weight_gradient"}) {
      const std::string name = all[i].name + phase;
      with += skipped.of(name), without += executed.of(name);
      energy += skipped.energy(name).chip(), energy_without += executed.energy(name).chip();
      surface_points += on_surface(c, skipped.of(name), executed.of(name), "no_relu " + name);
    }
  const std::string zeros = fmt::format(
      "all products behind the first layer, {:.2f} % of which have a zero in the operand that is looked at, "
      "padding of the classes included",
      100 * (1 - with.products / without.products));
  const char* condition = "a perceptron without ReLU in place of a network of graph convolutions";
  out["T021"] = {{without.compute / with.compute}, how::real, condition, zeros};
  out["T022"] = {{100 * (energy_without / energy - 1)},
                 how::real,
                 condition,
                 fmt::format("{}; core and SRAM, energy table {}; schedulers are gated where a tensor has no zeros",
                             zeros, c.energy.table)};
}

} // namespace acf::platform
