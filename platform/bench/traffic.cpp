// The mesh alone and the DRAM alone: how many packets and bursts the host simulates a second.
#include "models/noc/traffic.hpp"
#include "models/dram/replay.hpp"
#include "platform/bench/benchmarks.hpp"
#include "platform/config/dram_preset.hpp"

#include <benchmark/benchmark.h>
#include <chrono>
#include <fmt/format.h>
#include <systemc>

// SystemC's library asks for it; nothing here elaborates anything.
int sc_main(int, char**) { return 0; }

namespace acf::platform {
namespace {

using stopwatch = std::chrono::steady_clock;

double seconds_since(stopwatch::time_point start) {
  return std::chrono::duration<double>(stopwatch::now() - start).count();
}

void mesh(benchmark::State& state, const noc::traffic_load& load) {
  noc::router_config router;
  router.virtual_channels = 4;
  double packets = 0, cycles = 0;
  const auto start = stopwatch::now();
  for ([[maybe_unused]] auto _ : state) {
    const auto r = noc::run_traffic(router, load);
    packets += static_cast<double>(r.offered);
    cycles += static_cast<double>(r.simulated);
  }
  const double seconds = seconds_since(start);
  state.counters["packets_per_second"] = packets / seconds;
  state.counters["cycles_per_second"] = cycles / seconds;
}

void memory(benchmark::State& state, const dram::device& device, const dram::access_load& load) {
  double bursts = 0;
  const auto start = stopwatch::now();
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(dram::run_accesses(device, load));
    bursts += static_cast<double>(load.requests);
  }
  state.counters["bursts_per_second"] = bursts / seconds_since(start);
}

} // namespace

void register_noc() {
  constexpr struct {
    const char* pattern;
    double rate;
    std::uint32_t flits;
  } points[] = {{"uniform", 0.1, 1}, {"uniform", 0.4, 5}, {"transpose", 0.1, 5}, {"hotspot", 0.02, 5}};
  for (const std::uint32_t k : {4u, 16u})
    for (const auto& p : points) {
      noc::traffic_load load;
      load.k = k, load.pattern = *noc::find_traffic_pattern(p.pattern);
      load.packet_flits = p.flits, load.rate = p.rate;
      load.warm_up = 0, load.measured = 5000, load.drain = false;
      benchmark::RegisterBenchmark(fmt::format("noc/{0}x{0}/{1}/{2}/{3}", k, p.pattern, p.rate, p.flits).c_str(),
                                   [load](benchmark::State& state) { mesh(state, load); });
    }
}

void register_dram() {
  for (const auto name : {"hbm2", "ddr4_3200", "lpddr4_3200", "lpddr4_2400"}) {
    const auto device = dram_preset_of(std::string{name}).device;
    for (const char* pattern : {"seq_rd", "rand_rd", "mix_rand_2r1w"}) {
      dram::access_load load;
      load.pattern = *dram::find_access_pattern(pattern);
      load.outstanding = 64, load.requests = 50'000;
      benchmark::RegisterBenchmark(fmt::format("dram/{}/{}/{}", name, pattern, load.outstanding).c_str(),
                                   [device, load](benchmark::State& state) { memory(state, device, load); });
    }
  }
}

} // namespace acf::platform
