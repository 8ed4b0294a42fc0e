#include "platform/config/chip_description.hpp"

#include <string_view>

namespace acf::platform {

namespace {

using hal::global::engine_id;

engine_id engine_id_of(std::string_view name) {
  if (name == "dense") return engine_id::dense;
  if (name == "zbcc") return engine_id::zbcc;
  if (name == "tensordash") return engine_id::tensordash;
  if (name == "spartann") return engine_id::spartann;
  if (name == "sat") return engine_id::sat;
  return engine_id::mixed; // an engine without a number of its own must not be taken for another
}

engine_id engine_id_of(const config& c) {
  const std::string& first = c.engine_of(0, 0);
  for (std::uint32_t t = 1; t < c.tiles(); ++t)
    if (c.engine_of(t % c.mesh.width, t / c.mesh.width) != first) return engine_id::mixed;
  return engine_id_of(first);
}

} // namespace

host_bridge::chip_description chip_description_of(const config& c) {
  return {c.mesh.width,    c.mesh.height,   c.mesh.virtual_channels, c.mesh.buffer_flits,
          c.zbcc.lanes,    engine_id_of(c), c.vector.lanes,          c.same.sram_kib,
          c.dram.channels, c.dram.size_mib, c.fabric.freq_mhz};
}

} // namespace acf::platform
