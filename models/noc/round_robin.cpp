#include "models/noc/round_robin.hpp"

namespace acf::noc {

round_robin_matching::round_robin_matching(std::uint32_t requesters, std::uint32_t resources, std::uint32_t iterations)
    : iterations_(iterations),
      grant_pointer_(resources),
      accept_pointer_(requesters),
      granted_(resources, nobody),
      accepted_(requesters, nobody),
      requester_matched_(requesters),
      resource_matched_(resources) {}

const std::vector<round_robin_matching::pair>& round_robin_matching::match() {
  matches_.clear();
  if (requests_.size() == 1) { // nobody to compete with
    const auto [i, o] = requests_.front();
    matches_.push_back(requests_.front());
    grant_pointer_[o] = static_cast<std::uint16_t>(i + 1u == accept_pointer_.size() ? 0 : i + 1);
    accept_pointer_[i] = static_cast<std::uint16_t>(o + 1u == grant_pointer_.size() ? 0 : o + 1);
    requests_.clear();
    return matches_;
  }
  const auto requesters = static_cast<std::uint32_t>(accept_pointer_.size());
  const auto resources = static_cast<std::uint32_t>(grant_pointer_.size());
  for (std::uint32_t iteration = 0; iteration < iterations_ && !requests_.empty(); ++iteration) {
    for (const auto& [i, o] : requests_) {
      auto& g = granted_[o];
      if (g == nobody || distance(grant_pointer_[o], i, requesters) < distance(grant_pointer_[o], g, requesters)) g = i;
    }
    for (const auto& [i, o] : requests_) {
      if (granted_[o] != i) continue;
      auto& a = accepted_[i];
      if (a == nobody || distance(accept_pointer_[i], o, resources) < distance(accept_pointer_[i], a, resources)) a = o;
    }
    const auto before = matches_.size();
    for (const auto& [i, o] : requests_) {
      if (accepted_[i] != o || requester_matched_[i]) continue;
      requester_matched_[i] = resource_matched_[o] = 1;
      matches_.push_back({i, o});
    }
    if (iteration == 0)
      for (const auto& [i, o] : matches_) {
        grant_pointer_[o] = static_cast<std::uint16_t>(i + 1u == requesters ? 0 : i + 1);
        accept_pointer_[i] = static_cast<std::uint16_t>(o + 1u == resources ? 0 : o + 1);
      }
    for (const auto& [i, o] : requests_) granted_[o] = accepted_[i] = nobody;
    if (matches_.size() == before) break;
    std::erase_if(requests_,
                  [&](const pair& r) { return requester_matched_[r.requester] || resource_matched_[r.resource]; });
  }
  for (const auto& [i, o] : matches_) requester_matched_[i] = resource_matched_[o] = 0;
  requests_.clear();
  return matches_;
}

} // namespace acf::noc
