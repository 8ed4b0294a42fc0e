// ACF's ablations and projections. Ablations want trainings long enough to hold several changes of the masks: they are
// made with a perceptron, whose steps are short.
#include "platform/energy/table.hpp"
#include "platform/reproduce/trainings.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace acf::platform {
namespace {

constexpr const char* perceptron = "a perceptron of 784-128-10 on our data in place of the published networks";
constexpr std::uint32_t samples = 6400, epochs = 10, period = 20; // 1000 steps, masks move in the first 750

void ablation(config& own, const char* pattern, double sparsity, std::uint32_t regrow_period) {
  own.train.network.clear();
  own.train.hidden = {128};
  own.data.generated_train = samples;
  own.train.epochs = epochs;
  own.train.lr = 0.05;
  own.train.pattern = pattern, own.train.sparsity = sparsity, own.train.regrow_period = regrow_period;
}

// Of an A100 80 GB, as NVIDIA publishes them: ResNet-50 v1.5 with mixed precision, board power, die, HBM2e.
constexpr double gpu_images_per_s = 2470, gpu_watt = 400, gpu_mm2 = 826, gpu_bytes_per_s = 2.039e12;
constexpr double resnet50_products = 3 * 4.09e9;  // of an image: forward, and backward twice
constexpr double resnet50_bytes = 6 * 2 * 11.1e6; // 16-bit outputs of its convolutions, read or written six times

} // namespace

void trainings::acf() {
  attempt({"T078"}, [&] { regrowth_periods(); });
  attempt({"T079"}, [&] { patterns(); });
  attempt({"T071", "T072"}, [&] { projections(); });
  attempt({"T073"}, [&] { accuracy_of_blocks(); });
}

void trainings::regrowth_periods() {
  constexpr std::array<std::uint32_t, 3> periods{period, 5 * period, 10 * period};
  std::vector<trained_run> runs;
  for (const std::uint32_t p : periods)
    runs.push_back(go(fmt::format("acf_regrowth_{}", p), "zbcc", "rigl",
                      [&](config& own) { ablation(own, "block4x4", c.train.sparsity, p); }));
  std::vector<double> accuracies;
  std::string told;
  bool cheaper = true;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const double cycles = runs[i].achieved();
    accuracies.push_back(runs[i].accuracy());
    cheaper = cheaper && (i == 0 || cycles < runs[i - 1].achieved());
    told +=
        fmt::format("{}{} steps: {:.0f} changes of the mask in {:.0f} steps, which take {:.2f} % of {:.0f} cycles, "
                    "{:.2f} % accuracy",
                    i == 0 ? "" : "; ", periods[i], runs[i].figure("mask_changes"), runs[i].figure("training_steps"),
                    100 * runs[i].achieved_of("/regrow") / cycles, cycles, accuracies.back());
  }
  const trained_run& longest = runs.back();
  if (!(longest.figure("mask_changes") >= 2)) {
    out["T078"].reason = fmt::format("wants a run in which the mask changes twice or more with the longest period; "
                                     "masks move in the first three quarters of the steps. {}",
                                     told);
    return;
  }
  // One seed: what accuracies differ by as samples of the test set do is no difference.
  const double best = *std::ranges::max_element(accuracies), lost = best - accuracies.back(),
               noise = noise_of(best, accuracies.back());
  out["T078"] = {
      accuracies,
      how::real,
      fmt::format("periods of {} steps in a run of {:.0f}; {}; scenarios/ablation-regrowth.yaml has the "
                  "published periods",
                  fmt::join(periods, ", "), longest.figure("training_steps"), perceptron),
      fmt::format("test accuracy by period: {}. The longest period is {:.1f} % faster than the shortest and "
                  "loses {:.2f} points to the best, where {:.2f} are noise of {:.0f} test samples, one seed. "
                  "Nothing but the periods is published: it is judged that longer ones cost less and lose "
                  "nothing beyond noise",
                  told, 100 * (runs.front().achieved() / longest.achieved() - 1), lost, noise, samples_tested()),
      "1k / 5k / 10k",
      cheaper && lost <= noise};
}

