// report.html: the report as one page without scripts, fonts or links to anywhere, made from report.json alone.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace acf::platform {

std::string report_html(const nlohmann::ordered_json& report);

} // namespace acf::platform
