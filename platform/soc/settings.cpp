// From the configuration to the structs that the models take.
#include "platform/config/dram_preset.hpp"
#include "platform/config/engine_settings.hpp"
#include "platform/soc/soc.hpp"

namespace acf::platform {

namespace {

std::uint64_t cycle_ps(const config& c) { return common::period_ps(c.fabric.freq_mhz); }

} // namespace

dram::dram_config dram_settings(const config& c) {
  dram::dram_config d;
  d.technology = dram_preset_of(c.dram.preset).device;
  d.channels = c.dram.channels;
  d.width_bits = c.dram.width_bits;
  d.size = static_cast<std::uint64_t>(c.dram.size_mib) << 20;
  d.random_contents = c.dram.power_on == "random";
  d.seed = c.seed;
  d.cycle_ps = cycle_ps(c);
  d.banks = c.timing == "at" || c.changes_timing();
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
  m.switchable = c.changes_timing();
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
  t.compression = c.same.compression == "on";
  t.vector_lanes = c.vector.lanes;
  t.engine = engine_settings(c, c.engine_of(number % c.mesh.width, number / c.mesh.width));
  return t;
}

} // namespace acf::platform
