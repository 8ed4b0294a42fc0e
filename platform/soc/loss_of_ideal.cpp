#include "platform/soc/loss_of_ideal.hpp"

#include "sw_stack/hal/command_names.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <numeric>

namespace acf::platform {

using common::activity_kind;

namespace {

constexpr std::size_t kinds = static_cast<std::size_t>(activity_kind::count), lane_causes = zbcc::stall_names.size();
constexpr std::size_t ideal = 0, first_lane_cause = 1, first_wait = first_lane_cause + lane_causes,
                      unattributed = first_wait + kinds, columns = unattributed + 1;

std::string name_of_column(std::size_t c) {
  if (c == unattributed) return "unattributed";
  if (c >= first_wait) return fmt::format("matrix engine waits: {}", common::activity_names[c - first_wait]);
  return fmt::format("lanes: {}", zbcc::stall_names[c - first_lane_cause]);
}

// Parts, as integers that add up to exactly `total`; what the parts are short of it goes where the fractions are
// largest.
std::vector<std::uint64_t> apportion(const std::vector<double>& parts, std::uint64_t total) {
  std::vector<std::uint64_t> whole(parts.size());
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), 0);
  std::uint64_t given = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) given += whole[i] = static_cast<std::uint64_t>(parts[i]);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return parts[a] - static_cast<double>(whole[a]) > parts[b] - static_cast<double>(whole[b]);
  });
  for (std::size_t i = 0; given < total; ++i, ++given) ++whole[order[i % order.size()]];
  return whole;
}

waterfall make(std::string name, const std::uint64_t* cells) {
  waterfall w;
  w.name = std::move(name);
  w.ideal = cells[ideal];
  w.achieved = std::accumulate(cells, cells + columns, std::uint64_t{0});
  for (std::size_t c = first_lane_cause; c < columns; ++c)
    if (cells[c]) w.losses.emplace_back(name_of_column(c), static_cast<std::int64_t>(cells[c]));
  return w;
}

} // namespace

std::string name_of_phase(std::uint16_t tag) {
  if (tag == 0) return "between jobs";
  const auto layer = hal::layer_of_tag(tag);
  const auto phase = hal::phase_of_tag(tag);
  const auto what = phase.empty() ? fmt::format("tag {:#x}", tag) : std::string(phase);
  return layer ? fmt::format("layer{}/{}", layer, what) : what;
}

std::vector<waterfall> make_waterfalls(const soc& chip, const reading& begin, const reading& end,
                                       const std::string& name) {
  const double tiles = static_cast<double>(chip.tiles.size());
  std::map<std::uint16_t, std::array<double, columns>> rows;
  for (std::size_t t = 0; t < chip.tiles.size(); ++t) {
    const double lanes = chip.tiles[t]->matrix().lane_count();
    for (const auto& [tag, last] : end.phases[t]) {
      const auto at = begin.phases[t].find(tag);
      const auto first = at == begin.phases[t].end() ? tile::phase_cycles{} : at->second;
      auto& row = rows[tag];
      row[ideal] += static_cast<double>(last.lanes.executed - first.lanes.executed) / lanes / tiles;
      for (std::size_t i = 0; i < lane_causes; ++i)
        row[first_lane_cause + i] += static_cast<double>(last.lanes.idle[i] - first.lanes.idle[i]) / lanes / tiles;
      for (std::size_t k = 0; k < kinds; ++k) {
        const auto cycles = static_cast<double>(last.matrix[k] - first.matrix[k]) / tiles;
        if (k != static_cast<std::size_t>(activity_kind::busy))
          row[first_wait + k] += cycles;
        else // lane slots are those of the busy cycles; of a command that is not done yet they are not known
          row[unattributed] += cycles - static_cast<double>(last.lanes.slots - first.lanes.slots) / lanes / tiles;
      }
    }
  }
  std::vector<double> parts;
  for (auto& [tag, row] : rows) {
    row[unattributed] = std::max(0.0, row[unattributed]);
    parts.insert(parts.end(), row.begin(), row.end());
  }
  const auto cells = apportion(parts, end.at - begin.at);
  std::array<std::uint64_t, columns> sum{};
  for (std::size_t i = 0; i < cells.size(); ++i) sum[i % columns] += cells[i];
  std::vector<waterfall> list{make(name, sum.data())};
  std::size_t at = 0;
  for (const auto& [tag, row] : rows) {
    auto part = make(name_of_phase(tag), &cells[at]);
    if (part.achieved) list.push_back(std::move(part));
    at += columns;
  }
  return list;
}

} // namespace acf::platform
