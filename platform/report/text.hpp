// The short table at the end of a run, for the terminal.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace acf::platform {

// 1234567 -> "1,234,567"; figures with decimals get four significant digits; null is "-".
std::string human_number(const nlohmann::ordered_json& value);

std::string report_text(const nlohmann::ordered_json& report);

} // namespace acf::platform
