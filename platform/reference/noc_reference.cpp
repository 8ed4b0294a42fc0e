// BookSim2's points: a k x k mesh, dimension-ordered, one message class, iSLIP allocators, plain wormhole.
#include "platform/reference/reference.hpp"

#include "models/noc/traffic.hpp"
#include "platform/config/input_error.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace acf::platform {
namespace {

constexpr std::uint64_t seeds = 3;
constexpr double saturated_limit = 5, low_load_limit = 5, high_load_limit = 15; // percent
constexpr double low_load = 0.6, high_load = 0.9;

noc::router_config router_of(const csv_table& t, std::size_t i) {
  noc::router_config r;
  r.classes = 1;
  r.virtual_channels = t.count(i, "vcs", 1, 64);
  if (t.has("buf")) r.buffer_flits = t.count(i, "buf", 1, 1024);
  if (t.has("wait_for_tail_credit")) r.wait_for_tail_credit = t.count(i, "wait_for_tail_credit", 0, 1) == 1;
  // The reference's text asks for two iterations, but that version of the tool does not hand the number to the
  // allocators of its routers, which then do one.
  r.iterations = 1;
  return r;
}

replayed_row zero_load(const csv_table& t, std::size_t i) {
  replayed_row r;
  r.latency = static_cast<double>(noc::zero_load_latency(router_of(t, i), t.count(i, "k", 2, 64),
                                                         t.count(i, "distance_links", 0, 126),
                                                         t.count(i, "packet_flits", 1, 1024)));
  r.reference_latency = t.number(i, "booksim_network_latency");
  r.latency_limit_percent = 0;
  return r;
}

// The window of the reference: three sample periods of warm-up, then as long as its packets took. Periods are those of
// booksim_configurations.txt; latencies near saturation depend on them.
noc::traffic_load load_of(const csv_table& t, std::size_t i) {
  noc::traffic_load l;
  l.k = t.count(i, "k", 2, 64);
  const auto pattern = noc::find_traffic_pattern(t.text(i, "traffic"));
  if (!pattern) t.refuse(i, "traffic", "one of uniform, transpose, bitcomp, neighbor, hotspot");
  l.pattern = *pattern;
  l.packet_flits = t.count(i, "packet_flits", 1, 1024);
  l.rate = t.number(i, "rate");
  const double packets_per_cycle = l.rate * l.k * l.k / l.packet_flits;
  if (!(l.rate > 0) || l.rate > l.packet_flits) t.refuse(i, "rate", "flits per node and cycle, above 0");
  const bool saturated = t.count(i, "saturated", 0, 1) == 1;
  l.drain = !saturated;
  if (saturated) {
    const double cycles = std::clamp(t.number_if_any(i, "sim_cycles").value_or(12000), 4000.0, 1e6);
    l.warm_up = l.measured = static_cast<noc::cycles>(cycles / 2);
    return l;
  }
  const double period = std::clamp(1000 / packets_per_cycle, 1500.0, 40000.0);
  const double packets = t.number_if_any(i, "packets_measured").value_or(6 * period * packets_per_cycle);
  l.warm_up = static_cast<noc::cycles>(3 * period);
  l.measured = static_cast<noc::cycles>(std::clamp(packets / packets_per_cycle, 1000.0, 1e6));
  return l;
}

replayed_row loaded(const csv_table& t, std::size_t i) {
  auto load = load_of(t, i);
  replayed_row r;
  double latency = 0, rate = 0;
  for (load.seed = 1; load.seed <= seeds; ++load.seed) {
    const auto x = noc::run_traffic(router_of(t, i), load);
    latency += x.packet_latency / seeds;
    rate += x.accepted_rate / seeds;
  }
  r.throughput = rate;
  r.reference_throughput = t.number(i, "accepted_rate");
  if (!load.drain) {
    r.throughput_limit_percent = saturated_limit;
    return r;
  }
  r.latency = latency;
  r.reference_latency = t.number(i, "avg_packet_latency");
  const double fraction = t.number(i, "load_fraction");
  if (fraction <= high_load) r.latency_limit_percent = fraction < low_load ? low_load_limit : high_load_limit;
  return r;
}

} // namespace

row_replayer noc_replayer(const csv_table& points) {
  const bool empty_mesh = points.has("distance_links");
  for (std::size_t i = 0; i < points.rows(); ++i) { // complaints before anything long begins
    router_of(points, i);
    if (empty_mesh) continue;
    const auto l = load_of(points, i);
    const auto nodes = l.k * l.k;
    if (l.pattern == noc::traffic_pattern::bitcomp && (nodes & (nodes - 1)) != 0)
      points.refuse(i, "k", "a power of two for bitcomp");
    points.number(i, "load_fraction");
  }
  return [&points, empty_mesh](std::size_t i) { return empty_mesh ? zero_load(points, i) : loaded(points, i); };
}

} // namespace acf::platform
