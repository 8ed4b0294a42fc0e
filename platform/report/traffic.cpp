#include "platform/report/traffic.hpp"

#include <cmath>

namespace acf::platform {

using nlohmann::ordered_json;

namespace {

// Four digits are enough to look at, and keep large meshes' reports small.
double rounded(double value) { return std::round(value * 1e4) / 1e4; }

ordered_json series_json(const std::vector<traffic_result::series>& list) {
  ordered_json out = ordered_json::array();
  for (const auto& s : list) {
    ordered_json values = ordered_json::array();
    for (const double v : s.values) values.push_back(rounded(v));
    out.push_back({{"name", s.name}, {"mean", rounded(s.mean)}, {"over_time", std::move(values)}});
  }
  return out;
}

} // namespace

ordered_json traffic_json(const traffic_result& t) {
  ordered_json latency = ordered_json::object(), channels = ordered_json::array(), waits = ordered_json::array();
  for (const auto& h : t.latency) {
    auto& list = latency[h.name] = ordered_json::array();
    for (const auto& [below, packets] : h.below)
      list.push_back(
          {{"below_cycles", below == 0 ? ordered_json(nullptr) : ordered_json(below)}, {"packets", packets}});
  }
  for (const auto& c : t.channels)
    channels.push_back({{"name", c.name},
                        {"gb_per_s", rounded(c.gb_per_s)},
                        {"row_hit_percent", c.row_hit_percent ? ordered_json(rounded(*c.row_hit_percent)) : nullptr}});
  for (const auto& w : t.waits) waits.push_back({{"for", w.what}, {"cycles", w.cycles}});
  ordered_json reuse = ordered_json::array();
  for (const auto& r : t.operands) {
    reuse.push_back({{"name", r.name},
                     {"bytes_delivered", r.delivered},
                     {"bytes_fetched", r.fetched},
                     {"reuse", r.fetched == 0 ? ordered_json(nullptr)
                                              : ordered_json(rounded(static_cast<double>(r.delivered) /
                                                                     static_cast<double>(r.fetched)))}});
    if (!t.bank_caches) continue;
    reuse.back()["bytes_from_line_buffer"] = r.delivered - r.cached - r.fetched;
    reuse.back()["bytes_from_bank_cache"] = r.cached;
  }
  return {{"first_cycle", t.first_cycle},
          {"window_cycles", t.window_cycles},
          {"links", series_json(t.links)},
          {"all_links", t.all_links},
          {"latency", std::move(latency)},
          {"dram_channels", std::move(channels)},
          {"dram_gb_per_s", series_json(t.bandwidth)},
          {"waits", std::move(waits)},
          {"operands", std::move(reuse)}};
}

} // namespace acf::platform
