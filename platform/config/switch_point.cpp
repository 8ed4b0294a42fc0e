#include "platform/config/switch_point.hpp"

#include <charconv>

namespace acf::platform {

std::optional<switch_point> parse_switch_point(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == text.npos) return std::nullopt;
  const auto name = text.substr(0, colon), number = text.substr(colon + 1);
  std::uint64_t value = 0;
  const auto r = std::from_chars(number.data(), number.data() + number.size(), value);
  if (r.ec != std::errc{}) return std::nullopt;
  const std::string_view unit(r.ptr, static_cast<std::size_t>(number.data() + number.size() - r.ptr));
  constexpr std::uint64_t longest = 1'000'000'000; // ms: more than anybody simulates
  if (value > longest) return std::nullopt;
  using kind = switch_point::kind;
  if (name == "marker" && unit.empty()) return switch_point{kind::marker, value};
  if (name == "step" && unit.empty()) return switch_point{kind::step, value};
  if (name != "time") return std::nullopt;
  if (unit == "ns") return switch_point{kind::time, value};
  if (unit == "us") return switch_point{kind::time, value * 1'000};
  if (unit == "ms") return switch_point{kind::time, value * 1'000'000};
  return std::nullopt;
}

} // namespace acf::platform
