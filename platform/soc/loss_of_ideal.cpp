#include "platform/soc/loss_of_ideal.hpp"

#include "platform/report/waterfall_causes.hpp"
#include "sw_stack/hal/command_names.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <numeric>
#include <set>

namespace acf::platform {

using common::activity_kind;

namespace {

constexpr std::size_t kinds = static_cast<std::size_t>(activity_kind::count), lane_causes = zbcc::stall_names.size();
constexpr std::size_t ideal = 0, first_lane_cause = 1, first_wait = first_lane_cause + lane_causes,
                      unfinished = first_wait + kinds, unattributed = unfinished + 1, columns = unattributed + 1;

std::string name_of_column(std::size_t c) {
  if (c == unattributed) return std::string{causes::unattributed};
  if (c == unfinished) return std::string{causes::cut_off};
  if (c >= first_wait) return causes::waiting(common::activity_names[c - first_wait]);
  return causes::lanes(zbcc::stall_names[c - first_lane_cause]);
}

// Parts, as integers that add up to what the parts add up to: what rounding down took away goes where the fractions are
// largest.
std::vector<std::int64_t> apportion(const std::vector<double>& parts, std::uint64_t total) {
  std::vector<std::int64_t> whole(parts.size());
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), 0);
  auto missing = static_cast<std::int64_t>(total);
  for (std::size_t i = 0; i < parts.size(); ++i) missing -= whole[i] = static_cast<std::int64_t>(std::floor(parts[i]));
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
    return parts[x] - static_cast<double>(whole[x]) > parts[y] - static_cast<double>(whole[y]);
  });
  for (std::size_t i = 0; missing > 0 && i < order.size(); ++i, --missing) ++whole[order[i]];
  return whole;
}

waterfall make(std::string name, const std::int64_t* cells) {
  waterfall w;
  w.name = std::move(name);
  w.ideal = static_cast<std::uint64_t>(cells[ideal]);
  w.achieved =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, std::accumulate(cells, cells + columns, std::int64_t{0})));
  for (std::size_t c = first_lane_cause; c < columns; ++c)
    if (cells[c]) w.losses.emplace_back(name_of_column(c), cells[c]);
  return w;
}

// A reading in the middle of a wait calls it what it looks like then; what it was is known when it ends. So a cause, or
// a tag, may have fewer cycles at the end of a window than at its beginning: another one has them instead.
double grown(std::uint64_t last, std::uint64_t first) {
  return static_cast<double>(static_cast<std::int64_t>(last - first));
}

std::set<std::uint16_t> tags_of(const tile::phases& a, const tile::phases& b) {
  std::set<std::uint16_t> all;
  for (const auto* phases : {&a, &b})
    for (const auto& [tag, account] : *phases) all.insert(tag);
  return all;
}

tile::phase_cycles of(const tile::phases& phases, std::uint16_t tag) {
  const auto at = phases.find(tag);
  return at == phases.end() ? tile::phase_cycles{} : at->second;
}

} // namespace

std::string name_of_phase(std::uint16_t tag) {
  if (tag == 0) return "between jobs";
  const auto layer = hal::layer_of_tag(tag);
  const auto phase = hal::phase_of_tag(tag);
  const auto what = phase.empty() ? fmt::format("tag {:#x}", tag) : std::string(phase);
  return layer ? fmt::format("layer{}/{}", layer, what) : what;
}

std::vector<waterfall> make_waterfalls(std::span<const std::uint32_t> lanes_of, const reading& begin,
                                       const reading& end, const std::string& name) {
  const double tiles = static_cast<double>(lanes_of.size());
  std::map<std::uint16_t, std::array<double, columns>> rows;
  std::map<std::uint16_t, double> busiest;
  for (std::size_t t = 0; t < lanes_of.size(); ++t) {
    const double lanes = lanes_of[t];
    for (const std::uint16_t tag : tags_of(begin.phases[t], end.phases[t])) {
      const auto first = of(begin.phases[t], tag), last = of(end.phases[t], tag);
      auto& row = rows[tag];
      double own = 0;
      for (std::size_t k = 0; k < kinds; ++k) own += grown(last.matrix[k], first.matrix[k]);
      busiest[tag] = std::max(busiest[tag], own);
      row[ideal] += static_cast<double>(last.lanes.executed - first.lanes.executed) / lanes / tiles;
      for (std::size_t i = 0; i < lane_causes; ++i)
        row[first_lane_cause + i] += static_cast<double>(last.lanes.idle[i] - first.lanes.idle[i]) / lanes / tiles;
      for (std::size_t k = 0; k < kinds; ++k)
        if (k != static_cast<std::size_t>(activity_kind::busy))
          row[first_wait + k] += grown(last.matrix[k], first.matrix[k]) / tiles;
      // Every slot of a busy cycle executes or has a cause, but for commands that an error or the end of the run cuts
      // off. What the accounts do not explain beyond that shows as unattributed, and the report's checks limit it.
      const auto& l = last.lanes;
      const auto& f = first.lanes;
      double slots = static_cast<double>(l.executed - f.executed);
      for (std::size_t i = 0; i < lane_causes; ++i) slots += static_cast<double>(l.idle[i] - f.idle[i]);
      constexpr auto busy = static_cast<std::size_t>(activity_kind::busy);
      const double done = static_cast<double>(l.slots - f.slots);
      const double cut_off = grown(last.matrix[busy], first.matrix[busy]) - done / lanes;
      row[cut_off < 0 ? unattributed : unfinished] += cut_off / tiles;
      row[unattributed] += (done - slots) / lanes / tiles;
    }
  }
  // Counted a second time: by the clock. Cycles that no tag has, or that two have, are nobody's.
  std::vector<double> parts;
  for (const auto& [tag, row] : rows) parts.insert(parts.end(), row.begin(), row.end());
  const double counted = std::accumulate(parts.begin(), parts.end(), 0.0);
  const double nobodys = static_cast<double>(end.at - begin.at) - counted;
  if (std::abs(nobodys) >= 0.5) {
    rows[0][unattributed] += nobodys;
    parts.clear();
    for (const auto& [tag, row] : rows) parts.insert(parts.end(), row.begin(), row.end());
  }
  const auto cells = apportion(parts, end.at - begin.at);
  std::array<std::int64_t, columns> sum{};
  for (std::size_t i = 0; i < cells.size(); ++i) sum[i % columns] += cells[i];
  std::vector<waterfall> list{make(name, sum.data())};
  list.front().of_busiest_tile = list.front().achieved;
  std::size_t at = 0;
  for (const auto& [tag, row] : rows) {
    auto part = make(name_of_phase(tag), &cells[at]);
    part.of_busiest_tile = static_cast<std::uint64_t>(busiest[tag]);
    if (part.achieved) list.push_back(std::move(part));
    at += columns;
  }
  return list;
}

} // namespace acf::platform
