#include "models/noc/journey.hpp"

#include <map>

namespace acf::noc {

journey::journey(const topology& where, std::span<const branch> to) : ends_(static_cast<std::uint32_t>(to.size())) {
  std::vector<std::vector<exit>> stops(1);
  std::map<link_id, std::uint16_t> behind; // the stop behind a link that is travelled
  for (const auto& b : to) {
    std::uint16_t at = 0;
    for (const auto link : b.way->links) {
      auto [known, fresh] = behind.try_emplace(link, static_cast<std::uint16_t>(stops.size()));
      if (fresh) {
        stops[at].push_back({static_cast<std::uint16_t>(link % 4), known->second, common::no_node});
        stops.emplace_back();
      }
      at = known->second;
    }
    stops[at].push_back({where.attached(b.destination).port, 0, b.destination});
  }
  for (const auto& s : stops) {
    first_.push_back(static_cast<std::uint32_t>(exits_.size()));
    exits_.insert(exits_.end(), s.begin(), s.end());
  }
  first_.push_back(static_cast<std::uint32_t>(exits_.size()));
}

} // namespace acf::noc
