#include "models/zbcc/engines.hpp"
#include "models/zbcc/gather_order.hpp"

#include <algorithm>
#include <stdexcept>

namespace acf::zbcc {
namespace {

struct entry {
  std::string_view name;
  std::unique_ptr<engine> (*make)(const engine_config&);
};
constexpr entry table[] = {{"dense", make_dense},
                           {"zbcc", make_zbcc},
                           {"tensordash", make_tensordash},
                           {"spartann", make_spartann},
                           {"sat", make_sat}};

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

void engine::gather(const chunk& work, gatherer& to) const {
  if (work.outputs)
    gather_blocks(work, to, side::b, 4, 4);
  else
    gather_tiles(work, to, side::b, 4, 4);
}

void require_shape(const engine_config& c, std::uint32_t rows, std::uint32_t columns) {
  const std::uint64_t elements = std::uint64_t{rows} * columns;
  if (elements == 0 || c.lanes == 0 || c.lanes % elements != 0)
    throw std::invalid_argument("engine '" + c.name + "': lanes (" + std::to_string(c.lanes) +
                                ") must be a multiple of rows x columns (" + std::to_string(rows) + " x " +
                                std::to_string(columns) + ")");
}

std::optional<side> targeted(const chunk& work) {
  if (!work.skip.any()) return std::nullopt;
  if (!work.skip.a) return side::b;
  if (!work.skip.b) return side::a;
  // zeros / elements, compared without division: both have k columns
  const std::uint64_t zeros_a = work.m * work.k - work.a.count(), zeros_b = work.n * work.k - work.b.count();
  return zeros_a * work.n > zeros_b * work.m ? side::a : side::b;
}

oriented orient(const chunk& work, side which) {
  const bool b = which == side::b;
  oriented o{b ? work.b : work.a,
             b ? work.n : work.m,
             b ? work.m : work.n,
             work.k,
             b ? work.bytes_b : work.bytes_a,
             b ? work.bytes_a : work.bytes_b,
             {}};
  if (work.outputs) {
    o.blocks_of.assign(o.streams / 4, 0);
    for (const output_block& block : *work.outputs) ++o.blocks_of[b ? block.column : block.row];
  }
  return o;
}

void limit_by_sram(chunk_cost& cost, std::uint32_t lanes, std::uint32_t bytes_per_cycle) {
  const cycles fed = (cost.bytes_read + cost.bytes_written + bytes_per_cycle - 1) / bytes_per_cycle;
  if (fed <= cost.busy) return;
  cost[stall::sram] += (fed - cost.busy) * lanes;
  cost.busy = fed;
}

} // namespace acf::zbcc
