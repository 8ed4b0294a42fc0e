#include "platform/config/nearest.hpp"
#include "platform/registers_document/document.hpp"

#include <fmt/format.h>

namespace acf::platform {
namespace {

std::string where_it_lies(const register_blocks& blocks, std::uint64_t address) {
  for (const block_instances& b : blocks)
    for (std::uint32_t i = 0; i < b.count; ++i)
      if (address >= b.base_of(i) && address < b.base_of(i) + b.block->size)
        return fmt::format("offset 0x{:x} of {} is reserved", address - b.base_of(i), b.name_of(i));
  return "it is in no register block; `acf-vp describe` shows the memory map";
}

} // namespace

decoded decode_register(const config& c, const register_blocks& blocks, std::uint64_t address,
                        std::optional<std::uint64_t> value) {
  const auto place = find_register(blocks, address);
  if (!place) return {fmt::format("no register at 0x{:x}: {}", address, where_it_lies(blocks, address)), false};

  const hal::reg& r = *place->reg;
  if (value && r.width < 8 && *value >> (8 * r.width) != 0)
    return {fmt::format("VALUE: 0x{:x} is too large: {} has {} bytes", *value, place->name(), r.width), false};
  std::string out =
      fmt::format("{}  0x{:x}, {} bytes, {}", place->name(), address - place->byte, r.width, access_of(r));
  const auto reset = reset_of(c, *place->block, place->instance, r);
  if (reset) out += fmt::format(", reset 0x{:x}", *reset);
  if (place->byte != 0) out += fmt::format("; 0x{:x} is byte {} of it", address, place->byte);
  out += fmt::format("\n  {}\n", r.text);
  if (value) out += fmt::format("  value 0x{:x}\n", *value);
  for (std::size_t i = 0; i < r.field_count; ++i) {
    const hal::field& f = r.fields[i];
    const std::string bits =
        f.width == 1 ? fmt::format("[{}]", f.lsb) : fmt::format("[{}:{}]", f.lsb + f.width - 1, f.lsb);
    const std::string shown = value ? fmt::format("= 0x{:x} ({})", hal::get(*value, f), hal::get(*value, f)) : "";
    out += fmt::format("  {:<8} {:<20} {:<4} {}{}{}\n", bits, f.name, name_of(f.mode), shown, shown.empty() ? "" : "  ",
                       f.text);
  }
  const std::uint64_t reserved = value ? *value & ~r.implemented() : 0;
  if (reserved != 0) out += fmt::format("  reserved bits set: 0x{:x}\n", reserved);
  return {out, true};
}

std::variant<register_blocks, std::string> select_blocks(const register_blocks& blocks, const std::string& name) {
  std::vector<std::string_view> names;
  for (const block_instances& b : blocks) {
    if (b.block->name == name) return register_blocks{b};
    names.push_back(b.block->name);
    for (std::uint32_t i = 0; i < b.count; ++i) {
      if (b.name_of(i) != name) continue;
      block_instances one = b;
      one.first = b.first + i;
      one.base = b.base_of(i);
      one.count = 1;
      return register_blocks{one};
    }
  }
  return fmt::format("unknown block '{}': expected one of {} or one instance such as TILE(0,0), did you mean '{}'?",
                     name, fmt::join(names, ", "), nearest(name, names));
}

} // namespace acf::platform
