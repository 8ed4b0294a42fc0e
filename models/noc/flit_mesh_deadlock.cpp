// Who waits for whom in a mesh that has come to rest with packets in it.
#include <algorithm>

#include "models/noc/flit_mesh.hpp"

namespace acf::noc {

// A link waits for another one when a packet that crossed it has no channel, or no room, on the other. Links are told
// apart by groups of virtual channels, because classes do not wait for each other.
std::vector<link_id> flit_mesh::waiting_ring() const {
  const auto groups = config_.classes + 1;
  std::vector<link_id> link_of(node_of_.size());
  for (link_id l = 0; l < where_.links(); ++l)
    if (where_.exists(l)) link_of[port_of(l)] = l;
  std::vector<std::vector<std::uint32_t>> waits(node_of_.size() * groups);
  for (std::uint32_t b = 0; b < buffers_.size(); ++b) {
    const auto& s = buffers_[b];
    const auto in = b / width_;
    if (s.count == 0 || node_of_[in] != common::no_node || peer_[in] == no_port) continue;
    const auto group = b % width_ < unicast_channels_ ? b % width_ / config_.virtual_channels : config_.classes;
    for (auto i = copy_base_[b]; i < copy_base_[b] + s.copies; ++i) {
      const auto& c = copies_[i];
      const auto out = port_base_[router_of_[in]] + c.port;
      if (c.sent - s.gone >= s.count || node_of_[out] != common::no_node) continue;
      if (c.channel == none || channels_[out * width_ + c.channel].occupied >= depth(c.channel))
        waits[peer_[in] * groups + group].push_back(out * groups + group);
    }
  }
  // Depth first; a node on the path that is met again closes the ring.
  enum : std::uint8_t { unseen, on_path, finished };
  std::vector<std::uint8_t> state(waits.size());
  struct visit {
    std::uint32_t node;
    std::size_t next;
  };
  for (std::uint32_t start = 0; start < waits.size(); ++start) {
    if (state[start] != unseen || waits[start].empty()) continue;
    std::vector<visit> path{{start, 0}};
    state[start] = on_path;
    while (!path.empty()) {
      auto& v = path.back();
      if (v.next == waits[v.node].size()) {
        state[v.node] = finished;
        path.pop_back();
        continue;
      }
      const auto to = waits[v.node][v.next++];
      if (state[to] == on_path) {
        std::vector<link_id> ring;
        for (auto at = std::ranges::find(path, to, &visit::node); at != path.end(); ++at)
          ring.push_back(link_of[at->node / groups]);
        return ring;
      }
      if (state[to] != unseen) continue;
      state[to] = on_path;
      path.push_back({to, 0});
    }
  }
  return {};
}

} // namespace acf::noc
