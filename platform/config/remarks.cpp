#include "platform/config/remarks.hpp"

#include "models/common/period.hpp"
#include "platform/config/resolved.hpp"

#include <fmt/format.h>

namespace acf::platform {

std::vector<std::string> remarks_on(const config& c) {
  std::vector<std::string> out;
  if (const auto period = common::period_ps(c.fabric.freq_mhz); period * c.fabric.freq_mhz != 1'000'000)
    out.push_back(
        fmt::format("fabric.freq_mhz: {} MHz is rounded to whole picoseconds: a period of {} ps is {:.3f} MHz",
                    c.fabric.freq_mhz, period, 1e6 / static_cast<double>(period)));
  // lt has calendars in place of flits and banks.
  const auto idle = [&](std::string_view key) {
    if (c.timing == "lt" && value_text(c, key) != value_text(config{}, key))
      out.push_back(fmt::format("warning: {}: {} has no effect with timing: lt", key, value_text(c, key)));
  };
  for (const auto* key : {"mesh.virtual_channels", "mesh.buffer_flits", "dram.page_policy"}) idle(key);
  return out;
}

} // namespace acf::platform
