// Heat maps, histograms and lists of the report page about mesh and DRAM.
#include "platform/report/html_bars.hpp"
#include "platform/report/text.hpp"
#include "platform/report/traffic.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace acf::platform {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t most_rows = 24;

// A row of cells, each as dark as its value is of `full`; the numbers are tooltips.
std::string heat_row(const ordered_json& values, double full, std::uint64_t first, std::uint64_t window,
                     std::string_view unit, double factor) {
  constexpr double width = 10;
  std::string cells;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double v = values[i].get<double>();
    cells += fmt::format("<rect x=\"{}\" width=\"{}\" height=\"16\" class=\"busy\" fill-opacity=\"{:.2f}\">"
                         "<title>cycle {}: {:.1f} {}</title></rect>",
                         width * static_cast<double>(i), width, full > 0 ? std::min(1.0, v / full) : 0,
                         first + i * window, factor * v, unit);
  }
  return fmt::format("<svg class=\"bar\" preserveAspectRatio=\"none\" viewBox=\"0 0 {} 16\">{}</svg>",
                     std::max<double>(1, width * static_cast<double>(values.size())), cells);
}

std::string heat_map(const ordered_json& list, const ordered_json& t, double full, std::string_view head,
                     std::string_view unit, double factor) {
  const auto first = t.at("first_cycle").get<std::uint64_t>(), window = t.at("window_cycles").get<std::uint64_t>();
  std::string rows;
  for (std::size_t i = 0; i < std::min(list.size(), most_rows); ++i)
    rows += fmt::format("<tr><td>{}</td><td class=\"n\">{:.1f} {}</td><td class=\"w\">{}</td></tr>",
                        html_escaped(list[i].at("name").get<std::string>()), factor * list[i].at("mean").get<double>(),
                        unit, heat_row(list[i].at("over_time"), full, first, window, unit, factor));
  return fmt::format("<table><tr><th>{}</th><th class=\"n\">mean</th><th>over time, from cycle {}, {} cycles a cell"
                     "</th></tr>{}</table>",
                     head, first, window, rows);
}

std::string histograms(const ordered_json& latency) {
  std::string out;
  for (const auto& [name, list] : latency.items()) {
    std::vector<slice> bars;
    for (const auto& b : list) {
      const auto& below = b.at("below_cycles");
      bars.push_back({below.is_null() ? "longer" : fmt::format("under {}", below.get<std::uint64_t>()),
                      b.at("packets").get<std::int64_t>()});
    }
    if (!bars.empty())
      out += fmt::format("<div class=\"card\"><h3>{} packets by latency in cycles</h3>{}</div>", html_escaped(name),
                         comparison_chart(bars));
  }
  return out;
}

} // namespace

std::string traffic_html(const ordered_json& t) {
  std::string out = "<h2>Mesh and DRAM over time</h2>";
  if (!t.at("links").empty())
    out +=
        fmt::format("<div class=\"card\">{}<p class=\"faint\">the busiest of {} links and network interfaces</p></div>",
                    heat_map(t.at("links"), t, 1, "link", "%", 100), t.at("all_links").get<std::size_t>());
  double peak = 0;
  for (const auto& c : t.at("dram_gb_per_s"))
    for (const auto& v : c.at("over_time")) peak = std::max(peak, v.get<double>());
  if (peak > 0)
    out += "<div class=\"card\">" + heat_map(t.at("dram_gb_per_s"), t, peak, "channel", "GB/s", 1) + "</div>";
  std::string rows;
  for (const auto& c : t.at("dram_channels"))
    if (!c.at("row_hit_percent").is_null())
      rows += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{} %</td></tr>",
                          html_escaped(c.at("name").get<std::string>()), human_number(c.at("gb_per_s")),
                          human_number(c.at("row_hit_percent")));
  if (!rows.empty())
    out +=
        "<div class=\"card\"><table><tr><th>channel</th><th class=\"n\">GB/s</th><th class=\"n\">row hits</th></tr>" +
        rows + "</table></div>";
  if (const auto charts = histograms(t.at("latency")); !charts.empty())
    out += "<div class=\"pair\">" + charts + "</div>";
  if (!t.at("waits").empty()) {
    rows.clear();
    for (const auto& w : t.at("waits"))
      rows += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td></tr>", html_escaped(w.at("for").get<std::string>()),
                          human_number(w.at("cycles")));
    out += "<div class=\"card\"><table><tr><th>what was waited for longest</th><th class=\"n\">cycles</th></tr>" +
           rows + "</table></div>";
  }
  if (!t.at("operands").empty()) {
    rows.clear();
    const bool caches = t.at("operands")[0].contains("bytes_from_bank_cache");
    const auto number = [](const nlohmann::ordered_json& n) {
      return fmt::format("<td class=\"n\">{}</td>", human_number(n));
    };
    for (const auto& r : t.at("operands")) {
      rows += "<tr><td>" + html_escaped(r.at("name").get<std::string>()) + "</td>" + number(r.at("bytes_delivered"));
      if (caches) rows += number(r.at("bytes_from_line_buffer")) + number(r.at("bytes_from_bank_cache"));
      rows += number(r.at("bytes_fetched")) + number(r.at("reuse")) + "</tr>";
    }
    out += fmt::format("<div class=\"card\"><table><tr><th>through the {}</th><th class=\"n\">bytes delivered</th>{}"
                       "<th class=\"n\">fetched from SRAM</th><th class=\"n\">reuse</th></tr>{}</table></div>",
                       caches ? "line buffers and bank caches" : "line buffers",
                       caches ? "<th class=\"n\">by line buffers</th><th class=\"n\">by bank caches</th>" : "", rows);
  }
  return out + "\n";
}

} // namespace acf::platform
