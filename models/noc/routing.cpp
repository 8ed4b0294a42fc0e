#include "models/noc/routing.hpp"

#include <algorithm>

#include "sw_stack/hal/global_registers.hpp"

namespace acf::noc {

using namespace hal::router;

namespace {
constexpr auto implemented = static_cast<std::uint32_t>(port_field.mask() | valid_field.mask());
}

routing_tables::routing_tables(const topology& where)
    : where_(where), entries_(std::size_t{banks} * where.routers() * max_nodes), walks_(banks * where.routers()) {
  reset();
}

std::size_t routing_tables::index(std::uint32_t bank, router_id router, node_id destination) const {
  return (std::size_t{bank} * where_.routers() + router) * max_nodes + destination;
}

std::uint32_t routing_tables::get(std::uint32_t bank, router_id router, node_id destination) const {
  return entries_[index(bank, router, destination)];
}

void routing_tables::set(std::uint32_t bank, router_id router, node_id destination, std::uint32_t value) {
  entries_[index(bank, router, destination)] = static_cast<std::uint8_t>(value & implemented);
  ++generation_;
}

void routing_tables::reset() {
  const auto xy = [&](std::uint32_t router, topology::attachment to) -> std::uint32_t {
    const auto x = router % where_.width(), y = router / where_.width();
    const auto to_x = to.router % where_.width(), to_y = to.router / where_.width();
    if (to_x != x) return to_x > x ? port::east : port::west;
    if (to_y != y) return to_y > y ? port::south : port::north;
    return to.port;
  };
  std::ranges::fill(entries_, 0);
  for (std::uint32_t router = 0; router < where_.routers(); ++router)
    for (std::uint32_t node = 0; node < where_.nodes(); ++node) {
      const auto value =
          hal::put(valid_field.mask(), port_field, xy(router, where_.attached(static_cast<node_id>(node))));
      for (std::uint32_t bank = 0; bank < banks; ++bank)
        entries_[index(bank, static_cast<router_id>(router), static_cast<node_id>(node))] =
            static_cast<std::uint8_t>(value);
    }
  selected_ = 0;
  ++generation_;
}

routing_tables::step routing_tables::next(std::uint32_t bank, router_id router, node_id destination) const {
  const auto entry = get(bank, router, destination);
  if (!hal::test(entry, valid_field)) return {step::hole, 0};
  const auto out = static_cast<std::uint32_t>(hal::get(entry, port_field));
  if (out < port::local) {
    const auto link = router * 4u + out;
    return {where_.exists(link) ? step::forward : step::hole, link};
  }
  const auto target = where_.attached(destination); // a local port that is not the destination's leads nowhere
  return {target.router == router && target.port == out ? step::arrived : step::hole, 0};
}

void routing_tables::walk(std::uint32_t bank, router_id from, node_id destination, route& way) const {
  way.links.clear();
  way.error = {};
  auto router = from;
  for (;;) {
    const auto s = next(bank, router, destination);
    if (s.what == step::arrived) return;
    if (s.what == step::hole || way.links.size() == where_.routers()) {
      way.error.what = s.what == step::hole ? fabric_error::kind::route_hole : fabric_error::kind::route_loop;
      way.error.router = router;
      way.error.destination = destination;
      way.links.clear();
      return;
    }
    way.links.push_back(s.link);
    router = where_.neighbour(s.link);
  }
}

const route& routing_tables::find(std::uint32_t bank, router_id from, node_id destination) {
  auto& row = walks_[bank * where_.routers() + from];
  if (row.empty()) row.resize(where_.nodes());
  auto& known = row[destination];
  if (known.generation != generation_) {
    walk(bank, from, destination, known.way);
    known.generation = generation_;
  }
  return known.way;
}

std::vector<link_id> routing_tables::find_cycle() const {
  // Successors of a link by output port of the router behind it.
  std::vector<std::uint8_t> waits_for(where_.links());
  for (std::uint32_t bank = 0; bank < banks; ++bank)
    for (std::uint32_t node = 0; node < where_.nodes(); ++node)
      for (std::uint32_t router = 0; router < where_.routers(); ++router) {
        const auto to = static_cast<node_id>(node);
        const auto first = next(bank, static_cast<router_id>(router), to);
        if (first.what != step::forward) continue;
        const auto second = next(bank, where_.neighbour(first.link), to);
        if (second.what == step::forward) waits_for[first.link] |= static_cast<std::uint8_t>(1u << second.link % 4);
      }
  enum : std::uint8_t { unseen, on_path, finished };
  std::vector<std::uint8_t> state(where_.links());
  for (link_id start = 0; start < where_.links(); ++start) {
    if (state[start] != unseen || waits_for[start] == 0) continue;
    std::vector<std::pair<link_id, std::uint32_t>> path{{start, 0}}; // link, next port to look at
    state[start] = on_path;
    while (!path.empty()) {
      auto& [link, port] = path.back();
      while (port < 4 && !(waits_for[link] >> port & 1)) ++port;
      if (port == 4) {
        state[link] = finished;
        path.pop_back();
        continue;
      }
      const link_id behind = where_.neighbour(link) * 4u + port++;
      if (state[behind] == on_path) {
        std::vector<link_id> ring;
        for (auto at = std::ranges::find(path, behind, &std::pair<link_id, std::uint32_t>::first); at != path.end();
             ++at)
          ring.push_back(at->first);
        return ring;
      }
      if (state[behind] != unseen) continue;
      state[behind] = on_path;
      path.emplace_back(behind, 0);
    }
  }
  return {};
}

// Routes to one destination form a graph with one edge per router, so every router is followed once: a walk that meets
// a router of an earlier walk is good, one that meets itself is a loop.
fabric_error routing_tables::check(std::uint32_t bank) const {
  std::vector<std::uint32_t> met(where_.routers());
  for (std::uint32_t node = 0; node < where_.nodes(); ++node) {
    const auto destination = static_cast<node_id>(node);
    std::fill(met.begin(), met.end(), 0);
    for (std::uint32_t start = 0; start < where_.routers(); ++start)
      for (auto router = static_cast<router_id>(start);;) {
        if (met[router] == start + 1) return {fabric_error::kind::route_loop, router, destination, 0};
        if (met[router] != 0) break;
        met[router] = start + 1;
        const auto s = next(bank, router, destination);
        if (s.what == step::hole) return {fabric_error::kind::route_hole, router, destination, 0};
        if (s.what == step::arrived) break;
        router = where_.neighbour(s.link);
      }
  }
  return {};
}

} // namespace acf::noc
