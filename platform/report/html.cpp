#include "platform/report/html.hpp"

#include "platform/config/figures.hpp"
#include "platform/report/curves.hpp"
#include "platform/report/html_bars.hpp"
#include "platform/report/run_table.hpp"
#include "platform/report/text.hpp"
#include "platform/report/traffic.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace acf::platform {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view style = R"(
:root{--page:#fbfbfa;--card:#fff;--ink:#1d2327;--faint:#6a7379;--rule:#e2e5e7;--good:#1a7f4b;--bad:#b42318;--total:#4a5560;
--busy:#2b7a78;--idle:#d9dee1;--more:#9aa3a8}
@media(prefers-color-scheme:dark){:root{--page:#15181a;--card:#1d2124;--ink:#e6e9ea;--faint:#98a2a8;--rule:#31373b;--good:#4cc38a;
--bad:#ff7b6b;--total:#a9b4bb;--busy:#3fa7a3;--idle:#3a4247;--more:#6d777d}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.45 system-ui,"Segoe UI",Roboto,sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 24px 60px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:17px;margin:34px 0 10px}h3{font-size:14px;margin:0 0 6px}
p{margin:4px 0}.faint{color:var(--faint)}.good{color:var(--good)}.bad{color:var(--bad)}
.card{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:14px 16px;overflow-x:auto}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:12px;margin-top:18px}
.tiles b{display:block;font-size:26px;font-weight:650;line-height:1.25}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(460px,1fr));gap:12px}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid var(--rule);vertical-align:middle}
th{font-weight:600;color:var(--faint)}tr:last-child td{border-bottom:0}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.w{width:55%}code{font:13px ui-monospace,Menlo,Consolas,monospace}
svg.bar{display:block;width:100%;height:16px;border-radius:3px}svg.chart{display:block;width:100%}
svg text{font-size:15px;fill:var(--ink)}svg .name{text-anchor:end}svg .number{text-anchor:end;font-variant-numeric:tabular-nums}
svg text.faint{fill:var(--faint)}svg .step{stroke:var(--faint);stroke-width:1}
.legend{margin:0 0 8px}.legend span{margin-right:14px;white-space:nowrap;font-size:13px}
.legend svg{width:11px;height:11px;margin-right:5px;vertical-align:-1px}
details{margin-top:8px}summary{cursor:pointer}
.busy{--c:var(--busy)}.idle{--c:var(--idle)}.more{--c:var(--more)}.total{--c:var(--total)}
.s0{--c:#e0a030}.s1{--c:#c8553d}.s2{--c:#6b7fd7}.s3{--c:#9c6ade}.s4{--c:#3f8fd2}.s5{--c:#d16ba5}.s6{--c:#8aa53a}
.s7{--c:#b07d4f}.s8{--c:#e88873}.s9{--c:#5f6caf}
rect,circle{fill:var(--c)}.curve{fill:none;stroke:var(--c);stroke-width:1.5;vector-effect:non-scaling-stroke}
)";

constexpr std::size_t most_members = 256; // rows in an opened group of blocks

std::string number(const ordered_json& value) { return html_escaped(human_number(value)); }

std::string shown(const ordered_json& value) {
  if (value.is_null()) return R"(<span class="faint">unset</span>)";
  return html_escaped(value.is_string() ? value.get<std::string>() : value.dump());
}

class page {
public:
  explicit page(const ordered_json& r) : report(r) {}

  std::string text() {
    const std::string name = html_escaped(report.at("config").at("name").get<std::string>());
    out = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width\"><title>{} - acf-vp report</title><style>{}</style></head><body><main>\n",
        name, style);
    heading(name);
    tiles();
    expectations();
    compared_runs();
    summary_table();
    waterfalls();
    plan();
    if (const auto curves = report.find("curves"); curves != report.end()) out += curves_html(*curves);
    if (const auto traffic = report.find("traffic"); traffic != report.end()) out += traffic_html(*traffic);
    blocks("Blocks: where the cycles went", report.at("blocks"));
    if (twin() != nullptr) blocks("Blocks of the dense twin", twin()->at("blocks"));
    configuration();
    return out + "</main></body></html>\n";
  }

private:
  const ordered_json& report;
  std::string out;

  const ordered_json* twin() const {
    const auto at = report.find("twin");
    return at == report.end() || at->is_null() ? nullptr : &*at;
  }
  const ordered_json& figure_of(figure f) const { return report.at("summary").at(std::string{info(f).name}); }
  void list(std::string_view title, std::string_view style_class, const ordered_json& lines);
  void heading(const std::string& name);
  void tiles();
  void expectations();
  void compared_runs();
  void summary_table();
  void waterfalls();
  void plan();
  void phase_table();
  void blocks(std::string_view title, const ordered_json& list);
  void configuration();
};

