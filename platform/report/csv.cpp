#include "platform/report/csv.hpp"

#include "platform/report/run_table.hpp"

#include <fmt/format.h>

namespace acf::platform {
namespace {

using nlohmann::ordered_json;

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (const char ch : text) out += ch == '"' ? std::string{"\"\""} : std::string{ch};
  return out + '"';
}

class table {
public:
  std::string text = "section,name,field,value\n";

  void row(const std::string& section, const std::string& name, const std::string& field, const ordered_json& value) {
    const std::string shown = value.is_null() ? "" : value.is_string() ? value.get<std::string>() : value.dump();
    text += quoted(section) + ',' + quoted(name) + ',' + quoted(field) + ',' + quoted(shown) + '\n';
  }

  // Nested objects become dotted names.
  void tree(const std::string& section, const std::string& prefix, const ordered_json& object) {
    for (const auto& [name, value] : object.items()) {
      const std::string path = prefix.empty() ? name : prefix + "." + name;
      if (value.is_object())
        tree(section, path, value);
      else
        row(section, path, "", value);
    }
  }

  void energy(const std::string& prefix, ordered_json e) {
    const ordered_json phases = e.at("phases");
    e.erase("phases");
    tree(prefix + "energy", "", e);
    for (const auto& p : phases)
      for (const auto& [part, uj] : p.at("uj").items()) row(prefix + "energy.phase", p.at("name"), part, uj);
    for (const auto& p : phases)
      for (const auto& [type, n] : p.at("macs").items()) row(prefix + "energy.phase", p.at("name"), "macs." + type, n);
  }

  void run(const std::string& prefix, const ordered_json& report) {
    tree(prefix + "summary", "", report.at("summary"));
    if (report.contains("extra")) tree(prefix + "extra", "", report.at("extra"));
    if (report.contains("energy")) energy(prefix, report.at("energy"));
    for (const auto& w : report.at("waterfalls")) {
      const std::string name = w.at("name");
      row(prefix + "waterfall", name, "ideal", w.at("ideal"));
      for (const auto& loss : w.at("losses")) row(prefix + "waterfall", name, loss.at("cause"), loss.at("cycles"));
      row(prefix + "waterfall", name, "achieved", w.at("achieved"));
    }
    if (report.contains("plan"))
      for (const auto& p : report.at("plan"))
        for (const char* what : {"bottleneck_expected", "bottleneck_measured", "cycles_expected", "cycles_measured"})
          row(prefix + "plan", p.at("name"), what, p.at(what));
    for (const auto& b : report.at("blocks")) {
      const std::string name = b.at("name");
      row(prefix + "block", name, "cycles", b.at("cycles"));
      row(prefix + "block", name, "busy", b.at("busy"));
      for (const auto& [stall, cycles] : b.at("stalls").items()) row(prefix + "block", name, "stall." + stall, cycles);
      for (const auto& [counter, n] : b.at("counters").items()) row(prefix + "block", name, "counter." + counter, n);
      if (b.contains("energy_uj"))
        for (const auto& [part, uj] : b.at("energy_uj").items()) row(prefix + "block", name, "energy_uj." + part, uj);
    }
  }
};

} // namespace

std::string report_csv(const ordered_json& report) {
  table t;
  t.tree("config", "", report.at("config"));
  t.tree("end", "", report.at("end"));
  t.run("", report);
  for (const auto& e : report.at("expect")) {
    t.row("expect", e.at("expr"), "value", e.at("value"));
    t.row("expect", e.at("expr"), "ok", e.at("ok"));
  }
  for (const char* name : run_tables)
    if (const auto rows = report.find(name); rows != report.end())
      for (std::size_t i = 0; i < rows->size(); ++i)
        for (const auto& [column, value] : (*rows)[i].items()) t.row(name, fmt::format("{}", i + 1), column, value);
  if (report.contains("twin") && !report.at("twin").is_null()) t.run("twin.", report.at("twin"));
  return t.text;
}

} // namespace acf::platform
