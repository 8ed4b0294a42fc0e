#include "platform/report/text.hpp"

#include "platform/config/figures.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace acf::platform {
namespace {

using nlohmann::ordered_json;

std::string grouped(std::int64_t value) {
  std::string digits = std::to_string(value < 0 ? -value : value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return (value < 0 ? "-" : "") + digits;
}

std::string end_line(const ordered_json& end) {
  std::string out = fmt::format("end: {}", end.at("reason").get<std::string>());
  if (!end.at("guest_exit_code").is_null())
    out += fmt::format(", guest exit code {}{}", end.at("guest_exit_code").dump(),
                       end.at("guest_failed") == true ? " (failed)" : "");
  if (!end.at("pc").is_null()) out += fmt::format(", pc {}", end.at("pc").get<std::string>());
  if (!end.at("function").is_null()) out += fmt::format(" in {}", end.at("function").get<std::string>());
  if (!end.at("file").is_null()) out += fmt::format(" {}:{}", end.at("file").get<std::string>(), end.at("line").dump());
  return out + "\n";
}

std::string figures_table(const ordered_json& report) {
  const bool twin = report.contains("twin") && !report.at("twin").is_null();
  std::string out = twin ? fmt::format("{:<30} {:>18} {:>18}\n", "", "this chip", "dense twin") : "";
  for (const figure_info& f : figures) {
    const auto& value = report.at("summary").at(std::string{f.name});
    const ordered_json dense = twin ? report.at("twin").at("summary").at(std::string{f.name}) : ordered_json(nullptr);
    if (value.is_null() && dense.is_null()) continue;
    out += fmt::format("{:<30} {:>18}", f.name, human_number(value));
    if (twin) out += fmt::format(" {:>18}", human_number(dense));
    out += fmt::format(" {}", f.unit);
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
  for (const auto& [name, value] : report.at("extra").items())
    out += fmt::format("{:<30} {:>18}\n", name, human_number(value));
  return out;
}

std::string waterfall_table(const ordered_json& w) {
  const double achieved = std::max(1.0, w.at("achieved").get<double>());
  const auto line = [&](const std::string& name, const ordered_json& cycles) {
    return fmt::format("  {:<28} {:>18} {:>6.1f} %\n", name, human_number(cycles),
                       100 * cycles.get<double>() / achieved);
  };
  std::string out = fmt::format("cycles of {}, from ideal to achieved\n", w.at("name").get<std::string>());
  out += line("ideal", w.at("ideal"));
  for (const auto& loss : w.at("losses"))
    if (loss.at("cycles") != 0) out += line("+ " + loss.at("cause").get<std::string>(), loss.at("cycles"));
  return out + line("achieved", w.at("achieved"));
}

} // namespace

std::string human_number(const ordered_json& value) {
  if (value.is_null()) return "-";
  if (value.is_number_integer()) return grouped(value.get<std::int64_t>());
  if (value.is_number()) return fmt::format("{:.4g}", value.get<double>());
  return value.dump();
}

std::string report_text(const ordered_json& report) {
  std::string out = end_line(report.at("end")) + figures_table(report);
  if (!report.at("waterfalls").empty()) out += waterfall_table(report.at("waterfalls").front());
  for (const auto& e : report.at("expect"))
    out +=
        fmt::format("{} {} (is {})\n", e.at("ok").get<bool>() ? "met:   " : "FAILED:", e.at("expr").get<std::string>(),
                    human_number(e.at("value")));
  for (const auto& note : report.at("notes")) out += fmt::format("note: {}\n", note.get<std::string>());
  for (const auto& output : report.at("incomplete")) out += fmt::format("INCOMPLETE: {}\n", output.get<std::string>());
  for (const auto& defect : report.at("defects"))
    out += fmt::format("DEFECT of the platform: {}\n", defect.get<std::string>());
  return out;
}

} // namespace acf::platform
