#include "platform/bench/benchmarks.hpp"
#include "platform/matmul/product.hpp"
#include "sw_stack/hal/numeric.hpp"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <cblas.h>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <stdexcept>

namespace acf::platform {
namespace {

using hal::numeric::random_stream;

std::size_t cells(std::size_t size) { return size * size; }

array mask_of(std::size_t rows, std::size_t columns) {
  return {array_type::boolean, {rows, columns}, std::vector<std::uint8_t>(rows * columns, 1)};
}

// Zeros drawn element by element.
array random_mask(std::size_t size, double percent) {
  array m = mask_of(size, size);
  const random_stream random{1, 2};
  for (std::size_t i = 0; i < cells(size); ++i) m.bytes[i] = static_cast<double>(random.uniform(i)) * 100 >= percent;
  return m;
}

// Exactly `kept` of every 16 along the columns of B[K, N].
array structured_mask(std::size_t size, std::size_t kept) {
  array m = mask_of(size, size);
  const random_stream random{1, 3};
  std::size_t draw = 0;
  for (std::size_t n = 0; n < size; ++n)
    for (std::size_t k = 0; k < size; k += 16) {
      const std::size_t group = std::min<std::size_t>(16, size - k);
      for (std::size_t left = group - std::min(kept, group); left > 0;) {
        std::uint8_t& at = m.bytes[(k + random.below(draw++, static_cast<std::uint32_t>(group))) * size + n];
        left -= at, at = 0;
      }
    }
  return m;
}

// Wall time of the loop of a benchmark; Google Benchmark's own rates count the first thread's CPU time.
class stopwatch {
public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }

private:
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

struct product_bench {
  std::shared_ptr<zbcc::engine> machine;
  zbcc::phase phase;
  zbcc::sides skip;
  product operands;
  unsigned threads;
  std::string label;
  bool dense;
  std::string name; // without the number of threads

  void operator()(benchmark::State& state) const;
};

double sgemm_rate = 0;                      // of this run; 0 until it has been measured
std::map<std::string, double> single_rates; // by name without the number of threads

void product_bench::operator()(benchmark::State& state) const {
  zbcc::cycles busy = 0;
  const stopwatch time;
  for ([[maybe_unused]] auto _ : state) {
    const executed_product done = execute(operands, *machine, phase, skip, threads);
    busy = done.cost.busy;
    benchmark::DoNotOptimize(done.c);
  }
  const double macs =
      static_cast<double>(operands.m) * static_cast<double>(operands.n) * static_cast<double>(operands.k);
  const double rate = macs * static_cast<double>(state.iterations()) / time.seconds();
  state.counters["macs_per_second"] = rate;
  state.counters["cycles"] = static_cast<double>(busy);
  if (dense && sgemm_rate > 0) state.counters["ratio_sgemm"] = rate / sgemm_rate;
  if (threads == 1) single_rates[name] = rate;
  if (const auto one = single_rates.find(name); threads > 1 && one != single_rates.end())
    state.counters["ratio_one_thread"] = rate / one->second;
  state.SetLabel(label);
}

void sgemm(benchmark::State& state, std::uint32_t size) {
  std::vector<float> a(cells(size), 1.5f), b(cells(size), 0.5f), c(cells(size));
  const int n = static_cast<int>(size);
  openblas_set_num_threads(1);
  const stopwatch time;
  for ([[maybe_unused]] auto _ : state) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a.data(), n, b.data(), n, 0, c.data(), n);
    benchmark::DoNotOptimize(c);
  }
  sgemm_rate = std::pow(size, 3) * static_cast<double>(state.iterations()) / time.seconds();
  state.counters["macs_per_second"] = sgemm_rate;
  state.SetLabel(openblas_get_corename());
}

} // namespace

void register_engines(const bench_options& o) {
  const auto names = zbcc::engine_names();
  if (!o.engine.empty() && std::find(names.begin(), names.end(), o.engine) == names.end())
    throw std::invalid_argument(
        fmt::format("--engine: expected one of {}, not '{}'", fmt::join(names, ", "), o.engine));
  const std::uint32_t size = o.size;
  benchmark::RegisterBenchmark(fmt::format("sgemm/fp32/{0}/{0}/{0}/1", size).c_str(),
                               [size](benchmark::State& state) { sgemm(state, size); });
  const std::vector<double> zeros =
      o.sparsity ? std::vector<double>{*o.sparsity} : std::vector<double>{0, 50, 80, 90, 95};
  const std::vector<unsigned> threads = o.threads ? std::vector<unsigned>{*o.threads} : std::vector<unsigned>{1, 2};
  for (const std::string_view name : names) {
    if (!o.engine.empty() && name != o.engine) continue;
    zbcc::engine_config config;
    config.name = name;
    const std::shared_ptr<zbcc::engine> machine = zbcc::make_engine(config);
    for (const double percent : zeros) {
      array b = random_mask(size, percent);
      std::string label = "random";
      if (name == "sat") { // N:16 with the nearest share of zeros; the label says which
        const auto kept =
            std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(16 * (1 - percent / 100))), 1, 16);
        b = structured_mask(size, kept);
        label = kept == 16 ? "dense" : fmt::format("{}:16", kept);
      }
      product p;
      p.m = p.n = p.k = size;
      p.a = operand(mask_of(size, size), p.type, 1, 0), p.b = operand(b, p.type, 1, 1);
      const std::string title = fmt::format("engine/{}/bf16/{}/{}/{}/{}", name, percent, size, size, size);
      const auto phase = name == "spartann" ? zbcc::phase::input_gradient : zbcc::phase::forward; // where it skips
      for (const unsigned t : threads)
        benchmark::RegisterBenchmark(
            fmt::format("{}/{}", title, t).c_str(),
            product_bench{machine, phase, {name == "zbcc", true}, p, t, label, percent == 0, title});
    }
  }
}

} // namespace acf::platform
