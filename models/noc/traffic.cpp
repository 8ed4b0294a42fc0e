#include "models/noc/traffic.hpp"

#include <cmath>
#include <random>
#include <stdexcept>
#include <string>

namespace acf::noc {
namespace {

constexpr std::string_view names[] = {"uniform", "transpose", "bitcomp", "neighbor", "hotspot"};
constexpr cycles longest_drain = 2'000'000;

// A k x k mesh with its journeys, made when they are first needed.
class square_mesh {
public:
  square_mesh(const router_config& router, std::uint32_t k)
      : where_(settings(k)), tables_(where_), flits(where_, router), ways_(std::size_t{k} * k * k * k) {}

  std::shared_ptr<const journey> way(node_id from, node_id to) {
    auto& known = ways_[std::size_t{from} * where_.routers() + to];
    if (!known) {
      const branch b{to, &tables_.find(0, from, to), {}};
      known = std::make_shared<const journey>(where_, std::span(&b, 1));
    }
    return known;
  }

private:
  static mesh_config settings(std::uint32_t k) {
    mesh_config c;
    c.width = c.height = k;
    c.dram.channels = 1;
    return c;
  }

  topology where_;
  routing_tables tables_;

public:
  flit_mesh flits;

private:
  std::vector<std::shared_ptr<const journey>> ways_;
};

// When a node generates its next packet: the gaps of a Bernoulli process are geometric.
class generator {
public:
  generator(std::uint64_t seed, std::uint32_t node, double probability)
      : random_(seed * 0x9E3779B97F4A7C15u + node), scale_(probability < 1 ? std::log1p(-probability) : 0) {
    advance();
  }
  cycles due() const { return due_; }
  void advance() {
    const auto u = static_cast<double>(random_() >> 11) * 0x1p-53; // [0, 1)
    due_ = next_ + (scale_ < 0 ? static_cast<cycles>(std::log1p(-u) / scale_) : 0);
    next_ = due_ + 1;
  }
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

private:
  std::mt19937_64 random_;
  double scale_;
  cycles next_ = 0, due_ = 0;
};

node_id destination(traffic_pattern pattern, std::uint32_t k, std::uint32_t from, generator& g) {
  const auto x = from % k, y = from / k;
  std::uint32_t to = 0;
  switch (pattern) {
  case traffic_pattern::uniform: to = g.below(k * k); break;
  case traffic_pattern::transpose: to = x * k + y; break;
  case traffic_pattern::bitcomp: to = ~from & (k * k - 1); break;
  case traffic_pattern::neighbor: to = (y + 1) % k * k + (x + 1) % k; break;
  case traffic_pattern::hotspot: break;
  }
  return static_cast<node_id>(to);
}

} // namespace

std::optional<traffic_pattern> find_traffic_pattern(std::string_view name) {
  for (std::size_t i = 0; i < std::size(names); ++i)
    if (names[i] == name) return static_cast<traffic_pattern>(i);
  return std::nullopt;
}

traffic_result run_traffic(const router_config& router, const traffic_load& load) {
  const auto nodes = load.k * load.k;
  if (load.pattern == traffic_pattern::bitcomp && (nodes & (nodes - 1)) != 0)
    throw std::invalid_argument("bitcomp: the number of nodes must be a power of two, not " + std::to_string(nodes));
  const double probability = load.rate / load.packet_flits;
  if (!(probability > 0 && probability <= 1))
    throw std::invalid_argument("rate: expected more than 0 and at most packet_flits, one packet a cycle");
  square_mesh mesh(router, load.k);
  auto& flits = mesh.flits;
  std::vector<generator> sources;
  for (std::uint32_t n = 0; n < nodes; ++n) sources.emplace_back(load.seed, n, probability);

  const cycles begin = load.warm_up, end = load.warm_up + load.measured;
  std::vector<cycles> generated; // by packet number
  traffic_result result;
  std::uint64_t outstanding = 0;
  double latency = 0;
  cycles now = 0;
  const auto counts = [&](flit_mesh::packet_id id) { return generated[id] >= begin && generated[id] < end; };
  flits.on_delivered = [&](flit_mesh::packet_id id, node_id) {
    if (!counts(id)) return;
    latency += static_cast<double>(now - generated[id]);
    ++result.packets;
    --outstanding;
  };
  const auto accepted = [&] {
    std::uint64_t n = 0;
    for (std::uint32_t node = 0; node < nodes; ++node) n += flits.ejection(static_cast<node_id>(node)).flits;
    return n;
  };
  std::uint64_t before = 0, after = 0;
  for (; now < end || (load.drain && (outstanding > 0 || now < end)); ++now) {
    if (now == begin) before = accepted();
    if (now == end) after = accepted();
    if (now > end + longest_drain) break;
    for (std::uint32_t n = 0; n < nodes; ++n) {
      auto& g = sources[n];
      // The next packet is drawn when the one before has left; it is as old as if it had waited in the queue.
      if (g.due() > now || flits.waiting(static_cast<node_id>(n))) continue;
      const auto to = destination(load.pattern, load.k, n, g);
      const auto id = flits.offer(static_cast<node_id>(n), common::message_class::request, load.packet_flits,
                                  mesh.way(static_cast<node_id>(n), to));
      ++result.offered;
      if (id >= generated.size()) generated.resize(id + 1);
      generated[id] = g.due();
      if (counts(id)) ++outstanding;
      g.advance();
    }
    flits.step(now);
  }
  if (now <= end) after = accepted();
  result.simulated = now;
  result.accepted_rate = static_cast<double>(after - before) / static_cast<double>(load.measured) / nodes;
  if (result.packets > 0) result.packet_latency = latency / static_cast<double>(result.packets);
  return result;
}

cycles zero_load_latency(const router_config& router, std::uint32_t k, std::uint32_t distance,
                         std::uint32_t packet_flits) {
  if (distance > 2 * (k - 1))
    throw std::invalid_argument("distance_links: at most " + std::to_string(2 * (k - 1)) + " on such a mesh");
  square_mesh mesh(router, k);
  const auto x = std::min(distance, k - 1), y = distance - x;
  mesh.flits.offer(0, common::message_class::request, packet_flits, mesh.way(0, static_cast<node_id>(y * k + x)));
  cycles now = 0;
  for (; !mesh.flits.empty(); ++now) mesh.flits.step(now);
  return now - 1;
}

} // namespace acf::noc
