#include "platform/config/nearest.hpp"

#include "platform/config/schema.hpp"

#include <algorithm>
#include <vector>

namespace acf::platform {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  constexpr std::size_t longest = 64; // names are short; a page of text is not a name
  a = a.substr(0, longest);
  b = b.substr(0, longest);
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

std::string nearest(std::string_view name, std::span<const std::string_view> candidates) {
  // a name that was not written to its end is as close as a typing error
  const auto distance = [&](std::string_view candidate) {
    return name.size() >= 3 && candidate.starts_with(name) ? 1 : edit_distance(name, candidate);
  };
  const auto best =
      std::min_element(candidates.begin(), candidates.end(), [&](auto a, auto b) { return distance(a) < distance(b); });
  return best == candidates.end() ? std::string{} : std::string{*best};
}

std::string nearest_key(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  const std::string_view section = path.substr(0, dot == std::string_view::npos ? 0 : dot + 1);
  const std::string_view leaf = path.substr(section.size());
  std::vector<std::string_view> names;
  for (const key& k : schema())
    if (!section.empty() && k.path.starts_with(section)) names.push_back(k.path);
  for (const key& k : schema()) {
    const std::size_t k_dot = k.path.rfind('.');
    // the right name in the wrong section, or without one, is as good as a match
    if (k_dot != std::string_view::npos && k.path.substr(k_dot + 1) == leaf) return std::string{k.path};
  }
  for (const key& k : schema()) names.push_back(k.path);
  return nearest(path, names);
}

} // namespace acf::platform
