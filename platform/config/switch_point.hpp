// When the timing of a run changes: at the first fence after a marker, a training step or a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace acf::platform {

struct switch_point {
  enum class kind { marker, step, time } what;
  std::uint64_t value; // GLOBAL.MARKER; steps done; nanoseconds
};

inline constexpr std::string_view switch_point_form = "marker:N, step:N or time:N with ns, us or ms";

// "marker:1", "step:20", "time:300us"; nothing for anything else.
std::optional<switch_point> parse_switch_point(std::string_view text);

} // namespace acf::platform