void page::list(std::string_view title, std::string_view style_class, const ordered_json& lines) {
  if (lines.empty()) return;
  out += fmt::format("<h2 class=\"{}\">{}</h2><div class=\"card\">", style_class, title);
  for (const auto& line : lines) out += "<p>" + html_escaped(line.get<std::string>()) + "</p>";
  out += "</div>\n";
}

void page::heading(const std::string& name) {
  const auto& end = report.at("end");
  const auto& description = report.at("config").at("description");
  out += fmt::format("<h1>{}</h1>", name);
  if (description.is_string()) out += "<p>" + html_escaped(description.get<std::string>()) + "</p>";
  out += fmt::format("<p class=\"faint\">ended by {}", shown(end.at("reason")));
  if (!end.at("guest_exit_code").is_null()) out += ", guest exit code " + end.at("guest_exit_code").dump();
  if (end.at("guest_failed") == true) out += " (failed)";
  if (!end.at("pc").is_null()) out += ", pc <code>" + shown(end.at("pc")) + "</code>";
  if (!end.at("function").is_null()) out += " in <code>" + shown(end.at("function")) + "</code>";
  if (!end.at("file").is_null()) out += fmt::format(" {}:{}", shown(end.at("file")), end.at("line").dump());
  out += "</p>\n";
  list("Defects of the platform: do not trust this report", "bad", report.at("defects"));
  list("Outputs that are incomplete", "bad", report.at("incomplete"));
  list("Notes", "", report.at("notes"));
}

void page::tiles() {
  std::string cards;
  const auto tile = [&](figure f, std::string_view label, std::string_view unit, const std::string& below) {
    if (figure_of(f).is_null()) return;
    cards += fmt::format(
        "<div class=\"card\"><span class=\"faint\">{}</span><b>{}{}</b><span class=\"faint\">{}</span></div>", label,
        number(figure_of(f)), unit, below);
  };
  const auto beside = [&](figure f, std::string_view unit) {
    return figure_of(f).is_null() ? std::string{} : fmt::format("dense twin {}{}", number(figure_of(f)), unit);
  };
  tile(figure::speedup_over_dense, "speed-up over dense", "x", "end to end; same chip, skipping off");
  tile(figure::matrix_speedup_over_dense, "compute-only speed-up", "x", "cycles in which matrix engines are busy");
  tile(figure::test_accuracy_percent, "test accuracy", " %", beside(figure::dense_test_accuracy_percent, " %"));
  tile(figure::fabric_cycles, "fabric cycles", "", beside(figure::dense_fabric_cycles, ""));
  tile(figure::weight_sparsity_percent, "weight sparsity", " %", "");
  tile(figure::energy_uj, "energy", " uJ", "");
  if (cards.empty()) tile(figure::instructions_retired, "instructions retired", "", "");
  out += "<div class=\"tiles\">" + cards + "</div>\n";
}

void page::expectations() {
  if (report.at("expect").empty()) return;
  out += "<h2>What the scenario expects</h2><div class=\"card\"><table>";
  for (const auto& e : report.at("expect")) {
    const bool ok = e.at("ok").get<bool>();
    out += fmt::format("<tr><td class=\"{}\">{}</td><td><code>{}</code></td><td class=\"n\">{}</td></tr>",
                       ok ? "good" : "bad", ok ? "met" : "failed", shown(e.at("expr")), number(e.at("value")));
  }
  out += "</table></div>\n";
}

void page::compared_runs() {
  for (const char* name : run_tables)
    if (const auto rows = report.find(name); rows != report.end())
      out += "<h2>Runs beside each other</h2>" + table_html(*rows);
}

