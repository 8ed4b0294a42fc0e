#include "models/zbcc/tensordash_schedule.hpp"
#include "platform/config/engine_settings.hpp"
#include "platform/energy/table.hpp"
#include "platform/reproduce/measured.hpp"
#include "sw_stack/hal/numeric.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace acf::platform {
namespace {

using zbcc::engine_config;

constexpr const char* averages =
    "random zeros with the work reductions that the paper prints for six of its models, instead of their tensors";
constexpr std::array reductions{2.0, 5.6, 2.2, 2.4, 1.75, 1.7};

engine_config tile_of(const config& c) {
  engine_config e = engine_settings(c, "tensordash");
  if (e.rows == 0) e.rows = 4;
  if (e.columns == 0) e.columns = 4;
  return e;
}

// A tile of other sizes whose elements keep, or change, their lanes.
engine_config sized(engine_config e, std::uint32_t rows, std::uint32_t columns, std::uint32_t lanes,
                    std::uint32_t depth) {
  e.rows = rows, e.columns = columns, e.lanes = rows * columns * lanes, e.depth = depth;
  e.tensordash.movements.clear();
  return e;
}

struct shape {
  std::size_t shared, streams, k;
};

double speedup(const engine_config& e, shape s, double zeros, std::uint64_t stream, double spread = 0) {
  zbcc::chunk work;
  work.m = s.shared, work.n = s.streams, work.k = s.k;
  work.a = zbcc::bit_matrix(s.shared, s.k), work.b = random_zeros(s.streams, s.k, zeros, stream, spread);
  work.skip = {false, true};
  const auto machine = zbcc::make_engine(e);
  const double sparse = static_cast<double>(machine->cost(work).busy);
  work.skip = {};
  return static_cast<double>(machine->cost(work).busy) / sparse;
}

// Long streams: a reduction of thousands of steps, as the flush at its end then hardly counts.
shape long_stream(const engine_config& e) {
  return {e.columns, 16 * e.rows, 4000 * std::size_t{e.lanes / (e.rows * e.columns)}};
}

double average(const engine_config& e) {
  double sum = 0;
  for (std::size_t i = 0; i < reductions.size(); ++i) sum += speedup(e, long_stream(e), 1 - 1 / reductions[i], 100 + i);
  return sum / static_cast<double>(reductions.size());
}

// Forward, input gradient, weight gradient of SqueezeNet's third convolution (fire2/expand3x3: 16 channels, 64 filters
// of 3 x 3, 55 x 55 places), each reduction one stream; equal products, so times add up.
double third_convolution(const engine_config& e, double zeros) {
  const shape ops[] = {{64, 3025, 144}, {16, 3025, 576}, {144, 64, 3025}};
  double time = 0;
  for (std::size_t i = 0; i < std::size(ops); ++i) time += 1 / speedup(e, ops[i], zeros, 200 + i);
  return static_cast<double>(std::size(ops)) / time;
}

// Tens of movement patterns of the 16-lane, 3-deep element: its own three steps, and five drawn places of the later
// two.
std::vector<double> pattern_speedups(engine_config e) {
  const hal::numeric::random_stream random{1, 300};
  std::vector<double> out;
  std::uint64_t draw = 0;
  for (int pattern = 0; pattern < 30; ++pattern) {
    std::vector<zbcc::movement> moves{{0, 0}, {1, 0}, {2, 0}};
    while (moves.size() < 8) {
      const zbcc::movement m{1 + random.below(draw, 2), static_cast<std::int32_t>(random.below(draw + 1, 9)) - 4};
      draw += 2;
      const bool known = std::any_of(moves.begin(), moves.end(),
                                     [&](const zbcc::movement& x) { return x.step == m.step && x.lane == m.lane; });
      if (!known) moves.push_back(m);
    }
    e.tensordash.movements = moves;
    out.push_back(speedup(e, {4, 16, 16000}, 0.6, 301));
  }
  return out;
}

} // namespace

