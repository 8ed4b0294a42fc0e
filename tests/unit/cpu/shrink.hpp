// Delta debugging: from a list that makes something fail, a part that still does and of which nothing can be spared.
// After A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28 (2002), ddmin.
#pragma once
#include <algorithm>
#include <functional>
#include <vector>

namespace acf::cpu::test {

// Which of these lists fail; asked for many at a time, because starting another simulator is what takes long.
template <class Item>
using judge = std::function<std::vector<bool>(const std::vector<std::vector<Item>>&)>;

// The order of what remains is kept. A list that does not fail is returned as it is.
template <class Item>
std::vector<Item> shrink(std::vector<Item> whole, const judge<Item>& fails) {
  using list = std::vector<Item>;
  const auto at_once = fails(std::vector<list>{whole, list{}});
  if (!at_once[0]) return whole;
  if (at_once[1]) return {};
  for (std::size_t parts = std::min<std::size_t>(2, whole.size()); whole.size() > 1;) {
    std::vector<list> candidates; // every part alone, then every part left out
    for (std::size_t n = 0; n < parts; ++n) {
      const auto from = whole.begin() + static_cast<std::ptrdiff_t>(n * whole.size() / parts);
      const auto to = whole.begin() + static_cast<std::ptrdiff_t>((n + 1) * whole.size() / parts);
      candidates.insert(candidates.begin() + static_cast<std::ptrdiff_t>(n), list(from, to));
      list rest(whole.begin(), from);
      rest.insert(rest.end(), to, whole.end());
      candidates.push_back(std::move(rest));
    }
    const auto failing = fails(candidates);
    const auto first = static_cast<std::size_t>(std::find(failing.begin(), failing.end(), true) - failing.begin());
    if (first < candidates.size()) {
      parts = first < parts ? 2 : std::max<std::size_t>(parts - 1, 2);
      whole = std::move(candidates[first]);
      parts = std::min(parts, whole.size());
    } else if (parts < whole.size())
      parts = std::min(2 * parts, whole.size());
    else
      break;
  }
  return whole;
}

} // namespace acf::cpu::test
