// Matching of requesters and resources by rotating priorities, as iSLIP does it (McKeown, IEEE/ACM Trans. Networking
// 7(2), 1999): every free resource grants the first requester at or after its pointer, every requester accepts the
// first grant at or after its own; what stays unmatched tries again in the next iteration. Pointers move one beyond the
// partner only for matches of the first iteration, which is what makes the scheme fair.
//
// Both allocators of a router are one of these: virtual channels (buffers against output channels) and the switch
// (input ports against output ports). The result does not depend on the order of requests.
#pragma once

#include <cstdint>
#include <vector>

namespace acf::noc {

class round_robin_matching {
public:
  static constexpr std::uint16_t nobody = 0xFFFF;

  round_robin_matching(std::uint32_t requesters, std::uint32_t resources, std::uint32_t iterations);

  // Adds a request for this round; a pair at most once.
  void request(std::uint16_t requester, std::uint16_t resource) { requests_.push_back({requester, resource}); }
  bool empty() const { return requests_.empty(); }

  struct pair {
    std::uint16_t requester, resource;
  };
  // Decides over all requests made since the last call. Valid until the next one; each side occurs at most once.
  const std::vector<pair>& match();

private:
  static std::uint32_t distance(std::uint32_t from, std::uint32_t to, std::uint32_t size) {
    return to >= from ? to - from : to + size - from;
  }

  std::uint32_t iterations_;
  std::vector<std::uint16_t> grant_pointer_, accept_pointer_; // by resource, by requester
  std::vector<std::uint16_t> granted_, accepted_;             // of this iteration, by resource, by requester
  std::vector<std::uint8_t> requester_matched_, resource_matched_;
  std::vector<pair> requests_, matches_;
};

} // namespace acf::noc
