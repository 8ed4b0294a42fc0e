// Routing tables: per router, bank and destination node an output port, as the ROUTER registers show them.
#pragma once

#include <cstdint>
#include <vector>

#include "models/noc/topology.hpp"

namespace acf::noc {

using common::fabric_error;

// Where a packet goes: the links from router to router. A bad route has an error instead.
struct route {
  std::vector<link_id> links;
  fabric_error error{};
};

class routing_tables {
public:
  static constexpr std::uint32_t banks = 2;

  explicit routing_tables(const topology& where); // XY in both banks

  // Register view of one entry, for nodes up to hal::router::max_nodes: port_field and valid_field.
  std::uint32_t get(std::uint32_t bank, router_id router, node_id destination) const;
  void set(std::uint32_t bank, router_id router, node_id destination, std::uint32_t value);
  void reset(); // XY: along the row first, then along the column

  // Bank of the packets that enter the mesh from now on; those under way keep theirs.
  void select(std::uint32_t bank) { selected_ = bank & 1; }
  std::uint32_t selected() const { return selected_; }

  // The way of a packet that enters at `from`. Valid until the next set() or reset().
  const route& find(std::uint32_t bank, router_id from, node_id destination);

  std::uint64_t generation() const { return generation_; } // another one after every set() or reset()

  // The first hole or loop over all destinations and routers, or no error.
  fabric_error check(std::uint32_t bank) const;

  // Links that could wait for each other in a ring, in order, or none. A packet that holds a link's buffer waits for
  // the next link on its way, so every pair of successive links of a route is an edge; packets of both banks may be
  // under way together, so the edges of both count (Dally and Seitz, IEEE Trans. Computers C-36(5), 1987). A multicast
  // adds no edge of its own: its copies wait for their own links alone (flit_mesh.hpp).
  std::vector<link_id> find_cycle() const;

private:
  struct step {
    enum { forward, arrived, hole } what;
    link_id link;
  };
  struct remembered {
    route way;
    std::uint64_t generation = 0; // of the tables when it was walked
  };

  step next(std::uint32_t bank, router_id router, node_id destination) const;
  void walk(std::uint32_t bank, router_id from, node_id destination, route& way) const;
  std::size_t index(std::uint32_t bank, router_id router, node_id destination) const;

  const topology& where_;
  std::vector<std::uint8_t> entries_;
  std::vector<std::vector<remembered>> walks_; // by bank and router, made when a packet first enters there
  std::uint64_t generation_ = 1;
  std::uint32_t selected_ = 0;
};

} // namespace acf::noc