void page::summary_table() {
  out += "<h2>Summary</h2><div class=\"card\"><table><tr><th>figure</th><th class=\"n\">this chip</th>";
  if (twin() != nullptr) out += "<th class=\"n\">dense twin</th>";
  out += "<th></th><th>meaning</th></tr>";
  for (const figure_info& f : figures) {
    const std::string name{f.name};
    const ordered_json dense = twin() == nullptr ? ordered_json(nullptr) : twin()->at("summary").at(name);
    if (report.at("summary").at(name).is_null() && dense.is_null()) continue;
    out += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td>", name, number(report.at("summary").at(name)));
    if (twin() != nullptr) out += fmt::format("<td class=\"n\">{}</td>", number(dense));
    out += fmt::format("<td class=\"faint\">{}</td><td class=\"faint\">{}</td></tr>", f.unit, f.text);
  }
  for (const auto& [name, value] : report.at("extra").items())
    out += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td>{}<td></td><td></td></tr>", html_escaped(name),
                       number(value), twin() != nullptr ? "<td></td>" : "");
  out += "</table></div>\n";
}

void page::waterfalls() {
  const auto& own = report.at("waterfalls");
  if (own.empty()) return;
  palette colours;
  out += "<h2>From ideal to achieved</h2>";
  const bool both = twin() != nullptr && !twin()->at("waterfalls").empty();
  if (both) {
    const auto total = [](const ordered_json& w) { return w.front().at("achieved").get<std::int64_t>(); };
    out += "<div class=\"card\">" +
           comparison_chart({{"this chip", total(own)}, {"dense twin", total(twin()->at("waterfalls"))}}) +
           "</div><p class=\"faint\">Below, each on its own scale; percentages are of the achieved cycles.</p>";
  }
  out +=
      "<div class=\"pair\"><div class=\"card\"><h3>this chip</h3>" + waterfall_chart(own.front(), colours) + "</div>";
  if (both)
    out += "<div class=\"card\"><h3>dense twin</h3>" + waterfall_chart(twin()->at("waterfalls").front(), colours) +
           "</div>";
  out += "</div>\n";
  phase_table();
}

void page::phase_table() {
  const auto& own = report.at("waterfalls");
  if (own.size() < 2) return;
  palette colours;
  std::uint64_t longest = 1;
  for (std::size_t i = 1; i < own.size(); ++i) longest = std::max(longest, own[i].at("achieved").get<std::uint64_t>());
  std::string rows;
  for (std::size_t i = 1; i < own.size(); ++i) {
    std::vector<slice> slices{{"ideal", own[i].at("ideal").get<std::int64_t>()}};
    for (const auto& loss : own[i].at("losses"))
      slices.push_back({loss.at("cause"), loss.at("cycles").get<std::int64_t>()});
    rows += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"w\">{}</td></tr>",
                        shown(own[i].at("name")), number(own[i].at("ideal")), number(own[i].at("achieved")),
                        stacked_bar(slices, longest, colours));
  }
  out += "<h2>By layer and phase</h2><div class=\"card\">" + colours.legend() +
         "<table><tr><th>part</th><th class=\"n\">ideal</th><th class=\"n\">achieved</th><th></th></tr>" + rows +
         "</table></div>\n";
}

void page::plan() {
  if (!report.contains("plan")) return;
  out +=
      "<h2>Plan and run</h2><div class=\"card\"><table><tr><th>part of the training steps</th>"
      "<th>bound expected</th><th>measured</th><th class=\"n\">cycles expected</th><th class=\"n\">measured</th></tr>";
  const auto row = [&](const std::string& name, const std::string& expected, const std::string& found,
                       const ordered_json& planned, const ordered_json& measured) {
    out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>", name,
                       expected, found, number(planned), number(measured));
  };
  for (const auto& p : report.at("plan")) {
    row(shown(p.at("name")), shown(p.at("bottleneck_expected")), shown(p.at("bottleneck_measured")),
        p.at("cycles_expected"), p.at("cycles_measured"));
    if (!p.contains("resources")) continue;
    for (const auto& r : p.at("resources"))
      row("of it, the busiest: " + shown(r.at("name")), "", "", r.at("cycles_expected"), r.at("cycles_measured"));
    row("bytes of DRAM", "", "", p.at("dram_bytes_expected"), p.at("dram_bytes_measured"));
  }
  out += "</table><p class=\"faint\">Phases overlap: a phase that waits shows the time of what it waits for. What the "
         "steps are bound by is the resource that is busiest over all of them.</p></div>\n";
}

