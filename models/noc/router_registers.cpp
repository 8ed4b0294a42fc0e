#include "models/noc/router_registers.hpp"

#include "sw_stack/hal/global_registers.hpp"

namespace acf::noc {

router_registers::router_registers(routing_tables& routes, const topology& where) {
  const auto decoder = std::make_shared<const common::register_decoder>(hal::router::block);
  for (std::uint32_t n = 0; n < where.routers(); ++n) {
    const auto router = static_cast<router_id>(n);
    auto& bank =
        *banks_.emplace_back(std::make_unique<common::register_bank>(decoder, "ROUTER" + where.router_name(router)));
    for (std::uint32_t which = 0; which < routing_tables::banks; ++which) {
      const auto& table = which ? hal::router::bank1 : hal::router::bank0;
      bank.limit(table, where.nodes());
      bank.external(
          table,
          [&routes, which, router](std::uint32_t node) -> std::uint64_t {
            return routes.get(which, router, static_cast<node_id>(node));
          },
          [&routes, which, router](std::uint32_t node, std::uint64_t value) {
            routes.set(which, router, static_cast<node_id>(node), static_cast<std::uint32_t>(value));
          });
    }
  }
}

void router_registers::observe(common::register_observer* who) {
  for (auto& b : banks_) b->observe(who);
}

} // namespace acf::noc
