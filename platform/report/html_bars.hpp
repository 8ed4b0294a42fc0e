// Bars of the report page as inline SVG: a share of a whole each, with the exact numbers as tooltips.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace acf::platform {

std::string html_escaped(std::string_view text);

// Names get colours in the order in which they are first asked for, so a cause has one colour on the whole page.
class palette {
public:
  std::string_view colour(const std::string& name); // a CSS class: "busy", "idle", "s0" .. "s9"
  std::string legend() const;

private:
  std::vector<std::pair<std::string, std::string>> known;
};

struct slice {
  std::string name;
  std::int64_t cycles = 0;
};

// One bar of `full` cycles, filled by the slices in order; losses below zero are left out.
std::string stacked_bar(const std::vector<slice>& slices, std::uint64_t full, palette& colours);

// Horizontal waterfall: ideal, every loss where the last one ended, achieved. `w` as in report.json.
std::string waterfall_chart(const nlohmann::ordered_json& w, palette& colours);

// Bars on one scale, to compare totals: {name, cycles}.
std::string comparison_chart(const std::vector<slice>& bars);

} // namespace acf::platform
