#include "platform/soc/thresholds.hpp"

#include "platform/report/files.hpp"
#include "platform/soc/guest_memory.hpp"
#include "platform/soc/tensors.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/threshold_commands.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>

namespace acf::platform {
namespace {

constexpr std::uint64_t start_up = 50; // steps: from a hundredth of the largest value at 20 % a step, and some

struct noted {
  std::uint64_t step = 0; // from 1
  std::size_t tensor = 0;
  std::uint32_t layer = 0; // that gives it back, from 1
  hal::threshold_record record;
  double share() const { return record.last_elements ? double{1} * record.last_zeros / record.last_elements : 0; }
};

std::vector<noted> read_thresholds(session& s, const training_image& image) {
  std::vector<noted> all;
  if (image.bytes.empty()) return all;
  const auto head = header_of(image);
  hal::job::results done;
  const auto account = read_memory(s.chip(), hal::map::job_image + head.results, sizeof done);
  std::memcpy(&done, account.data(), sizeof done);
  if (head.thresholds == 0 || done.valid != hal::job::magic) return all;
  const std::uint64_t steps = std::min<std::uint64_t>(done.steps_done, head.steps),
                      lines = steps * head.threshold_tensors;
  const auto bytes =
      read_memory(s.chip(), hal::map::job_image + head.thresholds, lines * std::uint64_t{hal::job::threshold_line});
  for (std::uint64_t i = 0; i < lines; ++i) {
    const std::size_t tensor = i % head.threshold_tensors;
    noted n{head.steps_before + i / head.threshold_tensors + 1, tensor, image.giving_back.at(tensor), {}};
    std::memcpy(&n.record, bytes.data() + i * hal::job::threshold_line, sizeof n.record);
    all.push_back(n);
  }
  return all;
}

void add_to_curves(const std::vector<noted>& all, training_curves& curves) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  for (const noted& n : all)
    if (n.tensor == curves.thinned_layers.size()) curves.thinned_layers.push_back(fmt::format("layer{}", n.layer));
  const std::size_t tensors = curves.thinned_layers.size();
  for (auto& p : curves.points) p.thresholds.resize(tensors, unknown), p.thinned.resize(tensors, unknown);
  if (curves.empty()) return;
  const std::uint64_t first = curves.points.front().step;
  for (const noted& n : all)
    if (n.step >= first && n.step - first < curves.points.size()) {
      auto& p = curves.points[n.step - first];
      p.thresholds[n.tensor] = static_cast<double>(n.record.last_threshold);
      p.thinned[n.tensor] = n.share();
    }
}

} // namespace

std::vector<hal::threshold_record> last_thresholds(session& s, const training_image& image) {
  std::vector<hal::threshold_record> last;
  for (const noted& n : read_thresholds(s, image)) {
    if (n.tensor == 0) last.clear();
    last.push_back(n.record);
  }
  return last;
}

void add_threshold_results(const config& c, session& s, const training_image& image, run_result& result) {
  const auto all = read_thresholds(s, image);
  add_to_curves(all, result.curves);
  double share = 0, distance = 0, count = 0;
  for (const noted& n : all) {
    if (n.step <= start_up) continue;
    share += n.share(), distance += std::fabs(n.share() - c.train.gradient_sparsity), ++count;
  }
  if (count == 0) return;
  result.extra.emplace_back("gradient_zeros_percent", 100 * share / count);
  result.extra.emplace_back("gradient_tracking_error_points", 100 * distance / count);
}

void write_thresholds(const run_options& options, session& s, const training_image& image) {
  const auto all = read_thresholds(s, image);
  const auto file = options.out / "thresholds.csv";
  if (all.empty()) { // that of an earlier run must not pass for one of this
    std::filesystem::remove(file);
    return;
  }
  std::string text = "step,layer,threshold,zeros,elements,share\n";
  for (const noted& n : all)
    text += fmt::format("{},{},{},{},{},{:.6f}\n", n.step, n.layer, n.record.last_threshold, n.record.last_zeros,
                        n.record.last_elements, n.share());
  write_file(file, text);
}

} // namespace acf::platform
