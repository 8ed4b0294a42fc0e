#include "platform/soc/placement_of_run.hpp"

#include "platform/soc/guest_memory.hpp"
#include "sw_stack/hal/job_image.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace acf::platform {
namespace {

using compiler::owner_traffic;

struct placed {
  owner_traffic all;
  double imbalance_percent = 0;
};

// `read(offset, bytes)` of the job image. Over all sparse layers; a tile's blocks of all of them are its load.
template <typename function>
placed measure(const hal::job::header& head, function read) {
  const auto tiles = static_cast<std::uint32_t>(head.mesh_width * head.mesh_height);
  placed sum;
  std::vector<std::uint64_t> load(tiles);
  std::uint64_t blocks = 0;
  for (std::uint64_t l = 0; l < head.layer_count; ++l) {
    hal::job::layer_record layer;
    std::memcpy(&layer, read(head.layers + l * sizeof layer, sizeof layer).data(), sizeof layer);
    if (layer.live == 0) continue;
    std::vector<std::uint32_t> of_slot(layer.live);
    std::memcpy(of_slot.data(), read(layer.blocks, of_slot.size() * 4).data(), of_slot.size() * 4);
    const auto t = compiler::traffic_of(layer.inputs / 4, of_slot, tiles);
    sum.all.live_columns += t.live_columns, sum.all.columns += t.columns, sum.all.runs += t.runs;
    const auto n = static_cast<std::uint32_t>(of_slot.size());
    for (std::uint32_t i = 0; i < tiles; ++i) load[i] += n / tiles + (i < n % tiles);
    blocks += n;
  }
  if (blocks > 0)
    sum.imbalance_percent =
        100 * (static_cast<double>(*std::ranges::max_element(load)) * tiles / static_cast<double>(blocks) - 1);
  return sum;
}

} // namespace

void add_placement(session& s, const training_image& image, run_result& result) {
  hal::job::header head;
  std::memcpy(&head, image.bytes.data(), sizeof head);
  const auto first = measure(
      head, [&](std::uint64_t offset, std::size_t bytes) { return std::span(image.bytes).subspan(offset, bytes); });
  if (first.all.columns == 0) return;
  const auto last = measure(head, [&](std::uint64_t offset, std::size_t bytes) {
    return read_memory(s.chip(), hal::map::job_image + offset, bytes);
  });
  const auto add = [&](const char* name, double value) { result.extra.emplace_back(name, value); };
  add("placement_imbalance_percent", first.imbalance_percent);
  add("placement_cut", static_cast<double>(first.all.cut()));
  add("placement_runs", static_cast<double>(first.all.runs));
  add("placement_cut_at_end", static_cast<double>(last.all.cut()));
  add("placement_runs_at_end", static_cast<double>(last.all.runs));
  for (std::size_t l = 0; l < image.owners.size(); ++l)
    if (const auto& o = image.owners[l]; o.metis_parts > 0) {
      add(fmt::format("placement_metis_imbalance_percent_layer{}", l + 1).c_str(), o.metis_imbalance_percent);
      add(fmt::format("placement_metis_cut_layer{}", l + 1).c_str(), static_cast<double>(o.metis_cut));
    }
}

} // namespace acf::platform
