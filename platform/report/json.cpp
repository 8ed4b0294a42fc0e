#include "platform/report/json.hpp"

#include "platform/config/resolved.hpp"
#include "platform/report/accounts.hpp"

#include <cmath>
#include <filesystem>
#include <fmt/format.h>

namespace acf::platform {
namespace {

using nlohmann::ordered_json;

ordered_json text_or_null(const std::string& text) { return text.empty() ? ordered_json(nullptr) : ordered_json(text); }

// DWARF knows absolute paths of the machine that compiled; a report does not.
std::string portable(const std::string& file) {
  const std::filesystem::path path{file};
  return path.is_absolute() ? path.filename().string() : path.lexically_normal().string();
}

ordered_json end_json(const run_end& e) {
  ordered_json out{{"reason", name_of(e.reason)}};
  out["guest_exit_code"] = e.guest_exit_code ? ordered_json(*e.guest_exit_code) : ordered_json(nullptr);
  out["guest_failed"] = e.failed();
  out["pc"] = e.pc ? ordered_json(fmt::format("0x{:08x}", *e.pc)) : ordered_json(nullptr);
  out["function"] = text_or_null(e.function);
  out["file"] = text_or_null(portable(e.file));
  out["line"] = e.line == 0 ? ordered_json(nullptr) : ordered_json(e.line);
  return out;
}

ordered_json summary_json(const summary& s) {
  ordered_json out = ordered_json::object();
  for (std::size_t i = 0; i < figures.size(); ++i)
    out[std::string{figures[i].name}] = number_json(s[static_cast<figure>(i)], figures[i].whole);
  return out;
}

ordered_json counts_json(const named_counts& counts) {
  ordered_json out = ordered_json::object();
  for (const auto& [name, count] : counts) out[name] = count;
  return out;
}

ordered_json parts_json(const energy_parts& p) {
  return {{"core", p.core}, {"sram", p.sram}, {"mesh", p.mesh}, {"dram", p.dram}};
}

ordered_json blocks_json(const std::vector<block_account>& blocks) {
  ordered_json out = ordered_json::array();
  for (const block_account& b : blocks) {
    out.push_back({{"name", b.name},
                   {"cycles", b.cycles},
                   {"busy", b.busy},
                   {"stalls", counts_json(b.stalls)},
                   {"counters", counts_json(b.counters)}});
    if (!b.energy) continue;
    ordered_json parts = ordered_json::object(); // those that the block has
    const ordered_json all = parts_json(*b.energy);
    for (const auto& [name, uj] : all.items())
      if (uj != 0.0) parts[name] = uj;
    out.back()["energy_uj"] = std::move(parts);
  }
  return out;
}

ordered_json energy_json(const energy_result& e, const summary& figures) {
  ordered_json out{{"node", e.node},
                   {"dtype", e.dtype},
                   {"macs", e.macs},
                   {"uj", parts_json(e.parts)},
                   {"gops_per_watt_executed", e.rate.gops_per_watt_executed},
                   {"gops_per_watt_dense_equivalent", e.rate.gops_per_watt_dense_equivalent},
                   {"uj_per_sample", number_json(e.uj_per_sample, false)}};
  const area_parts& a = e.area;
  out["area_mm2"] = {{"core", a.core}, {"sram", a.sram}, {"mesh", a.mesh}, {"skipping_in_core", a.skipping}};
  // As if lanes could be rescaled to the twin's area in any fraction and cycles went with them; compare-engines and
  // `acf-vp matmul` measure an engine of that area.
  const auto& speedup = figures[figure::speedup_over_dense];
  const double share = a.total() > 0 ? a.twin() / a.total() : 1;
  out["speedup_iso_lane"] = number_json(speedup, false);
  out["speedup_scaled_by_area"] = number_json(speedup ? std::optional(*speedup * share) : std::nullopt, false);
  ordered_json phases = ordered_json::array();
  for (const auto& p : e.phases) phases.push_back({{"name", p.name}, {"uj", parts_json(p.parts)}, {"macs", p.macs}});
  out["phases"] = std::move(phases);
  return out;
}

ordered_json waterfalls_json(const std::vector<waterfall>& list) {
  ordered_json out = ordered_json::array();
  for (const waterfall& w : list) {
    ordered_json losses = ordered_json::array();
    for (const auto& [name, cycles] : w.losses) losses.push_back({{"cause", name}, {"cycles", cycles}});
    out.push_back({{"name", w.name}, {"ideal", w.ideal}, {"losses", std::move(losses)}, {"achieved", w.achieved}});
  }
  return out;
}

ordered_json plan_json(const std::vector<planned_cycles>& plan) {
  ordered_json out = ordered_json::array();
  for (const planned_cycles& p : plan) {
    out.push_back({{"name", p.name},
                   {"bottleneck_expected", p.bottleneck},
                   {"bottleneck_measured", p.bottleneck_measured},
                   {"cycles_expected", p.expected},
                   {"cycles_measured", p.measured}});
    if (p.resources.empty()) continue;
    for (const auto& r : p.resources)
      out.back()["resources"].push_back(
          {{"name", r.resource}, {"cycles_expected", r.expected}, {"cycles_measured", r.measured}});
    out.back()["dram_bytes_expected"] = p.dram_bytes_expected;
    out.back()["dram_bytes_measured"] = p.dram_bytes_measured;
  }
  return out;
}

std::optional<energy_parts> parts_from(const ordered_json& j) {
  if (j.is_null()) return std::nullopt;
  return energy_parts{j.value("core", 0.0), j.value("sram", 0.0), j.value("mesh", 0.0), j.value("dram", 0.0)};
}

named_counts counts_from(const ordered_json& j) {
  named_counts out;
  for (const auto& [name, count] : j.items()) out.emplace_back(name, count.get<std::uint64_t>());
  return out;
}

} // namespace

ordered_json number_json(const std::optional<double>& value, bool whole) {
  if (!value || !std::isfinite(*value)) return nullptr;
  if (whole) return static_cast<std::int64_t>(std::llround(*value));
  return *value;
}

std::string text_of(const ordered_json& j) {
  return j.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

ordered_json report_json(const config& c, const run_result& r) {
  ordered_json out{{"schema_version", report_schema_version}, {"config", to_json(c)}, {"end", end_json(r.end)}};
  out["summary"] = summary_json(r.figures);
  ordered_json extra = ordered_json::object();
  for (const auto& [name, value] : r.extra) extra[name] = number_json(value, false);
  out["extra"] = std::move(extra);
  out["blocks"] = blocks_json(r.blocks);
  out["waterfalls"] = waterfalls_json(r.waterfalls);
  if (!r.plan.empty()) out["plan"] = plan_json(r.plan);
  if (r.energy) out["energy"] = energy_json(*r.energy, r.figures);
  for (const run_table& t : r.tables) out[t.name] = table_json(t);
  if (r.traffic) out["traffic"] = traffic_json(*r.traffic);
  if (!r.curves.empty()) {
    out["curves"] = curves_json(r.curves);
    if (r.twin) compare_curves(out["curves"], r.twin->curves);
  }
  ordered_json expect = ordered_json::array();
  for (const judged_expectation& e : judge(c, r)) {
    const auto what = find_figure(e.text.substr(0, e.text.find(' ')));
    expect.push_back({{"expr", e.text}, {"value", number_json(e.value, what && info(*what).whole)}, {"ok", e.ok}});
  }
  out["expect"] = std::move(expect);
  if (r.twin)
    out["twin"] = {{"config", r.twin->config},
                   {"summary", summary_json(r.twin->figures)},
                   {"blocks", blocks_json(r.twin->blocks)},
                   {"waterfalls", waterfalls_json(r.twin->waterfalls)}};
  else if (r.twin_exit_code)
    out["twin"] = nullptr;
  if (r.twin && !r.twin->energy.is_null()) out["twin"]["energy"] = r.twin->energy;
  ordered_json inputs = ordered_json::array();
  for (const input_file& f : r.inputs) inputs.push_back({{"name", f.name}, {"sha256", f.sha256}});
  out["inputs"] = std::move(inputs);
  out["notes"] = r.notes;
  out["incomplete"] = r.incomplete;
  out["defects"] = find_defects(r);
  return out;
}

ordered_json host_json(const host_figures& h) {
  return {{"host_seconds", h.host_seconds},
          {"user_seconds", h.user_seconds},
          {"simulation_seconds", h.simulation_seconds},
          {"mips", h.mips},
          {"macs_per_second", h.macs_per_second}};
}

summary figures_from_json(const ordered_json& j) {
  summary out;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const auto at = j.find(std::string{figures[i].name});
    if (at != j.end() && at->is_number()) out[static_cast<figure>(i)] = at->get<double>();
  }
  return out;
}

std::vector<block_account> blocks_from_json(const ordered_json& j) {
  std::vector<block_account> out;
  for (const auto& b : j)
    out.push_back({b.at("name"), b.at("cycles"), b.at("busy"), counts_from(b.at("stalls")),
                   counts_from(b.at("counters")), parts_from(b.value("energy_uj", ordered_json(nullptr)))});
  return out;
}

std::vector<waterfall> waterfalls_from_json(const ordered_json& j) {
  std::vector<waterfall> out;
  for (const auto& w : j) {
    waterfall one{w.at("name"), w.at("ideal"), {}, w.at("achieved")};
    for (const auto& loss : w.at("losses")) one.losses.emplace_back(loss.at("cause"), loss.at("cycles"));
    out.push_back(std::move(one));
  }
  return out;
}

} // namespace acf::platform
