// The subjects of acf-vp-bench. Each registers its benchmarks with Google Benchmark.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace acf::platform {

struct bench_options {
  std::vector<std::string> elf;
  std::string engine;             // only this one; empty: all
  std::optional<double> sparsity; // per cent; none: 0, 50, 80, 90, 95
  std::uint32_t size = 512;
  std::optional<unsigned> threads; // none: 1 and 2
};

// engine/E/dtype/S/M/N/K/threads: masks, exact timing and arithmetic of a product, in dense-equivalent products per
// second of wall time; ratio_sgemm at 0 %: over one thread of OpenBLAS's sgemm (sgemm/fp32/M/N/K/1) in the same run;
// ratio_one_thread: over the same product on one thread.
void register_engines(const bench_options& options);

} // namespace acf::platform
