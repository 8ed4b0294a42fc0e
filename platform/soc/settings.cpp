// From the configuration to the structs that the models take.
#include "platform/config/engine_settings.hpp"
#include "platform/soc/soc.hpp"

#include <algorithm>

namespace acf::platform {

namespace {

std::uint64_t cycle_ps(const config& c) { return 1'000'000 / c.fabric.freq_mhz; }

hal::global::engine_id engine_id_of(const config& c) {
  static constexpr std::pair<std::string_view, hal::global::engine_id> names[] = {
      {"dense", hal::global::engine_id::dense},
      {"zbcc", hal::global::engine_id::zbcc},
      {"tensordash", hal::global::engine_id::tensordash},
      {"spartann", hal::global::engine_id::spartann},
      {"sat", hal::global::engine_id::sat}};
  const auto mixed = std::any_of(c.tile.begin(), c.tile.end(), [&](const auto& t) {
    return !t.second.engine.empty() && t.second.engine != c.zbcc.engine;
  });
  if (mixed) return hal::global::engine_id::mixed;
  const auto at =
      std::find_if(std::begin(names), std::end(names), [&](const auto& n) { return n.first == c.zbcc.engine; });
  return at == std::end(names) ? hal::global::engine_id::mixed : at->second;
}

} // namespace

dram::dram_config dram_settings(const config& c) {
  dram::dram_config d;
  d.preset = c.dram.preset;
  d.channels = c.dram.channels;
  d.width_bits = c.dram.width_bits;
  d.size = static_cast<std::uint64_t>(c.dram.size_mib) << 20;
  d.random_contents = c.dram.power_on == "random";
  d.seed = c.seed;
  d.cycle_ps = cycle_ps(c);
  d.banks = c.timing == "at";
  d.page = c.dram.page_policy == "closed" ? dram::page_policy::closed : dram::page_policy::open;
  return d;
}

noc::mesh_config mesh_settings(const config& c) {
  noc::mesh_config m;
  m.width = c.mesh.width;
  m.height = c.mesh.height;
  m.virtual_channels = c.mesh.virtual_channels;
  m.buffer_flits = c.mesh.buffer_flits;
  m.cycle_ps = cycle_ps(c);
  m.flits = c.timing == "at";
  m.dram = dram::make_map(dram_settings(c));
  return m;
}

tile::tile_config tile_settings(const config& c, std::uint32_t number) {
  tile::tile_config t;
  t.number = number;
  t.mesh_width = c.mesh.width;
  t.mesh_height = c.mesh.height;
  t.host_node = c.tiles() + c.dram.channels;
  t.sram_kib = c.same.sram_kib;
  t.phases = c.timing == "at";
  if (c.dram.power_on == "random")
    t.power_on_seed = (c.seed << 16) + number + 1;
  else
    t.power_on_seed.reset();
  t.vector_lanes = c.vector.lanes;
  t.engine = engine_settings(c, c.engine_of(number % c.mesh.width, number / c.mesh.width));
  return t;
}

host_bridge::chip_description chip_description_of(const config& c) {
  const auto t = tile_settings(c, 0);
  return {c.mesh.width,    c.mesh.height,   c.mesh.virtual_channels, c.mesh.buffer_flits,
          c.zbcc.lanes,    engine_id_of(c), t.vector_lanes,          c.same.sram_kib,
          c.dram.channels, c.dram.size_mib, c.fabric.freq_mhz};
}

} // namespace acf::platform
