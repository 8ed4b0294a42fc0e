// The subject `cpu` of acf-vp-bench by itself: cpu_bench [Google Benchmark's options] [X.elf ...]
#include "platform/bench/cpu.hpp"

#include <benchmark/benchmark.h>
#include <iostream>

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  try {
    acf::platform::register_cpu({argv + 1, argv + argc});
  } catch (const std::invalid_argument& wrong) {
    std::cerr << "cpu_bench: " << wrong.what() << '\n';
    return 2;
  }
  return benchmark::RunSpecifiedBenchmarks() == 0 ? 2 : 0;
}
