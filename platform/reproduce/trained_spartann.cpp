// What SparTANN gains on gradients with zeros, natural ones and such as dynamic thresholds make.
#include "platform/reproduce/trainings.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace acf::platform {
namespace {

struct delay {
  double percent = 0; // of all steps
  int levels = 0;     // over which it is the mean
};

// How much later one loss curve reaches what the other has reached. Both are smoothed over eight stretches; the levels
// are those of the second half of the way down, where the first steep steps are over.
delay steps_behind(const std::vector<double>& curve, const std::vector<double>& before) {
  constexpr std::size_t window = 8;
  const auto smooth = [](const std::vector<double>& x) {
    std::vector<double> out;
    for (std::size_t i = window; i <= x.size(); ++i) {
      double sum = 0;
      for (std::size_t j = i - window; j < i; ++j) sum += x[j];
      out.push_back(sum / window);
    }
    return out;
  };
  const auto a = smooth(curve), b = smooth(before);
  if (a.size() != b.size() || a.empty()) return {};
  const auto first_below = [](const std::vector<double>& x, double level) {
    return static_cast<double>(std::find_if(x.begin(), x.end(), [&](double v) { return v <= level; }) - x.begin());
  };
  const double top = b.front(), bottom = std::max(a.back(), b.back());
  delay d;
  for (double part = 0.5; part < 0.951; part += 0.05, ++d.levels) {
    const double level = top - part * (top - bottom);
    d.percent += 100 * (first_below(a, level) - first_below(b, level)) / static_cast<double>(curve.size());
  }
  d.percent /= d.levels;
  return d;
}

} // namespace

void trainings::spartann() {
  attempt({"T035", "T036", "T037", "T038", "T039", "T040", "T047", "T048", "T049", "T050", "T051", "T052", "T053",
           "T054", "T055"},
          [&] { gradients_with_zeros(); });
}

void trainings::gradients_with_zeros() {
  const auto skipping = [](const char* skip) { return [skip](config& own) { own.zbcc.skip = skip; }; };
  const auto thinned = [&](const char* recipe, double share) {
    return go(fmt::format("spartann_{}_{:.0f}", recipe, 100 * share), "spartann", recipe,
              [&](config& own) { own.train.gradient_sparsity = share; });
  };
  every_product = go("spartann_no_skipping", "spartann", "dense", skipping("none"));
  const trained_run zeros = go("spartann_zero_skipping", "spartann", "dense", skipping("both")),
                    dts = thinned("dts", 0.5), more = thinned("dts", 0.7), random = thinned("random", 0.5),
                    topk = thinned("topk", 0.5), gaussian = thinned("gaussian", 0.5), held = thinned("static", 0.5);

  const auto compute = [&](const trained_run& r) {
    return backward([&](const std::string& p) { return r.of(p).compute; });
  };
  const auto achieved = [&](const trained_run& r) {
    return backward([&](const std::string& p) { return r.of(p).achieved; });
  };
  const auto chip = [&](const trained_run& r) {
    return backward([&](const std::string& p) { return r.energy(p).chip(); });
  };
  const auto densities = [&](const trained_run& r) {
    std::string text;
    for (const weighted_layer& l : layers)
      text += fmt::format("{}{} {:.3f}", text.empty() ? "" : ", ", l.name, density(l, r));
    return text;
  };
  const double skip = compute(every_product) / compute(zeros), drop = compute(every_product) / compute(dts);
  const auto speed = [&](double x, const trained_run& r) {
    return measured{{x},
                    how::real,
                    ours_instead,
                    fmt::format("convolutions backwards, compute alone; with feeding {:.2f}. Density of gradients: {}",
                                achieved(every_product) / achieved(r), densities(r))};
  };
  out["T035"] = speed(skip, zeros);
  out["T036"] = speed(drop, dts);
  for (const char* id : {"T037", "T038"})
    out[id] = {{100 * (drop / skip - 1)}, how::real, ours_instead, "T036 over T035"};
  const auto saved = [&](auto energy, const trained_run& r) { return 100 * (1 - energy(r) / energy(every_product)); };
  out["T039"] = {{saved(chip, zeros), saved(chip, dts)},
                 how::real,
                 ours_instead,
                 "convolutions backwards, core, SRAM and mesh, energy table " + c.energy.table};
  // What convolutions read and write stays in SRAM here. DRAM holds images and weights, whose traffic is no phase's.
  const auto whole = [](const trained_run& r) { return r.energy().all(); };
  const auto on_chip = [](const trained_run& r) { return r.energy().chip(); };
  const auto dram = [](const trained_run& r) { return r.energy().dram; };
  const auto convolutions = [&](const trained_run& r) { return chip(r) + dram(r); };
  out["T040"] = {
      {saved(whole, zeros), saved(whole, dts)},
      how::real,
      ours_instead,
      fmt::format("whole trainings, forward products and all layers included, as DRAM traffic cannot be told "
                  "apart by phase: DRAM takes {:.0f} uJ of {:.0f} dense, {:.0f} of {:.0f} with zero "
                  "skipping, {:.0f} of {:.0f} with DTS; without DRAM {:.2f} and {:.2f} %. Convolutions backwards with "
                  "all of DRAM's energy: {:.2f} and {:.2f} %. Images and weights "
                  "alone pass DRAM, activations and gradients stay in SRAM: zeros of gradients save none",
                  dram(every_product), whole(every_product), dram(zeros), whole(zeros), dram(dts), whole(dts),
                  saved(on_chip, zeros), saved(on_chip, dts), saved(convolutions, zeros), saved(convolutions, dts))};

  const char* share = "gradient_zeros_percent";
  const char* distance = "gradient_tracking_error_points";
  const auto off = [&](const trained_run& r) { return std::abs(r.figure(share) - 50); };
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
  else
    out["T047"].reason = fmt::format("thresholds are still being found in the {:.0f} steps of this training: wants a "
                                     "longer one",
                                     dts.figure("training_steps"));
  const auto lag = steps_behind(dts.curve("training_loss"), zeros.curve("training_loss"));
  out["T055"] = {{lag.percent},
                 how::real,
                 ours_instead,
                 fmt::format("percent of the steps by which the loss of DTS-0.5 reaches the levels of dense training "
                             "later, mean over {} levels; negative: earlier",
                             lag.levels),
                 "40k of 2.4M (1.67%)",
                 lag.percent <= 1.67};
  double last_convolution = 0;
  std::vector<double> all;
  for (const weighted_layer& l : layers) {
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

} // namespace acf::platform