void trainings::patterns() {
  std::string table;
  bool faster = true;
  std::vector<double> ours;
  for (const double sparsity : {0.5, 0.9, 0.98}) {
    const auto train_with = [&](const char* pattern) {
      return go(fmt::format("acf_{}_{:.0f}", pattern, 100 * sparsity), "zbcc", "rigl",
                [&](config& own) { ablation(own, pattern, sparsity, period); });
    };
    const trained_run blocks = train_with("block4x4"), single = train_with("unstructured");
    table += fmt::format("{}{:.0f} %: {:.2f} and {:.2f} % accuracy, {:.0f} and {:.0f} cycles, {:.0f} and {:.0f} uJ",
                         table.empty() ? "" : "; ", 100 * sparsity, blocks.accuracy(), single.accuracy(),
                         blocks.figure("fabric_cycles"), single.figure("fabric_cycles"), blocks.figure("energy_uj"),
                         single.figure("energy_uj"));
    faster = faster && blocks.figure("fabric_cycles") <= single.figure("fabric_cycles");
    if (sparsity == 0.9) ours = {blocks.accuracy(), single.accuracy()};
  }
  out["T079"] = {ours,
                 how::real,
                 fmt::format("{}; scenarios/ablation-sparsity.yaml has more sparsities and longer runs", perceptron),
                 "blocks and single weights; " + table,
                 "4x4 block vs unstructured",
                 faster};
}

// What a chip of the GPU's area and DRAM would do if its engines went on as ours go: same utilisation, same zeros.
// Nothing of it has been simulated at that size, and the GPU's figures are end to end of a real network.
void trainings::projections() {
  const char* table = "7nm_measured";
  const trained_run conv = go("acf_lenet_90", "zbcc", "rigl", [&](config& own) {
    own.energy.table = table;
    own.train.pattern = "block4x4", own.train.sparsity = 0.9;
  });
  const double chips = gpu_mm2 / conv.area_mm2();
  const double alone = conv.figure("macs_total") / conv.figure("fabric_cycles") * c.fabric.freq_mhz * 1e6 /
                       resnet50_products, // images/s of this chip
      computed = chips * alone, moved = gpu_bytes_per_s / resnet50_bytes;
  const std::string condition =
      fmt::format("a projection: products of the dense network per cycle as in a LeNet with 90 % of its weights zero "
                  "in 4x4 blocks, "
                  "end to end; ResNet-50 has {:.1f} G products an image, and {:.0f} MB of activations pass DRAM",
                  resnet50_products / 1e9, resnet50_bytes / 1e6);
  const char* bound = moved < computed ? "bound by DRAM: the GPU's bandwidth over the network's bytes and the GPU's "
                                         "images/s, three constants; nothing measured here is in the figure"
                                       : "bound by the engines, as measured here";
  out["T071"] = {
      {std::min(computed, moved) / gpu_images_per_s},
      how::derived,
      condition +
          fmt::format("; on {:.0f} mm2 at 7 nm with {:.0f} GB/s, as an A100 has", gpu_mm2, gpu_bytes_per_s / 1e9),
      fmt::format("{}; engines could {:.0f} images/s, {:.2f} times the GPU's, DRAM {:.0f}; this chip alone {:.0f} on "
                  "{:.1f} mm2",
                  bound, computed, computed / gpu_images_per_s, moved, alone, conv.area_mm2())};
  const energy_table prices = read_energy_table(energy_table_file(table));
  const double millijoule = (conv.energy_per_product() * resnet50_products +
                             resnet50_bytes * prices.dram_byte_pj.at("hbm2") * 1e-6) /
                            1000,
               gpu_millijoule = 1000 * gpu_watt / gpu_images_per_s;
  out["T072"] = {{gpu_millijoule / millijoule},
                 how::derived,
                 condition +
                     fmt::format("; table {}, without host, leakage and clocks, against a board's power", table),
                 fmt::format("{:.1f} mJ an image against {:.0f} mJ", millijoule, gpu_millijoule)};
}

void trainings::accuracy_of_blocks() {
  const auto at = [&](const char* recipe, const char* name, double sparsity) {
    return go(name, "zbcc", recipe, [&](config& own) { ablation(own, "block4x4", sparsity, period); });
  };
  const trained_run dense = at("dense", "acf_dense", 0), sparse = at("rigl", "acf_block4x4_95", 0.95);
  out["T073"] = {{dense.accuracy() - sparse.accuracy()},
                 how::real,
                 std::string(perceptron) + ": top-1 at 95 % in 4x4 blocks, as BERT has no top-5",
                 fmt::format("dense {:.2f}, blocks {:.2f} %: one seed", dense.accuracy(), sparse.accuracy())};
}

} // namespace acf::platform
