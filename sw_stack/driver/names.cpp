#include "sw_stack/driver/names.hpp"

#include "sw_stack/hal/global_registers.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/tile_registers.hpp"

namespace acf::driver {
namespace {

struct place {
  const hal::register_block* block;
  std::uint64_t base, end, stride;
};

constexpr place places[] = {
    {&hal::global::block, hal::map::global_block, hal::map::global_block + hal::global::block.size,
     hal::global::block.size},
    {&hal::tile::block, hal::map::tiles, hal::map::routing, hal::map::tile_window},
    {&hal::router::block, hal::map::routing, hal::map::fabric + hal::map::fabric_size, hal::map::routing_window},
};

std::optional<std::uint32_t> copy_at(const hal::reg& r, std::uint64_t offset) {
  if (offset < r.offset) return std::nullopt;
  const auto distance = offset - r.offset;
  const auto index = r.stride == 0 ? 0 : distance / r.stride;
  if (index >= r.count || distance - index * r.stride >= r.width) return std::nullopt;
  return static_cast<std::uint32_t>(index);
}

} // namespace

std::optional<register_name> find_register(std::uint64_t address) {
  for (const auto& p : places) {
    if (address < p.base || address >= p.end) continue;
    const auto window = static_cast<std::uint32_t>((address - p.base) / p.stride);
    for (const auto& r : *p.block)
      if (const auto index = copy_at(r, address - p.base - window * p.stride))
        return register_name{p.block, &r, window, *index};
  }
  return std::nullopt;
}

void print(message& out, const register_name& name, std::uint32_t mesh_width) {
  out << name.block->name;
  if (name.block != &hal::global::block && mesh_width != 0)
    out << "(" << name.window % mesh_width << "," << name.window / mesh_width << ")";
  out << "." << name.what->name;
  if (name.what->count > 1) out << "[" << name.index << "]";
}

} // namespace acf::driver
