// The mesh alone under synthetic traffic, measured as open-loop experiments are (Dally and Towles, "Principles and
// Practices of Interconnection Networks", 24.2): every node draws packets from a Bernoulli process into a source queue
// without end; those generated in a window after a warm-up count, source queueing included.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "models/noc/flit_mesh.hpp"

namespace acf::noc {

enum class traffic_pattern {
  uniform,   // any node, oneself included
  transpose, // (x,y) to (y,x)
  bitcomp,   // node i to the complement of its bits
  neighbor,  // (x,y) to (x+1,y+1), the last row and column to the first
  hotspot    // node 0
};
std::optional<traffic_pattern> find_traffic_pattern(std::string_view name);

struct traffic_load {
  std::uint32_t k = 4; // routers in a row and in a column
  traffic_pattern pattern = traffic_pattern::uniform;
  std::uint32_t packet_flits = 1;
  double rate = 0.1; // flits per node and cycle
  std::uint64_t seed = 1;
  cycles warm_up = 3000;
  cycles measured = 10000;
  bool drain = true; // wait for all packets of the window; without, there is no latency
};

struct traffic_result {
  double packet_latency = 0; // mean, cycles from generation to the arrival of the tail
  double accepted_rate = 0;  // flits per node and cycle that arrived in the window
  std::uint64_t packets = 0; // behind the latency
  std::uint64_t offered = 0; // in the whole run
  cycles simulated = 0;
};

// Throws std::invalid_argument where the load makes no sense on such a mesh ("bitcomp: ...").
traffic_result run_traffic(const router_config& router, const traffic_load& load);

// Cycles of a single packet over `distance` links in an empty mesh.
cycles zero_load_latency(const router_config& router, std::uint32_t k, std::uint32_t distance,
                         std::uint32_t packet_flits);

} // namespace acf::noc
