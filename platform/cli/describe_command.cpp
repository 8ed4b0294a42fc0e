#include "platform/cli/commands.hpp"
#include "platform/cli/device_tree_output.hpp"
#include "platform/config/input_error.hpp"
#include "platform/config/resolved.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/peripherals.hpp"

#include <fmt/format.h>
#include <iostream>

namespace acf::platform {
namespace {

using nlohmann::ordered_json;

ordered_json memory_map_json(const config& c) {
  namespace map = hal::map;
  ordered_json out = ordered_json::array();
  const auto add = [&](std::string_view name, std::uint64_t base, std::uint64_t size) {
    out.push_back({{"name", name}, {"base", base}, {"size", size}});
  };
  add("boot_rom", map::boot_rom, map::boot_rom_size);
  for (const auto* p : hal::peripherals::all) add(p->name, p->base, p->size);
  add("global", map::global_block, map::tile_window);
  add("tiles", map::tiles, map::tile_window * c.tiles());
  add("routing", map::routing, map::routing_window * c.tiles());
  add("dram", map::dram, std::uint64_t{c.dram.size_mib} << 20);
  return out;
}

ordered_json interrupts_json() {
  ordered_json out = ordered_json::array();
  for (const auto& [name, number] : hal::interrupts) out.push_back({{"name", name}, {"number", number}});
  return out;
}

ordered_json engines_json(const config& c) {
  ordered_json out = ordered_json::array();
  for (const word& engine : find_key("zbcc.engine")->words) {
    std::uint32_t tiles = 0;
    for (std::uint32_t t = 0; t < c.tiles(); ++t)
      tiles += c.engine_of(t % c.mesh.width, t / c.mesh.width) == engine.name;
    out.push_back({{"name", engine.name}, {"tiles", tiles}});
  }
  return out;
}

ordered_json description(const config& c) {
  return {{"config", to_json(c)},
          {"memory_map", memory_map_json(c)},
          {"interrupts", interrupts_json()},
          {"engines", engines_json(c)},
          {"keys", describe_keys()}};
}

struct describe_options {
  chosen_configuration chosen;
  std::string format = "json";
};

int describe(const describe_options& o) {
  const config c = o.chosen.read();
  if (o.format == "json") {
    std::cout << description(c).dump(1) << '\n';
    return 0;
  }
  std::cout << device_tree(c, o.format == "dts" ? device_tree_form::source : device_tree_form::blob);
  return 0;
}

} // namespace

command add_describe(CLI::App& app) {
  const auto o = std::make_shared<describe_options>();
  o->chosen.add_to(app);
  app.add_option("--format", o->format, "form of the description")->check(one_of({"json", "dts", "dtb"}));
  return [o] { return describe(*o); };
}

} // namespace acf::platform
