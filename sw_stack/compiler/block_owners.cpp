#include "sw_stack/compiler/block_owners.hpp"

#include "sw_stack/compiler/recipe.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <metis.h>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace acf::compiler {
namespace {

// Thousandths. METIS aims at an imbalance and may miss it, so it is given smaller ones, and its other algorithm, until
// what it finds is within; what is still too heavy then is moved along the string (even_out).
constexpr idx_t imbalance = 50;
constexpr struct {
  idx_t aim;
  decltype(&METIS_PartGraphKway) cut;
} attempts[] = {{50, METIS_PartGraphKway}, {50, METIS_PartGraphRecursive}, {5, METIS_PartGraphRecursive}};

// What a cut between two blocks costs: a column that goes to two tiles, or only a piece more.
constexpr idx_t one_column = 8, neighbours = 1;

struct block_parts {
  std::vector<std::uint32_t> blocks; // column by column
  std::vector<idx_t> part;           // of each
  double imbalance_percent = 0;
  std::uint64_t cut = 0; // edges
  std::uint32_t parts = 0;
};

idx_t heaviest(const std::vector<idx_t>& part, idx_t parts) {
  std::vector<idx_t> load(static_cast<std::size_t>(parts), 0);
  for (const idx_t p : part) ++load[static_cast<std::size_t>(p)];
  return *std::ranges::max_element(load);
}

// Parts strung up by their first blocks; those with more than `most` give their last blocks to the next one, and what
// is too much at the end goes back. `part` is numbered along the string then.
void even_out(std::vector<idx_t>& part, std::size_t parts, std::size_t most) {
  std::vector<std::deque<std::size_t>> string; // the blocks of each part
  std::map<idx_t, std::size_t> place;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const auto [at, fresh] = place.try_emplace(part[i], string.size());
    if (fresh) string.emplace_back();
    string[at->second].push_back(i);
  }
  string.resize(parts); // METIS may leave parts empty
  for (std::size_t p = 0; p + 1 < parts; ++p)
    for (; string[p].size() > most; string[p].pop_back()) string[p + 1].push_front(string[p].back());
  for (std::size_t p = parts; p-- > 1;)
    for (; string[p].size() > most; string[p].pop_front()) string[p - 1].push_back(string[p].front());
  for (std::size_t p = 0; p < parts; ++p)
    for (const std::size_t i : string[p]) part[i] = static_cast<idx_t>(p);
}

// Vertices are live blocks, all of one weight. The blocks of a column are a chain, and the last one of a column hangs
// on the first one of the next column if that has live blocks, too: side by side on one tile they travel as one piece.
block_parts cut_by_metis(std::uint32_t block_columns, const std::vector<std::uint32_t>& live, std::uint32_t tiles) {
  block_parts result;
  if (live.empty()) return result;
  result.blocks = live;
  std::ranges::sort(result.blocks, {}, [&](std::uint32_t b) { return std::pair(b % block_columns, b); });
  const auto parts = static_cast<idx_t>(std::min<std::size_t>(tiles, live.size()));
  result.parts = static_cast<std::uint32_t>(parts);
  std::vector<idx_t> joined(live.size() + 1, 0); // weight of the edge between a block and the one before it
  for (std::size_t i = 1; i < live.size(); ++i) {
    const std::uint32_t apart = result.blocks[i] % block_columns - result.blocks[i - 1] % block_columns;
    joined[i] = apart == 0 ? one_column : apart == 1 ? neighbours : 0;
  }
  std::vector<idx_t> first{0}, other, weight;
  for (std::size_t i = 0; i < live.size(); ++i) {
    const auto at = static_cast<idx_t>(i);
    if (joined[i] != 0) other.push_back(at - 1), weight.push_back(joined[i]);
    if (joined[i + 1] != 0) other.push_back(at + 1), weight.push_back(joined[i + 1]);
    first.push_back(static_cast<idx_t>(other.size()));
  }
  const double mean = static_cast<double>(live.size()) / static_cast<double>(parts);
  idx_t least = 0;
  for (const auto& attempt : attempts) {
    std::vector<idx_t> part(live.size(), 0);
    idx_t cut = 0, options[METIS_NOPTIONS], vertices = static_cast<idx_t>(live.size()), constraints = 1, count = parts;
    METIS_SetDefaultOptions(options);
    options[METIS_OPTION_SEED] = 0; // equal runs give equal bytes
    options[METIS_OPTION_UFACTOR] = attempt.aim;
    if (parts > 1 && attempt.cut(&vertices, &constraints, first.data(), other.data(), nullptr, nullptr, weight.data(),
                                 &count, nullptr, nullptr, options, &cut, part.data()) != METIS_OK)
      throw std::runtime_error("METIS cannot cut the blocks of a layer");
    const idx_t found = heaviest(part, parts);
    if (!result.part.empty() && found >= least) continue;
    result.part = std::move(part), least = found;
    if (1000 * (found / mean - 1) <= imbalance) break;
  }
  // At most 5 % more than the mean, or, of few blocks, one that a part must have more than that.
  const auto most = static_cast<std::size_t>(std::max(std::floor(mean * (1000 + imbalance) / 1000), std::ceil(mean)));
  even_out(result.part, result.parts, most);
  result.imbalance_percent = 100 * (static_cast<double>(heaviest(result.part, parts)) / mean - 1);
  for (std::size_t i = 1; i < live.size(); ++i) result.cut += joined[i] != 0 && result.part[i] != result.part[i - 1];
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
    block_parts cut;
    if (how == block_owners::metis) {
      cut = cut_by_metis(columns, live, tiles);
      result.metis_imbalance_percent = cut.imbalance_percent;
      result.metis_cut = cut.cut;
      result.metis_parts = cut.parts;
    }
    std::vector<std::tuple<idx_t, std::uint32_t, std::uint32_t>> ranked; // part along the string, column, block
    for (std::size_t i = 0; i < live.size(); ++i) {
      const std::uint32_t b = cut.part.empty() ? live[i] : cut.blocks[i];
      ranked.emplace_back(cut.part.empty() ? 0 : cut.part[i], b % columns, b);
    }
    std::ranges::sort(ranked);
    for (const auto& [part, column, b] : ranked) order.push_back(b);
  }
  result.traffic = traffic_of(columns, order, tiles);
  return result;
}

} // namespace acf::compiler
