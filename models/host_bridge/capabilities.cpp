#include "models/host_bridge/capabilities.hpp"

namespace acf::host_bridge {

namespace global = hal::global;

namespace {

// A field by its name; a name that the register does not have does not compile.
consteval hal::field in(const hal::reg& r, std::string_view name) { return r[name]; }

} // namespace

std::optional<std::uint64_t> capability(const chip_description& c, const hal::reg& r) {
  const auto is = [&](const hal::reg& other) { return r.offset == other.offset && r.name == other.name; };
  const auto part = [](const hal::field& f, std::uint64_t value) { return hal::put(0, f, value); };
  if (is(global::mesh))
    return part(in(global::mesh, "WIDTH"), c.mesh_width) | part(in(global::mesh, "HEIGHT"), c.mesh_height) |
           part(in(global::mesh, "VIRTUAL_CHANNELS"), c.virtual_channels) |
           part(in(global::mesh, "BUFFER_FLITS"), c.buffer_flits);
  if (is(global::engine))
    return part(in(global::engine, "LANES"), c.lanes) |
           part(in(global::engine, "KIND"), static_cast<std::uint64_t>(c.engine)) |
           part(in(global::engine, "VECTOR_LANES"), c.vector_lanes);
  if (is(global::sram)) return c.sram_kib;
  if (is(global::dram))
    return part(in(global::dram, "CHANNELS"), c.dram_channels) | part(in(global::dram, "SIZE_MIB"), c.dram_mib);
  if (is(global::nodes)) return part(in(global::nodes, "TILES"), c.tiles()) | part(in(global::nodes, "ALL"), c.nodes());
  if (is(global::clock)) return c.clock_mhz;
  return std::nullopt;
}

} // namespace acf::host_bridge
