#include "platform/config/engine_settings.hpp"
#include "platform/energy/table.hpp"
#include "platform/reproduce/measured.hpp"

#include <algorithm>
#include <array>

namespace acf::platform {
namespace {

// Backward convolutions as products: `shared` input channels, gradient of `filters` channels at `places`, taps.
struct convolution {
  std::size_t channels, filters, places, taps;
};

// A sample of SqueezeNet 1.1's layers with an input gradient.
constexpr std::array squeezenet{
    convolution{64, 16, 3025, 1}, convolution{16, 64, 3025, 1}, convolution{16, 64, 3025, 9},
    convolution{128, 32, 729, 1}, convolution{32, 128, 729, 9}, convolution{256, 48, 169, 1},
    convolution{48, 192, 169, 9}, convolution{64, 256, 169, 9}, convolution{512, 1000, 169, 1}};

// Input and weight gradient together, against the same array without skipping.
double backward_speedup(const zbcc::engine& machine, double density, std::uint64_t stream) {
  double dense = 0, sparse = 0;
  for (const convolution& layer : squeezenet) {
    const zbcc::bit_matrix gradient = random_zeros(layer.places, layer.filters, 1 - density, ++stream);
    for (const zbcc::phase phase : {zbcc::phase::input_gradient, zbcc::phase::weight_gradient}) {
      const bool inputs = phase == zbcc::phase::input_gradient;
      zbcc::chunk work;
      work.what = phase, work.skip = {false, true};
      work.b = inputs ? gradient : transposed(gradient);
      work.m = layer.channels, work.n = work.b.rows, work.k = work.b.cols;
      work.a = zbcc::bit_matrix(work.m, work.k);
      sparse += static_cast<double>(machine.cost(work).busy * layer.taps);
      work.skip = {};
      dense += static_cast<double>(machine.cost(work).busy * layer.taps);
    }
  }
  return dense / sparse;
}

} // namespace

void measure_spartann(const config& c, measurements& out) {
  const number_table paper(c.reproduce.spartann);
  const energy_table node = read_energy_table(energy_table_file(c.energy.table));
  // zbcc.lanes are bf16 lanes; fp32 has half of them at the same width of the buffers.
  zbcc::engine_config narrow = engine_settings(c, "spartann"), wide = narrow;
  narrow.rows = wide.rows = narrow.columns = wide.columns = 0;
  narrow.lanes = std::max(1u, wide.lanes / 2);
  const auto machine = zbcc::make_engine(narrow);

  const double low = backward_speedup(*machine, 0.238, 1000), high = backward_speedup(*machine, 0.1126, 1100);
  out["T035"] = {{low, high},
                 how::random,
                 "gradient densities 0.238 and 0.1126, which the published figures imply",
                 "cycles are proportional to density; the densities need trained networks: left to the recipes"};
  out["T057"] = {{backward_speedup(*machine, 0.30, 1200)},
                 how::random,
                 "random zeros of the printed share, against the same array",
                 "SqueezeNet 1.1 layers at 70 % zeros"};

  leave_to_recipes({"T036", "T037", "T038", "T039", "T040", "T047", "T048", "T049", "T050", "T051", "T052", "T053",
                    "T054", "T055", "T056"},
                   out);

  const double lanes = narrow.lanes, freq = paper["freq_mhz"];
  const double access = paper["energy_nj_per_cycle.dense_access"] * lanes / 32,
               other = paper["energy_nj_per_cycle.other"];
  const auto per_cycle = [&](const std::string& type, double width, int accesses) {
    return node.mac_pj.at(type) * width * 1e-3 + accesses * access + other;
  };
  const double inputs = per_cycle("fp32", lanes, 1), weights = per_cycle("fp32", lanes, 2),
               chip = (inputs + weights) / 2;
  const auto watts = [&](double nj) { return nj * freq * 1e-3; };
  const char* calibration =
      "calibration: energy of a buffer access was fitted to these powers; products from the energy table";
  out["T041"] = {{watts(inputs), watts(weights), watts(chip)}, how::table, "", calibration};
  const auto with_dram = [&](double gb) { return watts(chip) + gb * paper["dram_pj_per_byte"] * 1e-3; };
  const double alexnet = paper["dram_gb_per_second.alexnet"], googlenet = paper["dram_gb_per_second.googlenet"];
  const char* traffic = "calibration: the bandwidth is the paper's; power is ours";
  out["T042"] = {{alexnet, with_dram(alexnet)}, how::table, "", traffic};
  out["T043"] = {{googlenet, with_dram(googlenet)}, how::table, "", traffic};
  const auto area = paper.section("area_mm2");
  out["T044"] = {
      {area.at("total"), area.at("mac"), area.at("buffers")}, how::table, "", "calibration: the paper's table"};
  out["T045"] = {{100 * 2 * access / weights}, how::table, "", "large buffers alone; calibration"};
  const auto kib = paper.section("buffers_kib");
  double all_kib = 0;
  for (const auto& [name, size] : kib) all_kib += size;
  out["T046"] = {
      {100 * (area.at("buffers") * kib.at("index") / all_kib + paper["sparsifier_um2"] * 1e-6) / area.at("total")},
      how::table,
      "",
      "calibration: index buffer by its share of the buffers, sparsifier estimated; control logic is not known"};

  const double best = paper["best_speedup"];
  const double gops = 2 * lanes * freq * 1e-3 * best, power = (with_dram(alexnet) + with_dram(googlenet)) / 2;
  const char* skipped = "its best speed-up, which needs its trained network";
  out["T058"] = {{gops, power, gops / power, area.at("total")},
                 how::table,
                 skipped,
                 "calibration: counts skipped operations; power is the mean of its two networks"};
  // bf16 halves values, not indices: 3 of 5 bytes of the sparse stream.
  const double wide_gops = 2.0 * wide.lanes * freq * 1e-3 * best;
  const double wide_chip = (per_cycle("bf16", wide.lanes, 1) + per_cycle("bf16", wide.lanes, 2)) / 2;
  const double wide_power = watts(wide_chip) + (alexnet + googlenet) / 2 * 0.6 * paper["dram_pj_per_byte"] * 1e-3;
  out["T059"] = {{wide_gops, wide_power, wide_gops / wide_power, area.at("total_bf16")},
                 how::table,
                 skipped,
                 "calibration: counts skipped operations; DRAM traffic scaled by 3/5"};
  out["T060"] = {{}, how::derived, "", "needs the other designs' chips and data"};
  out["T061"] = {{},
                 how::derived,
                 "",
                 "the other side of the comparison needs a design that is not described; ours alone "
                 "is T058's GOPS over its area"};
  out["T062"] = {{}, how::derived, "", "needs that work's networks and data"};
}

} // namespace acf::platform
