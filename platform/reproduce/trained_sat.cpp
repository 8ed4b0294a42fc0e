// What SAT makes of a training with N:M weights in both directions. Layers that the published rule leaves dense stay
// dense here.
#include "platform/network/weighted_layers.hpp"
#include "platform/reproduce/trainings.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace acf::platform {
namespace {

constexpr std::uint32_t kept = 2, group = 8;
constexpr std::uint32_t steps = 2;           // of a training for cycles alone: N:M weights cost the same in every step
constexpr std::uint32_t residual_kib = 4096; // of SRAM, for what four images of ResNet-8 need

std::string numbers(const std::vector<std::uint32_t>& all) { return fmt::format("{}", fmt::join(all, ", ")); }

std::string rule(const std::vector<std::uint32_t>& dense, std::size_t layers) {
  return fmt::format("{}:{} but for the first layer and those whose channels are no multiple of {}: {} of {} layers "
                     "with weights stay dense",
                     kept, group, group, numbers(dense), layers);
}

// Nothing behind the first layer and before the last stays dense.
bool made_for_groups(const std::vector<weighted_layer>& layers) {
  for (const std::uint32_t l : stay_dense(layers, group))
    if (l != 1 && l != layers.size()) return false;
  return true;
}

std::string in_words(const spent_cycles& s) {
  const auto percent = [&](double cycles) { return fmt::format("{:.1f} %", 100 * cycles / s.all); };
  std::string text = fmt::format("of the dense training's cycles engines spend {} in products of pruned layers forward "
                                 "and for input gradients, {} in weight gradients, {} in products of dense layers",
                                 percent(s.pruned), percent(s.weight_gradients), percent(s.dense_layers));
  double waits = 0, few = 0;
  for (const auto& [cause, cycles] : s.waits) {
    waits += cycles;
    if (cycles < 0.0005 * s.all)
      few += cycles;
    else
      text += fmt::format(", {} waiting for {}", percent(cycles), cause);
  }
  return text + fmt::format(", {} for all else", percent(few + s.all - s.products() - waits));
}

} // namespace

void trainings::sat() {
  attempt({"T063"}, [&] { speed_of_bdwp(); });
  attempt({"T064"}, [&] { accuracy_of_bdwp(); });
}

void trainings::speed_of_bdwp() {
  const bool own_network = made_for_groups(layers);
  const std::string file = own_network ? c.train.network : beside("resnet8.yaml");
  if (file.empty()) {
    out["T063"].reason = fmt::format("train.network: channels are no multiple of {} in most of its layers, and there "
                                     "is no resnet8.yaml beside it",
                                     group);
    return;
  }
  const std::vector<weighted_layer> all = own_network ? layers : weighted_layers(file);
  const std::vector<std::uint32_t> dense_layers = stay_dense(all, group);
  const std::uint32_t sram_kib = own_network ? c.same.sram_kib : std::max(c.same.sram_kib, residual_kib);
  const auto few_steps = [&](config& own) {
    own.train.pattern = fmt::format("{}:{}", kept, group);
    own.train.epochs = 1, own.train.max_steps = steps;
    if (own_network) return;
    own.train.network = file;
    own.data.path.clear();
    own.data.generated_train = steps * own.train.batch, own.data.generated_test = own.train.batch;
    own.same.sram_kib = sram_kib;
  };
  const trained_run dense = go("sat_cycles_dense", "sat", "dense",
                               [&](config&own) { few_steps(own), own.zbcc.skip = "none"; }),
                    bdwp = go("sat_cycles_bdwp", "sat", "bdwp",
                              [&](config&own) { few_steps(own), own.train.dense_layers = dense_layers; });
  const spent_cycles before = cycles_spent(dense, all, dense_layers), after = cycles_spent(bdwp, all, dense_layers);
  const double faster = before.all / after.all, engines = before.pruned / after.pruned, ideal = double{group} / kept,
               predicted = before.amdahl(engines);
  out["T063"] = {
      {faster},
      how::real,
      own_network ? ours_instead : "a ResNet-8 and generated images in place of the five published networks",
      fmt::format(
          "{} steps of {} samples, {} KiB of SRAM a tile, {}; cycles of engines in products alone {:.2f}, in those "
          "that are pruned {:.2f}; {}; "
          "vector units, updates included, are busy {:.1f} %, DMA {:.1f} %. Amdahl's law gives {:.2f} for pruned "
          "products {:.2f} times as fast, {:.2f} for the {:.2f} of our engines, which is {:+.1f} % off what is "
          "measured",
          steps, c.train.batch, sram_kib, rule(dense_layers, all.size()), before.products() / after.products(), engines,
          in_words(before), dense.busy_percent(".VECTOR"), dense.busy_percent(".DMA0"), before.amdahl(ideal), ideal,
          predicted, engines, 100 * (predicted / faster - 1))};
}

void trainings::accuracy_of_bdwp() {
  const std::vector<std::uint32_t> dense_layers = stay_dense(layers, group);
  const auto patterned = [](config& own) { own.train.pattern = fmt::format("{}:{}", kept, group); };
  const trained_run dense =
                        go("sat_dense", "sat", "dense", [&](config&own) { patterned(own), own.zbcc.skip = "none"; }),
                    bdwp = go("sat_bdwp", "sat", "bdwp",
                              [&](config&own) { patterned(own), own.train.dense_layers = dense_layers; });
  const double lost = dense.accuracy() - bdwp.accuracy(), noise = noise_of(dense.accuracy(), bdwp.accuracy());
  const std::string told =
      fmt::format("{}; dense {:.2f}, BDWP {:.2f} %: one seed, +- {:.2f} points by {:.0f} test samples; whole training "
                  "{:.2f} times faster",
                  rule(dense_layers, layers.size()), dense.accuracy(), bdwp.accuracy(), noise, samples_tested(),
                  dense.achieved() / bdwp.achieved());
  if (std::abs(lost) < noise)
    out["T064"].reason = fmt::format("a loss of {:.2f} points is within noise: {}", lost, told);
  else
    out["T064"] = {{lost}, how::real, ours_instead, told};
}

} // namespace acf::platform
