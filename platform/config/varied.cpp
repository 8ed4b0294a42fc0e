#include "platform/config/varied.hpp"

#include "platform/config/values.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace acf::platform {

config varied(const config& c, const std::string& path, const std::string& value) {
  const key* k = find_key(path);
  if (k == nullptr || takes_list(*k))
    throw std::invalid_argument(fmt::format("expected the name of a key with one value, not '{}'", path));
  config out = c;
  const origin here{"compare.values", 0, 0};
  const written_value written{path, here, written_value::shape::scalar, {{value, here}}, {}};
  if (const auto wrong = assign(*k, written, out); !wrong.empty())
    throw std::invalid_argument(fmt::format("{}: {}", path, wrong));
  return out;
}

} // namespace acf::platform
