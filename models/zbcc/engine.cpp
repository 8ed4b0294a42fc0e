#include "models/zbcc/engines.hpp"

#include <algorithm>
#include <stdexcept>

namespace acf::zbcc {
namespace {

struct entry {
  std::string_view name;
  std::unique_ptr<engine> (*make)(const engine_config&);
};
constexpr entry table[] = {{"dense", make_dense}, {"zbcc", make_zbcc}};

} // namespace

std::unique_ptr<engine> make_engine(const engine_config& config) {
  for (const entry& e : table)
    if (e.name == config.name) return e.make(config);
  std::string known;
  for (const entry& e : table) known += (known.empty() ? "" : ", ") + std::string(e.name);
  throw std::invalid_argument("engine '" + config.name + "' is not known; expected one of " + known);
}

std::vector<std::string_view> engine_names() {
  std::vector<std::string_view> names;
  for (const entry& e : table) names.push_back(e.name);
  return names;
}

void limit_by_sram(chunk_cost& cost, std::uint32_t lanes, std::uint32_t bytes_per_cycle) {
  const cycles fed = (cost.bytes_read + cost.bytes_written + bytes_per_cycle - 1) / bytes_per_cycle;
  if (fed <= cost.busy) return;
  cost[stall::sram] += (fed - cost.busy) * lanes;
  cost.busy = fed;
}

} // namespace acf::zbcc
