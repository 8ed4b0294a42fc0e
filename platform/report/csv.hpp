// report.csv: report.json as a flat table "section,name,field,value", one value a line, for spreadsheets and grep.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace acf::platform {

std::string report_csv(const nlohmann::ordered_json& report);

} // namespace acf::platform
