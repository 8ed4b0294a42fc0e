// The figures of a run's summary: the one list of names behind report.json, expectations and the table at the end.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace acf::platform {

enum class figure : std::size_t {
  instructions_retired,
  simulated_seconds,
  cpu_cycles,
  fabric_cycles,
  compute_cycles,
  matrix_busy_cycles,
  dense_fabric_cycles,
  speedup_over_dense,
  dense_matrix_busy_cycles,
  matrix_speedup_over_dense,
  macs_total,
  macs_executed,
  macs_skipped,
  test_accuracy_percent,
  dense_test_accuracy_percent,
  weight_sparsity_percent,
  energy_uj,
  area_mm2,
  dram_bytes,
  noc_flit_hops,
  reference_worst_percent,
  reference_mean_percent,
  reference_share_inside,
  reference_worst_of_limit,
  count,
};

struct figure_info {
  std::string_view name;
  std::string_view unit;
  bool whole; // a count: printed without decimals
  std::string_view text;
};

inline constexpr std::array<figure_info, static_cast<std::size_t>(figure::count)> figures{{
    {"instructions_retired", "", true, "by all harts"},
    {"simulated_seconds", "s", false, "from reset to the end"},
    {"cpu_cycles", "cycles", true, "of the host, from reset to the end"},
    {"fabric_cycles", "cycles", true, "first doorbell to last fence of training, idle gaps and regrowth included"},
    {"compute_cycles", "cycles", true, "in which at least one matrix engine is busy"},
    {"matrix_busy_cycles", "cycles", false, "in which a matrix engine is busy: mean of all tiles"},
    {"dense_fabric_cycles", "cycles", true, "fabric_cycles of the dense twin"},
    {"speedup_over_dense", "x", false, "dense_fabric_cycles / fabric_cycles: end to end"},
    {"dense_matrix_busy_cycles", "cycles", false, "matrix_busy_cycles of the dense twin"},
    {"matrix_speedup_over_dense", "x", false, "dense_matrix_busy_cycles / matrix_busy_cycles: compute only"},
    {"macs_total", "MACs", true, "of the same training steps and regrowth without zeros; else of all commands"},
    {"macs_executed", "MACs", true, "done, scores for regrowth included"},
    {"macs_skipped", "MACs", true, "macs_total - macs_executed: an operand is zero, or the block is not computed"},
    {"test_accuracy_percent", "%", false, "after the last epoch"},
    {"dense_test_accuracy_percent", "%", false, "of the dense twin"},
    {"weight_sparsity_percent", "%", false, "zeros among the weights at the end"},
    {"energy_uj", "uJ", false, "events times energy.table"},
    {"area_mm2", "mm2", false, "units times energy.table"},
    {"dram_bytes", "bytes", true, "read and written"},
    {"noc_flit_hops", "hops", true, "flits times links"},
    {"reference_worst_percent", "%", false, "largest error of a judged figure of a reference simulator's points"},
    {"reference_mean_percent", "%", false, "mean size of those errors"},
    {"reference_share_inside", "", false, "share of the judged points inside their limits"},
    {"reference_worst_of_limit", "", false, "largest error over its limit"},
}};

constexpr const figure_info& info(figure f) { return figures[static_cast<std::size_t>(f)]; }
std::optional<figure> find_figure(std::string_view name);

// The figures of one run; what does not apply stays empty (null in report.json).
class summary {
public:
  std::optional<double>& operator[](figure f) { return values[static_cast<std::size_t>(f)]; }
  const std::optional<double>& operator[](figure f) const { return values[static_cast<std::size_t>(f)]; }

private:
  std::array<std::optional<double>, static_cast<std::size_t>(figure::count)> values{};
};

} // namespace acf::platform
