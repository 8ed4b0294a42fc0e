#include "platform/soc/traffic_of_run.hpp"

#include "platform/soc/loss_of_ideal.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace acf::platform {
namespace {

constexpr std::size_t most_links = 64, most_waits = 16;

// Values of the windows up to `end`, each over its own length. `window` is the history's or a multiple of it.
std::vector<double> values_of(const common::use_over_time& history, std::size_t resource, common::cycles window,
                              common::cycles end, double factor) {
  std::vector<double> values;
  const auto& counts = history.of(resource);
  const std::size_t group = window / history.window();
  for (auto from = history.origin(); from < end; from += window) {
    std::uint64_t sum = 0;
    const std::size_t first = values.size() * group;
    for (std::size_t i = first; i < std::min(first + group, counts.size()); ++i) sum += counts[i];
    values.push_back(factor * static_cast<double>(sum) / static_cast<double>(std::min(end - from, window)));
  }
  return values;
}

template <class T, class Key>
void keep_largest(std::vector<T>& list, std::size_t most, Key key) {
  std::stable_sort(list.begin(), list.end(), [&](const T& a, const T& b) { return key(a) > key(b); });
  if (list.size() > most) list.resize(most);
}

std::vector<traffic_result::histogram> latencies(const noc::mesh_counters& begin, const noc::mesh_counters& end) {
  using common::latency_histogram;
  std::vector<traffic_result::histogram> out;
  for (const auto& [name, of] : {std::pair{"request", 0}, std::pair{"response", 1}}) {
    traffic_result::histogram h{name, {}};
    for (std::size_t i = 0; i < latency_histogram::classes; ++i)
      h.below.emplace_back(i + 1 < latency_histogram::classes ? latency_histogram::below(i) : 0,
                           end.latency[of].packets[i] - begin.latency[of].packets[i]);
    const auto empty = [](const auto& b) { return b.second == 0; };
    const auto last = std::find_if_not(h.below.rbegin(), h.below.rend(), empty);
    h.below.erase(last.base(), h.below.end());
    h.below.erase(h.below.begin(), std::find_if_not(h.below.begin(), h.below.end(), empty));
    out.push_back(std::move(h));
  }
  return out;
}

void add_channels(const soc& chip, const reading& begin, const reading& end, traffic_result& t) {
  std::vector<traffic_result::wait> waits;
  const double cycles = std::max(1.0, static_cast<double>(end.at - begin.at));
  const double per_ns = 1000.0 / static_cast<double>(chip.fabric_clock().period().value()); // cycles
  for (std::size_t c = 0; c < end.channels.size(); ++c) {
    const auto &last = end.channels[c], &first = begin.channels[c];
    const auto bytes = last.bytes_read + last.bytes_written - first.bytes_read - first.bytes_written;
    const auto name = fmt::format("DRAM{}", c);
    traffic_result::channel one{name, static_cast<double>(bytes) / cycles * per_ns, {}};
    const auto bursts = last.banks.reads + last.banks.writes - first.banks.reads - first.banks.writes;
    if (bursts > 0)
      one.row_hit_percent =
          100 * static_cast<double>(last.banks.row_hits - first.banks.row_hits) / static_cast<double>(bursts);
    t.bandwidth.push_back(
        {name, one.gb_per_s, values_of(chip.dram.bytes_over_time, c, t.window_cycles, end.at, per_ns)});
    t.channels.push_back(std::move(one));
    const auto wait = [&](const std::string& what, std::uint64_t n) {
      if (n > 0) waits.push_back({fmt::format("{}, channel {}", what, c), n});
    };
    if (chip.dram.banks()) {
      wait("row conflict", last.banks.row_waits - first.banks.row_waits);
      wait("column command", last.banks.column_waits - first.banks.column_waits);
      wait("refresh", last.banks.refresh_waits - first.banks.refresh_waits);
    } else {
      wait("data bus", last.waited - first.waited);
    }
  }
  keep_largest(waits, most_waits, [](const auto& w) { return w.cycles; });
  t.waits.insert(t.waits.end(), waits.begin(), waits.end());
}

// What line buffers and bank caches saved, by layer and phase, all tiles together.
void add_operands(const soc& chip, const reading& begin, const reading& end, traffic_result& t) {
  t.bank_caches = chip.configuration().same.bank_cache_kib != 0;
  std::map<std::uint16_t, traffic_result::reuse> phases;
  for (std::size_t tile = 0; tile < end.phases.size(); ++tile)
    for (const auto& [tag, last] : end.phases[tile]) {
      const auto at = begin.phases[tile].find(tag);
      const auto first = at == begin.phases[tile].end() ? tile::lane_account{} : at->second.lanes;
      phases[tag].delivered += last.lanes.delivered - first.delivered;
      phases[tag].cached += last.lanes.cached - first.cached;
      phases[tag].fetched += last.lanes.fetched - first.fetched;
    }
  for (auto& [tag, r] : phases) {
    if (r.delivered == 0) continue;
    r.name = name_of_phase(tag);
    t.operands.push_back(std::move(r));
  }
}

} // namespace

traffic_result traffic_between(const soc& chip, const reading& begin, const reading& end) {
  traffic_result t;
  const auto& use = chip.mesh.use();
  t.first_cycle = use.origin();
  t.window_cycles = std::max(use.window(), chip.dram.bytes_over_time.window());
  while (end.at > t.first_cycle + t.window_cycles * use.windows) t.window_cycles *= 2; // nothing moved for long
  const double cycles = std::max(1.0, static_cast<double>(end.at - begin.at));
  for (std::uint32_t i = 0; i < chip.mesh.resources(); ++i) {
    auto name = chip.mesh.resource_name(i);
    if (name.empty()) continue;
    ++t.all_links;
    const auto &last = end.links.resources[i], &first = begin.links.resources[i];
    if (last.waited > first.waited) t.waits.push_back({name, last.waited - first.waited});
    if (last.busy > first.busy)
      t.links.push_back({std::move(name), static_cast<double>(last.busy - first.busy) / cycles,
                         values_of(use, i, t.window_cycles, end.at, 1)});
  }
  keep_largest(t.links, most_links, [](const auto& s) { return s.mean; });
  t.latency = latencies(begin.mesh, end.mesh);
  keep_largest(t.waits, most_waits, [](const auto& w) { return w.cycles; });
  add_channels(chip, begin, end, t);
  add_operands(chip, begin, end, t);
  keep_largest(t.waits, 2 * most_waits, [](const auto& w) { return w.cycles; }); // of links, and of channels
  return t;
}

} // namespace acf::platform