void measure_tensordash(const config& c, measurements& out) {
  const engine_config tile = tile_of(c);
  const number_table paper(c.reproduce.tensordash);
  const std::uint32_t lanes = tile.lanes / (tile.rows * tile.columns), depth = tile.depth ? tile.depth : 4;

  double least = 1e9;
  std::uint64_t stream = 400;
  for (const double zeros : {0.0, 0.01, 0.1, 0.5, 0.9, 1.0})
    for (const double spread : {0.0, 0.3})
      for (const shape s : {shape{1, 1, 1}, shape{5, 7, 33}, shape{16, 64, 577}, shape{64, 64, 4000}})
        least = std::min(least, speedup(tile, s, zeros, ++stream, spread));
  out["T002"] = {{least}, how::random, "", "smallest of 48 products of random and clustered zeros, tiny ones included"};

  const char* third = "random zeros, as in the paper; which layer 'the third convolution' is (fire2/expand3x3 here)";
  out["T007"] = {{third_convolution(tile, 0.2)}, how::random, "", third};
  out["T008"] = {{third_convolution(tile, 0.9)}, how::random, "", third};
  out["T009"] = {{third_convolution(tile, 0.99)}, how::random, "", third};

  const auto area = paper.section("area_mm2"), power = paper.section("power_mw");
  const double added_area = area.at("schedulers_b_muxes") + area.at("a_muxes") + area.at("staging");
  const double added_power = power.at("schedulers_b_muxes") + power.at("a_muxes") + power.at("staging");
  const double base_area = area.at("cores") + area.at("transposers"),
               base_power = power.at("cores") + power.at("transposers");
  const double power_ratio = 1 + added_power / base_power;
  const double saturated = speedup(tile, long_stream(tile), 0.9999, 500);
  out["T010"] = {
      {saturated / power_ratio}, how::random, "", "measured speed-up over the power ratio of the paper's table"};
  // 1 / (1 - s + s p / 4) = 2.1 gives the cores' share s of the dense machine's energy.
  const double efficiency = paper["saturated_energy_efficiency"];
  const double share = (1 - 1 / efficiency) / (1 - power_ratio / 4);
  const auto overall = [&](double s, double p, double speed) { return 1 / (1 - s + s * p / speed); };
  out["T011"] = {{overall(share, power_ratio, saturated)},
                 how::table,
                 "",
                 "calibration: the cores' share of energy is taken from this figure; the speed-up is measured"};

  const double mean = average(tile);
  const auto add_average = [&](const char* id, double ours) { out[id] = {{ours}, how::random, averages, ""}; };
  out["T001"] = {{mean}, how::random, averages, ""};
  out["T003"] = {{overall(share, power_ratio, mean)}, how::random, averages, "core share calibrated on T011"};
  out["T004"] = {{mean / power_ratio}, how::random, averages, ""};
  add_average("T012", average(sized(tile, tile.rows, tile.columns, lanes, 2)));
  add_average("T013", average(sized(tile, tile.rows, tile.columns, lanes, 5)));
  out["T013"].reason = "movements of depth 5 are not printed";
  const double one_row = average(sized(tile, 1, tile.columns, lanes, depth)),
               sixteen = average(sized(tile, 16, tile.columns, lanes, depth));
  add_average("T014", one_row);
  add_average("T015", sixteen);
  const auto fragmented = [&](std::uint32_t columns) {
    double time = 0, number = 0;
    for (const std::size_t places : {3025u, 729u, 169u}) {
      const engine_config e = sized(tile, tile.rows, columns, lanes, depth);
      time += 1 / speedup(e, {places, 64, 576}, 0.6, 600 + places), ++number;
    }
    return number / time;
  };
  out["T016"] = {{100 * (1 - fragmented(16) / fragmented(4))},
                 how::random,
                 averages,
                 "twin and engine fragment alike when places are not a multiple of the columns"};
  const engine_config wide = sized(tile, 4, 4, 16, 3);
  add_average("T017", average(wide));
  out["T017"].reason = "movements of this variant are not printed; ours have the published number of levels";
  const zbcc::tensordash_schedule schedule(16, 3, zbcc::published_movements(3, 16), false);
  out["T018"] = {
      {static_cast<double>(schedule.levels().size())}, how::derived, "", "lanes that cannot collide share a level"};
  // Three staged steps of four; every other part is per lane.
  const double wide_area = added_area - area.at("staging") / 4;
  const double memory = 3 * area.at("memory");
  out["T019"] = {
      {100 * wide_area / base_area, 100 * (wide_area + area.at("scratchpads") - area.at("scratchpads_dense")) /
                                        (base_area + memory + area.at("scratchpads_dense"))},
      how::table,
      "",
      "calibration: the paper prints no parts of this variant, a quarter of the staging buffer is taken away, so that "
      "what "
      "16 lanes share beyond that is not seen"};
  const std::vector<double> patterns = pattern_speedups(wide);
  const auto [low, high] = std::minmax_element(patterns.begin(), patterns.end());
  const double middle = std::accumulate(patterns.begin(), patterns.end(), 0.0) / static_cast<double>(patterns.size());
  out["T020"] = {{100 * (*low / middle - 1), 100 * (*high / middle - 1)},
                 how::random,
                 averages,
                 "30 drawn patterns of the 16-lane element at 60 % zeros"};

  const double sparse_area = base_area + added_area, sparse_power = base_power + added_power;
  const char* calibration = "calibration: sums of the paper's own table";
  out["T026"] = {{sparse_area, base_area}, how::table, "", calibration};
  out["T027"] = {
      {area.at("cores"), area.at("transposers"), area.at("schedulers_b_muxes"), area.at("a_muxes"), area.at("staging")},
      how::table,
      "",
      "calibration: the paper's table"};
  out["T028"] = {{power.at("cores"), power.at("transposers"), power.at("schedulers_b_muxes"), power.at("a_muxes"),
                  power.at("staging")},
                 how::table,
                 "",
                 "calibration: the paper's table"};
  out["T029"] = {{sparse_power, base_power},
                 how::table,
                 "",
                 "calibration: the sum of the rows; the printed total contradicts the printed ratio"};
  out["T030"] = {{area.at("memory"), area.at("scratchpads_dense"), area.at("scratchpads")},
                 how::table,
                 "",
                 "calibration: the paper's table"};
  const double chip = base_area + memory + area.at("scratchpads_dense");
  out["T031"] = {{100 * ((sparse_area + memory + area.at("scratchpads")) / chip - 1)}, how::table, "", calibration};

  // bf16: cores shrink as their multiply-accumulates do; schedulers, muxes and buffers hold values of the same width.
  const energy_table node = read_energy_table(energy_table_file(c.energy.table));
  const double by_power = node.mac_pj.at("bf16") / node.mac_pj.at("fp16"),
               by_area = node.mac_um2.at("bf16") / node.mac_um2.at("fp16");
  const double bf16_power = 1 + added_power / (power.at("cores") * by_power + power.at("transposers"));
  out["T032"] = {{1 + added_area / (area.at("cores") * by_area + area.at("transposers")), bf16_power},
                 how::derived,
                 "",
                 "core scaled by the energy table's multiply-accumulates, the added blocks as for fp16"};
  const double bf16_share = share * by_power / (share * by_power + 1 - share);
  out["T033"] = {{mean / bf16_power, overall(bf16_share, bf16_power, mean)},
                 how::random,
                 averages,
                 "core share calibrated on T011"};
  leave_to_recipes({"T005", "T006", "T021", "T022", "T023", "T024", "T025"}, out);
  out["T034"] = {
      {paper["tiles"] * tile.lanes * 2 * paper["freq_mhz"] * 1e-6}, how::derived, "", "tiles x lanes x 2 x clock"};
}

std::optional<double> tensordash_spread(const config& c, double zeros, double measured_speedup) {
  const engine_config tile = tile_of(c);
  const auto at = [&](double spread) { return speedup(tile, long_stream(tile), zeros, 800, spread); };
  double before = at(0);
  if (before <= measured_speedup) return 0;
  constexpr double step = 0.1;
  for (int i = 0; i < 10; ++i) { // between two of them: linear
    const double now = at((i + 1) * step);
    if (now <= measured_speedup) return step * (i + (before - measured_speedup) / (before - now));
    before = now;
  }
  return std::nullopt;
}

std::string tensordash_surface(const config& c) {
  const engine_config tile = tile_of(c);
  std::string out = "zeros_percent,spread,speedup,ideal,of\n";
  std::uint64_t stream = 700;
  for (const int percent : {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99})
    for (const double spread : {0.0, 0.1, 0.2, 0.3})
      out += fmt::format("{},{},{:.4f},{:.4f},random\n", percent, spread,
                         speedup(tile, long_stream(tile), percent / 100.0, ++stream, spread), 100.0 / (100 - percent));
  return out;
}

} // namespace acf::platform
