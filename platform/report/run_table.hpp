// Runs beside each other, a row for each or for each part of them: a .csv file, a key of report.json, a table of its
// page.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace acf::platform {

struct run_table {
  std::string name; // of the key, and of the file without .csv: one of run_tables
  std::vector<std::string> columns;
  std::vector<std::vector<nlohmann::ordered_json>> rows; // numbers, texts, null where something does not apply

  void add(std::vector<nlohmann::ordered_json> row); // a value for each column
};

// The keys that a report of several runs may have.
inline constexpr const char* run_tables[] = {"recipes", "engines"};

std::string table_csv(const run_table& t);
nlohmann::ordered_json table_json(const run_table& t); // [{column: value}]
std::string table_html(const nlohmann::ordered_json& rows);

} // namespace acf::platform
