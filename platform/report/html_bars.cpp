#include "platform/report/html_bars.hpp"

#include "platform/report/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace acf::platform {
namespace {

constexpr double bar_width = 1000; // SVG units; the page scales them
constexpr double half_width = 600; // of a chart that has half of the page

std::string rectangle(double x, double y, double width, double height, std::string_view colour,
                      const std::string& title) {
  return fmt::format(
      R"(<rect x="{:.2f}" y="{:.1f}" width="{:.2f}" height="{:.1f}" class="{}"><title>{}</title></rect>)", x, y, width,
      height, colour, html_escaped(title));
}

std::string text_at(double x, double y, std::string_view style, const std::string& text) {
  return fmt::format(R"(<text x="{:.1f}" y="{:.1f}" class="{}">{}</text>)", x, y, style, html_escaped(text));
}

std::string share(std::int64_t cycles, double full) {
  return fmt::format("{:.1f} %", 100 * static_cast<double>(cycles) / std::max(1.0, full));
}

} // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char ch : text) {
    switch (ch) {
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '&': out += "&amp;"; break;
    case '"': out += "&quot;"; break;
    default: out += ch;
    }
  }
  return out;
}

std::string_view palette::colour(const std::string& name) {
  for (const auto& [known_name, colour_class] : known)
    if (known_name == name) return colour_class;
  std::string colour_class = name == "busy" || name == "ideal" ? "busy" : name == "idle" ? "idle" : "";
  if (colour_class.empty()) {
    const auto used = std::count_if(known.begin(), known.end(), [](const auto& k) { return k.second[0] == 's'; });
    colour_class = used < 10 ? fmt::format("s{}", used) : "more";
  }
  known.emplace_back(name, colour_class);
  return known.back().second;
}

std::string palette::legend() const {
  std::string out = R"(<p class="legend">)";
  for (const auto& [name, colour_class] : known)
    out += fmt::format(
        R"(<span><svg viewBox="0 0 10 10"><rect width="10" height="10" rx="2" class="{}"/></svg>{}</span> )",
        colour_class, html_escaped(name));
  return out + "</p>\n";
}

std::string stacked_bar(const std::vector<slice>& slices, std::uint64_t full, palette& colours) {
  const double scale = bar_width / std::max<double>(1, static_cast<double>(full));
  std::string out = fmt::format(R"(<svg class="bar" viewBox="0 0 {} 16" preserveAspectRatio="none">)", bar_width);
  double x = 0;
  for (const slice& s : slices) {
    if (s.cycles <= 0) continue;
    const double width = static_cast<double>(s.cycles) * scale;
    out += rectangle(
        x, 0, width, 16, colours.colour(s.name),
        fmt::format("{}: {} cycles, {}", s.name, human_number(s.cycles), share(s.cycles, static_cast<double>(full))));
    x += width;
  }
  return out + "</svg>";
}

std::string waterfall_chart(const nlohmann::ordered_json& w, palette& colours) {
  constexpr double label = 150, number = 175, row = 26, plot = half_width - label - number;
  std::vector<slice> rows{{"ideal", w.at("ideal").get<std::int64_t>()}};
  for (const auto& loss : w.at("losses"))
    if (loss.at("cycles") != 0) rows.push_back({loss.at("cause"), loss.at("cycles").get<std::int64_t>()});
  const auto achieved = w.at("achieved").get<std::int64_t>();

  std::int64_t highest = std::max<std::int64_t>(achieved, 1), reached = 0;
  for (const slice& s : rows) highest = std::max(highest, reached += s.cycles);
  const double scale = plot / static_cast<double>(highest);

  const double height = row * static_cast<double>(rows.size() + 1) + 6;
  std::string out = fmt::format(R"(<svg class="chart" viewBox="0 0 {} {}">)", half_width, height);
  double y = 2;
  const auto line = [&](const std::string& name, std::int64_t from, std::int64_t to, std::string_view colour) {
    const std::int64_t cycles = to - from;
    const double left = label + static_cast<double>(std::min(from, to)) * scale;
    const double width = std::max(1.5, static_cast<double>(std::abs(cycles)) * scale);
    out += text_at(label - 10, y + 16, "name", name);
    out += rectangle(left, y + 3, width, row - 8, colour, fmt::format("{}: {} cycles", name, human_number(cycles)));
    out += text_at(half_width - 70, y + 16, "number", human_number(cycles));
    out += text_at(half_width, y + 16, "number faint", share(cycles, static_cast<double>(achieved)));
    y += row;
  };
  reached = 0;
  for (const slice& s : rows) {
    line(s.name, reached, reached + s.cycles, colours.colour(s.name));
    reached += s.cycles;
    out += fmt::format(R"(<line x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}" class="step"/>)",
                       label + static_cast<double>(reached) * scale, y - 5, y + 3);
  }
  line("achieved", 0, achieved, "total");
  return out + "</svg>\n";
}

std::string comparison_chart(const std::vector<slice>& bars) {
  constexpr double label = 210, number = 170, row = 30, plot = bar_width - label - number;
  std::int64_t highest = 1;
  for (const slice& s : bars) highest = std::max(highest, s.cycles);
  std::string out =
      fmt::format(R"(<svg class="chart" viewBox="0 0 {} {}">)", bar_width, row * static_cast<double>(bars.size()));
  double y = 0;
  for (const slice& s : bars) {
    out += text_at(label - 10, y + 19, "name", s.name);
    out += rectangle(label, y + 4, plot * static_cast<double>(s.cycles) / static_cast<double>(highest), row - 8,
                     "total", fmt::format("{}: {} cycles", s.name, human_number(s.cycles)));
    out += text_at(bar_width, y + 19, "number", human_number(s.cycles) + " cycles");
    y += row;
  }
  return out + "</svg>\n";
}

} // namespace acf::platform
