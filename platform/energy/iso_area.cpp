#include "platform/energy/iso_area.hpp"

#include "models/zbcc/engine.hpp"
#include "platform/config/engine_settings.hpp"
#include "platform/energy/account.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <tuple>
#include <vector>

namespace acf::platform {
namespace {

constexpr std::uint32_t most_lanes = 1024, lanes_step = 4, most_elements = 64; // as of zbcc.lanes, zbcc.rows
constexpr double most_oblong = 2;

struct size {
  std::uint32_t lanes, rows, columns;
};

std::vector<size> sizes(const config& c) {
  std::vector<size> all;
  const auto machine = zbcc::make_engine(engine_settings(c, c.zbcc.engine));
  const zbcc::grid own = machine->elements();
  const std::uint32_t elements = own.rows * own.columns;
  if (elements == 0) {
    for (std::uint32_t lanes = lanes_step; lanes <= most_lanes; lanes += lanes_step)
      all.push_back({lanes, c.zbcc.rows, c.zbcc.columns});
    return all;
  }
  const std::uint32_t lanes_each = machine->lanes() / elements;
  const auto turned = [&](double rows, double columns) { return rows / columns * own.columns / own.rows; };
  for (std::uint32_t rows = 1; rows <= most_elements; ++rows)
    for (std::uint32_t columns = 1; columns <= most_elements; ++columns) {
      const std::uint32_t lanes = rows * columns * lanes_each;
      if (lanes > most_lanes || lanes % lanes_step != 0) continue;
      const double shape = turned(rows, columns);
      if (std::max(shape, 1 / shape) <= most_oblong) all.push_back({lanes, rows, columns});
    }
  return all;
}

// Every engine on the chip has such a size.
bool can_be_built(const config& c) {
  std::set<std::string> names{c.zbcc.engine};
  for (const auto& [at, tile] : c.tile)
    if (!tile.engine.empty()) names.insert(tile.engine);
  try {
    for (const std::string& name : names) (void)zbcc::make_engine(engine_settings(c, name));
  } catch (const std::invalid_argument&) {
    return false;
  }
  return true;
}

double area_of(const config& c, const energy_table& table, std::string_view dtype) {
  return price_list(c, table, dtype).area().total();
}

} // namespace

iso_area at_area_of_twin(const config& c, const energy_table& table, std::string_view dtype) {
  const area_parts own = price_list(c, table, dtype).area();
  iso_area best{c, own.total(), own.twin(), false};
  using choice = std::tuple<double, double, std::uint32_t, config>; // how far off, how oblong, rows
  std::vector<choice> choices;
  for (const size& s : sizes(c)) {
    config other = c;
    other.zbcc.lanes = s.lanes, other.zbcc.rows = s.rows, other.zbcc.columns = s.columns;
    const double off = std::abs(area_of(other, table, dtype) - best.target_mm2);
    if (off >= std::abs(best.area_mm2 - best.target_mm2)) continue; // as it is, it is nearer
    const auto [low, high] = std::minmax(s.rows, s.columns);
    const double shape = low ? double{1} * high / low : 1;
    choices.emplace_back(off, shape, s.rows, std::move(other));
  }
  std::sort(choices.begin(), choices.end(), [](const choice& a, const choice& b) {
    return std::tie(std::get<0>(a), std::get<1>(a), std::get<2>(a)) <
           std::tie(std::get<0>(b), std::get<1>(b), std::get<2>(b));
  });
  const auto first =
      std::find_if(choices.begin(), choices.end(), [](const choice& x) { return can_be_built(std::get<3>(x)); });
  if (first == choices.end()) return best;
  best.chip = std::get<3>(*first), best.area_mm2 = area_of(best.chip, table, dtype), best.rescaled = true;
  return best;
}

} // namespace acf::platform
