// What a waterfall calls the causes of lost cycles.
#pragma once

#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>

namespace acf::platform::causes {

inline constexpr std::string_view of_lanes = "lanes: ", of_waiting = "matrix engine waits: ";
inline constexpr std::string_view cut_off = "products without a result", unattributed = "unattributed";

inline std::string lanes(std::string_view stall) { return fmt::format("{}{}", of_lanes, stall); }
inline std::string waiting(std::string_view what) { return fmt::format("{}{}", of_waiting, what); }

// What the matrix engine waited for, if this is the cause of a wait.
inline std::optional<std::string_view> waited_for(std::string_view cause) {
  if (!cause.starts_with(of_waiting)) return std::nullopt;
  return cause.substr(of_waiting.size());
}

// Lost while the matrix engine was at work.
inline bool while_busy(std::string_view cause) { return cause.starts_with(of_lanes) || cause == cut_off; }

} // namespace acf::platform::causes
