#include "sw_stack/compiler/block_owners.hpp"

#include "sw_stack/compiler/recipe.hpp"

#include <algorithm>
#include <map>
#include <metis.h>
#include <set>
#include <stdexcept>
#include <tuple>

namespace acf::compiler {
namespace {

// Thousandths. METIS aims at an imbalance and may miss it, so it is given smaller ones, and its other algorithm, until
// what it finds is within.
constexpr idx_t imbalance = 50;
constexpr struct {
  idx_t aim;
  decltype(&METIS_PartGraphKway) cut;
} attempts[] = {{50, METIS_PartGraphKway},      {50, METIS_PartGraphRecursive}, {20, METIS_PartGraphKway},
                {20, METIS_PartGraphRecursive}, {5, METIS_PartGraphKway},       {1, METIS_PartGraphRecursive}};

struct column_parts {
  std::map<std::uint32_t, idx_t> part; // by block column
  double imbalance_percent = 0;
  std::uint64_t cut = 0;
  std::uint32_t parts = 0;
};

// Vertices are columns with live blocks, as heavy as they have; an edge joins two that lie side by side, because on one
// tile they travel as one piece.
column_parts cut_by_metis(std::uint32_t block_columns, const std::vector<std::uint32_t>& live, std::uint32_t tiles) {
  std::map<std::uint32_t, idx_t> weight_of;
  for (const auto b : live) ++weight_of[b % block_columns];
  column_parts result;
  const auto parts = static_cast<idx_t>(std::min<std::size_t>(tiles, weight_of.size()));
  std::vector<idx_t> first{0}, neighbours, weights;
  std::vector<std::uint32_t> columns;
  for (const auto& [column, weight] : weight_of) {
    const auto at = static_cast<idx_t>(columns.size());
    if (weight_of.contains(column - 1)) neighbours.push_back(at - 1);
    if (weight_of.contains(column + 1)) neighbours.push_back(at + 1);
    first.push_back(static_cast<idx_t>(neighbours.size()));
    weights.push_back(weight);
    columns.push_back(column);
  }
  result.parts = static_cast<std::uint32_t>(parts);
  const double mean = static_cast<double>(live.size()) / static_cast<double>(parts);
  for (const auto& attempt : attempts) {
    std::vector<idx_t> part(columns.size(), 0), load(static_cast<std::size_t>(parts), 0);
    idx_t cut = 0, options[METIS_NOPTIONS], vertices = static_cast<idx_t>(columns.size()), constraints = 1;
    METIS_SetDefaultOptions(options);
    options[METIS_OPTION_SEED] = 0; // equal runs give equal bytes
    options[METIS_OPTION_UFACTOR] = attempt.aim;
    idx_t count = parts;
    if (parts > 1 && attempt.cut(&vertices, &constraints, first.data(), neighbours.data(), weights.data(), nullptr,
                                 nullptr, &count, nullptr, nullptr, options, &cut, part.data()) != METIS_OK)
      throw std::runtime_error("METIS cannot cut the blocks of a layer");
    for (std::size_t i = 0; i < columns.size(); ++i) load[static_cast<std::size_t>(part[i])] += weights[i];
    const double found = 100 * (static_cast<double>(*std::ranges::max_element(load)) / mean - 1);
    if (!result.part.empty() && found >= result.imbalance_percent) continue;
    result.imbalance_percent = found;
    result.cut = static_cast<std::uint64_t>(cut);
    for (std::size_t i = 0; i < columns.size(); ++i) result.part[columns[i]] = part[i];
    if (found * 10 <= imbalance) break;
  }
  return result;
}

} // namespace

owner_traffic traffic_of(std::uint32_t block_columns, const std::vector<std::uint32_t>& block_of_slot,
                         std::uint32_t tiles) {
  owner_traffic all;
  std::set<std::uint32_t> live;
  const auto n = static_cast<std::uint32_t>(block_of_slot.size());
  for (std::uint32_t t = 0, slot = 0; t < tiles; ++t) {
    std::set<std::uint32_t> needed;
    const std::uint32_t own = n / tiles + (t < n % tiles);
    for (std::uint32_t i = 0; i < own; ++i, ++slot) needed.insert(block_of_slot[slot] % block_columns);
    all.columns += needed.size();
    for (const auto c : needed) all.runs += c == 0 || !needed.contains(c - 1);
    all.most_blocks = std::max(all.most_blocks, own);
    live.merge(needed);
  }
  all.live_columns = live.size();
  return all;
}

placed_blocks place_blocks(const layer_shape& s, const std::vector<std::uint32_t>& live, std::uint32_t tiles,
                           block_owners how, std::uint64_t seed) {
  const std::uint32_t columns = s.inputs / 4;
  placed_blocks result;
  auto& order = result.block_of_slot;
  if (how == block_owners::random) {
    const auto n = static_cast<std::uint32_t>(live.size());
    for (const auto i : draw(seed, random_use::owners, n, n)) order.push_back(live[i]);
  } else {
    order = live;
    std::map<std::uint32_t, std::uint32_t> first_of_part; // where its first column lies
    column_parts cut;
    if (how == block_owners::metis) {
      cut = cut_by_metis(columns, live, tiles);
      result.metis_imbalance_percent = cut.imbalance_percent;
      result.metis_cut = cut.cut;
      result.metis_parts = cut.parts;
      for (const auto& [column, part] : cut.part) first_of_part.try_emplace(static_cast<std::uint32_t>(part), column);
    }
    const auto rank = [&](std::uint32_t b) {
      const std::uint32_t column = b % columns;
      const auto part = cut.part.find(column);
      return std::tuple(part == cut.part.end() ? 0 : first_of_part.at(static_cast<std::uint32_t>(part->second)), column,
                        b);
    };
    std::ranges::sort(order, {}, rank);
  }
  result.traffic = traffic_of(columns, order, tiles);
  return result;
}

} // namespace acf::compiler
