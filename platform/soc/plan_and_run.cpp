#include "platform/soc/plan_and_run.hpp"

#include "platform/report/waterfall_causes.hpp"
#include "platform/soc/soc.hpp"

#include <algorithm>
#include <optional>

namespace acf::platform {
namespace {

// Where most cycles of a waterfall went: at work, whatever its lanes did, or at what the engine waited for.
std::string most_of(const waterfall& w) {
  std::string most{resource_names[static_cast<std::size_t>(resource::matrix)]};
  auto largest = static_cast<std::int64_t>(w.ideal);
  for (const auto& [cause, cycles] : w.losses)
    if (!causes::waited_for(cause)) largest += cycles;
  for (const auto& [cause, cycles] : w.losses)
    if (const auto what = causes::waited_for(cause); what && cycles > largest) largest = cycles, most = *what;
  return most;
}

std::optional<resource> kind_of(const block_account& b) {
  if (b.name.ends_with(".MATRIX")) return resource::matrix;
  if (b.name.ends_with(".VECTOR")) return resource::vector;
  if (b.name.starts_with("DRAM")) return resource::dram;
  if (b.name.starts_with("MESH") && b.name.ends_with("jection")) return resource::mesh; // into and out of it
  return std::nullopt;
}

// Of the training as a whole: the busiest block of every kind, and the busiest of these.
void add_resources(const planned_phase& planned, std::uint64_t steps, const run_result& result, planned_cycles& to) {
  for (std::size_t r = 0; r < resource_names.size(); ++r)
    to.resources.push_back({std::string{resource_names[r]}, planned.cycles[r] * steps, 0});
  for (const block_account& b : result.blocks)
    if (const auto kind = kind_of(b)) {
      auto& measured = to.resources[static_cast<std::size_t>(*kind)].measured;
      measured = std::max(measured, b.busy);
    }
  to.bottleneck_measured =
      std::ranges::max_element(to.resources, {}, [](const auto& use) { return use.measured; })->resource;
  to.dram_bytes_expected = planned.dram_bytes * steps;
  to.dram_bytes_measured = static_cast<std::uint64_t>(result.figures[figure::dram_bytes].value_or(0));
}

} // namespace

std::vector<planned_phase> plan_training(const config& c, const training_image& image) {
  planned_chip chip;
  chip.sram_bytes = c.same.sram_kib * 1024;
  chip.vector_lanes = c.vector.lanes;
  for (std::uint32_t t = 0; t < c.tiles(); ++t) chip.engines.push_back(tile_settings(c, t).engine);
  chip.link_bytes = mesh_settings(c).link_bytes;
  const dram::dram_config memory = dram_settings(c);
  const dram::channel_timing channel = dram::make_timing(memory);
  chip.dram_bytes_per_cycle = static_cast<double>(memory.cycle_ps) * 1000 * dram::make_map(memory).channels /
                              static_cast<double>(channel.fs_per_byte);
  chip.dram_access_bytes = channel.access_bytes;
  assumed_densities assumed{.images = image.nonzero_pixels, .layers = {}};
  for (const compiler::relu_zeros& z :
       image.zeros) // values are as often negative, and gradients pass where they are not
    assumed.layers.push_back({z.inputs ? 0.5 : 1, z.gradient ? 0.5 : 1});
  return plan_step(chip, image.bytes, assumed, c.train.seed);
}

void compare_with_plan(const config& c, const training_image& image, std::uint64_t steps, run_result& result) {
  for (const planned_phase& p : plan_training(c, image)) {
    const bool whole = p.phase == "step";
    planned_cycles row{.name = whole ? "training" : p.name(),
                       .bottleneck = std::string{resource_names[static_cast<std::size_t>(p.bottleneck())]},
                       .expected = p.cycles_expected() * steps};
    const auto measured = std::ranges::find(result.waterfalls, row.name, &waterfall::name);
    if (measured != result.waterfalls.end())
      row.measured = measured->of_busiest_tile, row.bottleneck_measured = most_of(*measured);
    if (whole) add_resources(p, steps, result, row);
    result.plan.push_back(std::move(row));
  }
}

} // namespace acf::platform
