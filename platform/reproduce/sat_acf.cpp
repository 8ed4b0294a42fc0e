#include "models/zbcc/line_buffer.hpp"
#include "platform/config/engine_settings.hpp"
#include "platform/reproduce/measured.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace acf::platform {
namespace {

// Exactly the first `kept` of every `group` weights: which ones they are changes no cycle.
zbcc::bit_matrix structured(std::size_t rows, std::size_t cols, std::uint32_t kept, std::uint32_t group) {
  zbcc::bit_matrix m(rows, cols);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t k = 0; k < cols; ++k)
      if (k % group < kept) m.set(r, k);
  return m;
}

double cycles_of(const zbcc::engine& machine, zbcc::phase phase, std::size_t m, const zbcc::bit_matrix& b,
                 zbcc::sides skip) {
  zbcc::chunk work;
  work.what = phase, work.skip = skip;
  work.m = m, work.n = b.rows, work.k = b.cols;
  work.a = zbcc::bit_matrix(m, work.k), work.b = b;
  return static_cast<double>(machine.cost(work).busy);
}

} // namespace

void measure_sat(const config& c, measurements& out) {
  zbcc::engine_config e = engine_settings(c, "sat");
  e.sat.kept = e.sat.group = 0;
  e.rows = e.columns = 0;
  e.lanes = 16 * c.zbcc.lanes; // 16 tiles are one published array
  const auto machine = zbcc::make_engine(e);
  constexpr zbcc::sides weights{false, true};

  // One element, as many independent outputs as hide its accumulator: time per group and output.
  zbcc::engine_config single = e;
  single.lanes = 1;
  const auto element = zbcc::make_engine(single);
  constexpr std::size_t outputs = 4096, groups = 64;
  const auto per_group = [&](std::uint32_t kept) {
    return cycles_of(*element, zbcc::phase::forward, outputs, structured(1, groups * 8, kept, 8), weights) /
           (outputs * groups);
  };
  const std::vector<double> serial{per_group(2), per_group(4), per_group(8)};
  out["T067"] = {serial,
                 how::derived,
                 "",
                 "one element, groups of 8: 2:8, 4:8, dense; cycles per group and output",
                 "N (M when dense)",
                 serial == std::vector<double>{2, 4, 8}};
  leave_to_recipes({"T063", "T064"}, out);
  for (const char* id : {"T065", "T066"})
    out[id] = {{}, how::derived, "", "needs the other FPGA trainers and the FPGA's own power"};
  std::uint32_t rows = 1;
  while (rows * rows < e.lanes) ++rows;
  out["T068"] = {
      {static_cast<double>(rows), static_cast<double>(e.lanes / rows)}, how::derived, "", "16 x zbcc.lanes elements"};
  const zbcc::bit_matrix two_of_eight = structured(512, 4608, 2, 8);
  const auto time = [&](zbcc::phase phase, zbcc::sides skip) {
    return cycles_of(*machine, phase, 6272, two_of_eight, skip);
  };
  double sparse = 0, dense = 0;
  for (const zbcc::phase phase : {zbcc::phase::forward, zbcc::phase::input_gradient, zbcc::phase::weight_gradient})
    sparse += time(phase, weights), dense += time(phase, {});
  out["T069"] = {
      {dense / sparse}, how::derived, "", "three phases of a 3x3 convolution of 512 x 512 channels on the array"};
  constexpr double value_bits = 16, index_bits = 3, kept = 2, group = 8;
  out["T070"] = {{100 * kept * (value_bits + index_bits) / (group * value_bits)},
                 how::derived,
                 "",
                 "bits of a compressed group over a dense one"};
}

namespace {

// Bytes that the line buffer delivers over those it fetches, for filters on 56 x 56 pixels of 64 channels in 16 bits.
measured filter_reuse() {
  zbcc::tensor image;
  image.type = zbcc::element::bf16;
  image.dim = {1, 56, 56, 64};
  const auto reuse = [&](std::uint64_t kernel, std::uint64_t lines) {
    zbcc::window w;
    for (std::size_t d = 0; d < 2; ++d)
      w.positions[d] = 56, w.kernel[d] = kernel, w.stride[d] = w.dilation[d] = 1, w.padding[d] = kernel / 2;
    const auto b = zbcc::through_line_buffer(image, w, lines * 56 * 64 * 2);
    return static_cast<double>(b.delivered) / static_cast<double>(b.fetched);
  };
  return {{reuse(3, 1)},
          how::derived,
          "",
          fmt::format("bytes delivered per byte fetched by a 3x3 filter with one line in the line buffer, which serves "
                      "the three taps across; a full line buffer (two lines) gives {:.2f}, a 1x1 filter {:.2f}",
                      reuse(3, 2), reuse(1, 2))};
}

} // namespace

void measure_acf(const config& c, measurements& out) {
  zbcc::engine_config e = engine_settings(c, "zbcc");
  const auto machine = zbcc::make_engine(e);
  constexpr std::size_t m = 64, n = 128, k = 784;
  double worst_time = 0, worst_imbalance = 0;
  std::vector<double> slopes;
  for (const double zeros : {0.5, 0.8, 0.9}) {
    zbcc::chunk work;
    work.m = m, work.n = n, work.k = k, work.skip = {true, true};
    work.a = random_zeros(m, k, 0.5, 2000), work.b = random_zeros(n, k, zeros, 2001);
    const zbcc::chunk_cost sparse = machine->cost(work);
    // Active multiplier cycles over those of all products, against the share of pairs that is left.
    const double active = static_cast<double>(sparse.executed) / static_cast<double>(work.macs());
    slopes.push_back(active / (0.5 * (1 - zeros)));
    const double slots = static_cast<double>(sparse.busy) * machine->lanes();
    worst_time = std::max(worst_time, slots / static_cast<double>(sparse.executed));
    worst_imbalance = std::max(worst_imbalance, static_cast<double>(sparse[zbcc::stall::imbalance]) / slots);
  }
  leave_to_recipes({"T071", "T072", "T073", "T074", "T078", "T079"}, out);
  out["T075"] = {{}, how::derived, "", "measured by others on a GPU; nothing of this chip"};
  out["T076"] = filter_reuse();
  out["T080"] = {{}, how::derived, "", "needs the carbon of manufacture and of a grid, which no table here has"};
  out["T077"] = {
      slopes,
      how::random,
      "",
      fmt::format("active multiplier cycles per pair left over, against those of the dense product, at 50, 80 "
                  "and 90 % zero weights; activations half zero. Imbalance of a tile's groups costs up to "
                  "{:.1f} % of its cycles, packing and front end more: {:.2f} times the ideal cycles at most",
                  100 * worst_imbalance, worst_time),
      "proportional to 1-S",
      std::all_of(slopes.begin(), slopes.end(), [](double x) { return std::abs(x - 1) <= 0.05; })};
}

} // namespace acf::platform
