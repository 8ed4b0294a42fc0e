// The ROUTER registers: the routing tables as the host sees them, one block per router.
#pragma once

#include "models/common/register_bank.hpp"
#include "models/noc/routing.hpp"

#include <memory>
#include <vector>

namespace acf::noc {

class router_registers {
public:
  router_registers(routing_tables& routes, const topology& where);

  common::register_bank& of(router_id router) { return *banks_.at(router); }
  void observe(common::register_observer* who);

private:
  std::vector<std::unique_ptr<common::register_bank>> banks_;
};

} // namespace acf::noc
