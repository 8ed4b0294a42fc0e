#include "platform/registers_document/register_map.hpp"

#include "sw_stack/hal/global_registers.hpp"
#include "sw_stack/hal/peripherals.hpp"
#include "sw_stack/hal/tile_registers.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace acf::platform {
namespace {

namespace global = hal::global;
using hal::put;

global::engine_id engine_id_of(std::string_view name) {
  if (name == "dense") return global::engine_id::dense;
  if (name == "zbcc") return global::engine_id::zbcc;
  if (name == "tensordash") return global::engine_id::tensordash;
  if (name == "spartann") return global::engine_id::spartann;
  return global::engine_id::sat;
}

global::engine_id engine_id_of(const config& c) {
  const std::string& first = c.engine_of(0, 0);
  for (std::uint32_t y = 0; y < c.mesh.height; ++y)
    for (std::uint32_t x = 0; x < c.mesh.width; ++x)
      if (c.engine_of(x, y) != first) return global::engine_id::mixed;
  return engine_id_of(first);
}

std::uint32_t nodes_of(const config& c) { return c.tiles() + c.dram.channels + 1; } // the last is the host bridge

consteval hal::field in(const hal::reg& r, std::string_view field) { return r[field]; }

std::uint64_t global_reset(const config& c, const hal::reg& r) {
  if (r.name == global::mesh.name)
    return put(0, in(global::mesh, "WIDTH"), c.mesh.width) | put(0, in(global::mesh, "HEIGHT"), c.mesh.height) |
           put(0, in(global::mesh, "VIRTUAL_CHANNELS"), c.mesh.virtual_channels) |
           put(0, in(global::mesh, "BUFFER_FLITS"), c.mesh.buffer_flits);
  if (r.name == global::engine.name)
    return put(0, in(global::engine, "LANES"), c.zbcc.lanes) |
           put(0, in(global::engine, "KIND"), static_cast<std::uint64_t>(engine_id_of(c))) |
           put(0, in(global::engine, "VECTOR_LANES"), c.vector.lanes);
  if (r.name == global::sram.name) return c.same.sram_kib;
  if (r.name == global::dram.name)
    return put(0, in(global::dram, "CHANNELS"), c.dram.channels) |
           put(0, in(global::dram, "SIZE_MIB"), c.dram.size_mib);
  if (r.name == global::nodes.name)
    return put(0, in(global::nodes, "TILES"), c.tiles()) | put(0, in(global::nodes, "ALL"), nodes_of(c));
  if (r.name == global::clock.name) return c.fabric.freq_mhz;
  return r.reset;
}

bool is(const block_instances& b, const hal::register_block& block) { return b.block->name == block.name; }

} // namespace

std::string block_instances::name_of(std::uint32_t instance) const {
  if (columns == 0) return std::string{block->name};
  const std::uint32_t number = first + instance;
  return fmt::format("{}({},{})", block->name, number % columns, number / columns);
}

std::uint32_t block_instances::count_of(const hal::reg& r) const {
  if (block->name == hal::clint::block.name && r.count == hal::clint::max_harts) return harts;
  if (block->name == hal::plic::block.name && r.count == hal::plic::max_contexts) return 2 * harts;
  if (block->name == hal::router::block.name) return nodes;
  return r.count;
}

std::vector<block_instances> register_map(const config& c) {
  namespace map = hal::map;
  std::vector<block_instances> out{
      {&global::block, map::global_block},
      {&hal::tile::block, map::tiles, c.tiles(), map::tile_window, c.mesh.width},
      {&hal::router::block, map::routing, c.tiles(), map::routing_window, c.mesh.width},
  };
  for (const auto* p : hal::peripherals::all) out.push_back({&p->registers, p->base});
  for (block_instances& b : out) {
    b.harts = c.cpu.harts;
    b.nodes = nodes_of(c);
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.base < b.base; });
  return out;
}

std::optional<std::uint64_t> reset_of(const config& c, const block_instances& b, std::uint32_t instance,
                                      const hal::reg& r) {
  if (is(b, hal::router::block)) return std::nullopt; // XY routing: differs from entry to entry
  if (is(b, hal::clint::block) && r.name == hal::clint::mtime.name) return std::nullopt; // runs
  if (is(b, global::block)) return global_reset(c, r);
  if (is(b, hal::tile::block) && r.name == hal::tile::position.name)
    return put(0, in(hal::tile::position, "X"), (b.first + instance) % b.columns) |
           put(0, in(hal::tile::position, "Y"), (b.first + instance) / b.columns);
  return r.reset;
}

std::optional<std::uint64_t> reset_of_all(const config& c, const block_instances& b, const hal::reg& r) {
  const auto first = reset_of(c, b, 0, r);
  for (std::uint32_t i = 1; i < b.count; ++i)
    if (reset_of(c, b, i, r) != first) return std::nullopt;
  return first;
}

std::string_view name_of(hal::access a) {
  switch (a) {
  case hal::access::ro: return "ro";
  case hal::access::rw: return "rw";
  case hal::access::wo: return "wo";
  case hal::access::w1c: return "w1c";
  case hal::access::w1s: return "w1s";
  }
  return "";
}

std::string_view access_of(const hal::reg& r) {
  const bool uniform =
      r.field_count != 0 && std::all_of(r.fields.begin(), r.fields.begin() + r.field_count,
                                        [&](const hal::field& f) { return f.mode == r.fields[0].mode; });
  if (uniform) return name_of(r.fields[0].mode);
  return r.readable() && r.writable() ? "rw" : r.readable() ? "ro" : "wo";
}

std::uint64_t read_mask(const hal::reg& r) {
  return r.mask(hal::access::ro) | r.mask(hal::access::rw) | r.mask(hal::access::w1c);
}

std::string register_place::name() const {
  std::string out = block->name_of(instance) + "." + std::string{reg->name};
  return block->count_of(*reg) > 1 ? fmt::format("{}[{}]", out, index) : out;
}

std::optional<register_place> find_register(const std::vector<block_instances>& map, std::uint64_t address) {
  for (const block_instances& b : map) {
    for (const hal::reg& r : *b.block) {
      if (address < b.base) continue;
      const std::uint64_t instance = b.stride == 0 ? 0 : (address - b.base) / b.stride;
      if (instance >= b.count) continue;
      const std::uint64_t offset = address - b.base_of(static_cast<std::uint32_t>(instance));
      if (offset < r.offset) continue;
      const std::uint64_t index = r.stride == 0 ? 0 : (offset - r.offset) / r.stride;
      if (index >= b.count_of(r)) continue;
      const std::uint64_t byte = offset - r.at(static_cast<std::uint32_t>(index));
      if (byte >= r.width) continue;
      return register_place{&b, static_cast<std::uint32_t>(instance), &r, static_cast<std::uint32_t>(index),
                            static_cast<std::uint32_t>(byte)};
    }
  }
  return std::nullopt;
}

} // namespace acf::platform
