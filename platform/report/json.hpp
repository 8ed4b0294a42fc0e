// report.json: everything about a run that does not depend on the host, in an order that never changes.
#pragma once

#include "platform/config/config.hpp"
#include "platform/report/run_result.hpp"

#include <nlohmann/json.hpp>

namespace acf::platform {

inline constexpr int report_schema_version = 1;

nlohmann::ordered_json report_json(const config& c, const run_result& r);
nlohmann::ordered_json host_json(const host_figures& h);

// As the files hold it: indented, one line feed at the end, bytes that are not UTF-8 replaced.
std::string text_of(const nlohmann::ordered_json& j);

// The way back, for the twin's report.
summary figures_from_json(const nlohmann::ordered_json& j);
std::vector<block_account> blocks_from_json(const nlohmann::ordered_json& j);
std::vector<waterfall> waterfalls_from_json(const nlohmann::ordered_json& j);

// A figure as a JSON number: whole figures without decimals, null when there is none.
nlohmann::ordered_json number_json(const std::optional<double>& value, bool whole);

} // namespace acf::platform
