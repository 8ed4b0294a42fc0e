#include "sw_stack/driver/routes.hpp"

#include "sw_stack/driver/fabric.hpp"
#include "sw_stack/hal/memory_map.hpp"

namespace acf::driver {
namespace {

const hal::reg& table(std::uint32_t bank) { return bank == 0 ? hal::router::bank0 : hal::router::bank1; }

registers router(environment& world, std::uint32_t number) { return {world, hal::map::routing_base(number)}; }

// Where a node hangs, found by following a complete table from router 0.
std::optional<node_place> locate(environment& world, const chip& what, std::uint32_t bank, std::uint32_t node) {
  node_place at;
  for (std::uint32_t hops = 0; hops <= what.tiles; ++hops) {
    const auto entry = router(world, at.y * what.width + at.x).read(table(bank), node);
    if (!hal::test(entry, hal::router::valid_field)) return std::nullopt;
    at.port = static_cast<std::uint32_t>(hal::get(entry, hal::router::port_field));
    switch (at.port) {
    case hal::router::north: --at.y; break;
    case hal::router::east: ++at.x; break;
    case hal::router::south: ++at.y; break;
    case hal::router::west: --at.x; break;
    default: return at;
    }
    if (at.x >= what.width || at.y >= what.height) return std::nullopt;
  }
  return std::nullopt;
}

} // namespace

problem fabric::set_route(std::uint32_t bank, std::uint32_t number, std::uint32_t node,
                          std::optional<std::uint32_t> port) {
  if (bank > 1) return {trouble::bad_argument, "routing bank", bank, 2};
  if (number >= what.tiles) return {trouble::bad_argument, "router", number, what.tiles};
  if (node >= what.nodes) return {trouble::bad_argument, "node", node, what.nodes};
  const auto entry = port ? hal::put(hal::router::valid_field.mask(), hal::router::port_field, *port) : 0;
  router(outside, number).write(table(bank), entry, node);
  return {};
}

problem fabric::check_routes() {
  global.write(hal::global::route_status, hal::global::route_status.mask(hal::access::w1c));
  global.start(hal::global::control, hal::global::control["CHECK_ROUTES"]);
  const auto found = global.read(hal::global::route_status);
  if (found == 0) return {};
  if (hal::test(found, hal::global::route_status["CYCLE"]) && !(found & ~hal::global::route_status["CYCLE"].mask())) {
    const auto link = global.read(hal::global::route_cycle, 0);
    return {trouble::route_cycle, "links", hal::get(link, hal::global::route_cycle["ROUTER"]),
            global.read(hal::global::route_cycle_length)};
  }
  const auto at = global.read(hal::global::route_at);
  return {trouble::no_route, hal::test(found, hal::global::route_status["HOLE"]) ? "a hole" : "a loop",
          hal::get(at, hal::global::route_at["ROUTER"]), hal::get(at, hal::global::route_at["DESTINATION"])};
}

problem fabric::fill_routes(std::uint32_t bank, std::uint32_t known, const route_plan& plan) {
  for (std::uint32_t node = 0; node < what.nodes; ++node) {
    const auto to = plan.ports != nullptr ? node_place{} : locate(outside, what, known, node);
    if (!to) return {trouble::no_route, "the table in use is incomplete", 0, node};
    for (std::uint32_t number = 0; number < what.tiles; ++number) {
      const auto port = plan.ports != nullptr ? plan.ports[node * what.tiles + number]
                                              : plan.choose(number % what.width, number / what.width, *to);
      if (const auto p = set_route(bank, number, node, port)) return p;
    }
  }
  return {};
}

problem fabric::program_routes(const route_plan& plan) {
  constexpr auto bank_field = hal::global::control["ROUTE_BANK"];
  const auto used = static_cast<std::uint32_t>(hal::get(global.read(hal::global::control), bank_field));
  const auto spare = 1 - used;
  if (const auto p = fill_routes(spare, used, plan)) return p;
  global.write(hal::global::control, hal::put(0, bank_field, spare));
  if (!plan.checked) return {};
  auto p = check_routes();
  if (!p) return p;
  const bool idle = hal::test(global.read(hal::global::status), hal::global::status["IDLE"]);
  if (p.what == trouble::route_cycle && idle) {
    // The two tables do not go together. Nothing is under way with the old one: it can be the new one, too.
    if (const auto q = fill_routes(used, spare, plan)) return q;
    p = check_routes();
    if (!p) return p;
    for (const auto bank : {used, spare}) // the new one has a ring of its own
      if (const auto q = fill_routes(bank, bank, {})) return q;
  }
  global.write(hal::global::control, hal::put(0, bank_field, used));
  return p;
}

} // namespace acf::driver