// "TILE(2,1).MATRIX" -> "TILE.MATRIX"
std::string group_of(const std::string& name) {
  const std::size_t open = name.find('('), close = name.find(')');
  return open == std::string::npos || close == std::string::npos ? name : name.substr(0, open) + name.substr(close + 1);
}

struct block_group {
  std::string name;
  std::vector<const ordered_json*> members;
  std::uint64_t cycles = 0;
  std::vector<slice> slices{{"busy", 0}};

  void add(const ordered_json& b) {
    members.push_back(&b);
    cycles += b.at("cycles").get<std::uint64_t>();
    slices.front().cycles += b.at("busy").get<std::int64_t>();
    for (const auto& [name_of_stall, n] : b.at("stalls").items()) {
      const auto same =
          std::find_if(slices.begin(), slices.end(), [&](const slice& s) { return s.name == name_of_stall; });
      if (same == slices.end())
        slices.push_back({name_of_stall, n.get<std::int64_t>()});
      else
        same->cycles += n.get<std::int64_t>();
    }
  }
};

void page::blocks(std::string_view title, const ordered_json& list) {
  if (list.empty()) return;
  std::vector<block_group> groups;
  for (const auto& b : list) {
    const std::string name = group_of(b.at("name"));
    auto at = std::find_if(groups.begin(), groups.end(), [&](const block_group& g) { return g.name == name; });
    if (at == groups.end()) at = groups.insert(groups.end(), block_group{name, {}, 0, {{"busy", 0}}});
    at->add(b);
  }
  palette colours;
  const auto row = [&](const std::string& name, const block_group& g) {
    const double busy =
        100 * static_cast<double>(g.slices.front().cycles) / std::max<double>(1, static_cast<double>(g.cycles));
    return fmt::format("<tr><td>{}</td><td class=\"n\">{:.1f} %</td><td class=\"w\">{}</td></tr>", html_escaped(name),
                       busy, stacked_bar(g.slices, g.cycles, colours));
  };
  constexpr std::string_view head = "<table><tr><th>block</th><th class=\"n\">busy</th><th></th></tr>";
  std::string body{head};
  for (const block_group& g : groups)
    body += row(g.members.size() > 1 ? fmt::format("{}  x {}", g.name, g.members.size())
                                     : g.members.front()->at("name").get<std::string>(),
                g);
  body += "</table>";
  for (const block_group& g : groups) {
    if (g.members.size() < 2) continue;
    body += fmt::format("<details><summary>{}: each of {}</summary>{}", html_escaped(g.name), g.members.size(), head);
    for (std::size_t i = 0; i < std::min(g.members.size(), most_members); ++i) {
      block_group one;
      one.add(*g.members[i]);
      body += row(g.members[i]->at("name"), one);
    }
    body += "</table>";
    if (g.members.size() > most_members)
      body += fmt::format("<p class=\"faint\">and {} more in report.csv</p>", g.members.size() - most_members);
    body += "</details>";
  }
  out += fmt::format("<h2>{}</h2><div class=\"card\">{}{}</div>\n", title, colours.legend(), body);
}

void page::configuration() {
  out += "<h2>Configuration</h2><div class=\"card\"><table>";
  for (const auto& [name, value] : report.at("config").items()) {
    if (!value.is_object()) {
      out += fmt::format("<tr><td><code>{}</code></td><td>{}</td></tr>", html_escaped(name), shown(value));
      continue;
    }
    for (const auto& [leaf, inner] : value.items())
      out += fmt::format("<tr><td><code>{}.{}</code></td><td>{}</td></tr>", html_escaped(name), html_escaped(leaf),
                         shown(inner));
  }
  out += "</table>";
  for (const auto& f : report.at("inputs"))
    out += fmt::format("<p class=\"faint\">input <code>{}</code> SHA-256 <code>{}</code></p>", shown(f.at("name")),
                       shown(f.at("sha256")));
  out += "</div>\n";
}

} // namespace

std::string report_html(const ordered_json& report) { return page{report}.text(); }

} // namespace acf::platform
