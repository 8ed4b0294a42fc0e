#include "platform/report/run_table.hpp"

#include "platform/report/html_bars.hpp"
#include "platform/report/text.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>

namespace acf::platform {
namespace {

using nlohmann::ordered_json;

std::string csv_field(const ordered_json& value) {
  if (value.is_null()) return "";
  if (value.is_number_float()) return fmt::format("{:.10g}", value.get<double>());
  if (!value.is_string()) return value.dump();
  const auto text = value.get<std::string>();
  return text.find_first_of(",\"\n") == std::string::npos ? text : fmt::format("\"{}\"", text);
}

std::string html_field(const ordered_json& value) {
  return html_escaped(value.is_string() ? value.get<std::string>() : human_number(value));
}

} // namespace

void run_table::add(std::vector<ordered_json> row) {
  if (row.size() != columns.size())
    throw std::logic_error(fmt::format("{}: {} values for {} columns", name, row.size(), columns.size()));
  for (auto& value : row)
    if (value.is_number_float() && !std::isfinite(value.get<double>())) value = nullptr;
  rows.push_back(std::move(row));
}

std::string table_csv(const run_table& t) {
  std::string out = fmt::format("{}\n", fmt::join(t.columns, ","));
  for (const auto& row : t.rows)
    for (std::size_t i = 0; i < row.size(); ++i) out += csv_field(row[i]) + (i + 1 < row.size() ? "," : "\n");
  return out;
}

ordered_json table_json(const run_table& t) {
  ordered_json out = ordered_json::array();
  for (const auto& row : t.rows) {
    ordered_json named = ordered_json::object();
    for (std::size_t i = 0; i < row.size(); ++i) named[t.columns[i]] = row[i];
    out.push_back(std::move(named));
  }
  return out;
}

std::string table_html(const ordered_json& rows) {
  if (rows.empty()) return {};
  const auto numeric = [&](const std::string& column) {
    return std::none_of(rows.begin(), rows.end(), [&](const auto& row) { return row.at(column).is_string(); });
  };
  std::string out = "<div class=\"card\"><table><tr>";
  for (const auto& [column, value] : rows.front().items()) {
    std::string words = html_escaped(column); // may be broken there
    std::replace(words.begin(), words.end(), '_', ' ');
    out += fmt::format("<th{}>{}</th>", numeric(column) ? " class=\"n\"" : "", words);
  }
  out += "</tr>";
  for (const auto& row : rows) {
    out += "<tr>";
    for (const auto& [column, value] : row.items())
      out += fmt::format("<td{}>{}</td>", numeric(column) ? " class=\"n\"" : "", html_field(value));
    out += "</tr>";
  }
  return out + "</table></div>\n";
}

} // namespace acf::platform
