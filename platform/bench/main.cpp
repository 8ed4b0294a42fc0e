// acf-vp-bench: benchmarks of the platform itself. Exit codes as those of acf-vp.
#include "platform/bench/benchmarks.hpp"

#include <CLI/CLI.hpp>
#include <benchmark/benchmark.h>
#include <iostream>

namespace {

constexpr int usage_error = 2;

int run(int argc, char** argv) {
  using namespace acf::platform;
  CLI::App app{"Host speed of the virtual platform", "acf-vp-bench"};
  bench_options o;
  std::string subject, json, filter = ".";
  app.add_option("SUBJECT", subject, "what to measure")
      ->required()
      ->check(CLI::IsMember({"engines", "cpu", "noc", "dram", "all"}));
  app.add_option("--elf", o.elf, "programs to run (cpu)");
  app.add_option("--engine", o.engine, "only this engine");
  app.add_option("--sparsity", o.sparsity, "only this share of zeros, per cent")->check(CLI::Range(0.0, 100.0));
  app.add_option("--size", o.size, "M, N and K")->check(CLI::Range(1, 8192));
  app.add_option("--threads", o.threads, "only with so many host threads")->check(CLI::Range(1, 256));
  app.add_option("--filter", filter, "only benchmarks whose names match this regular expression");
  app.add_option("--json", json, "Google Benchmark's JSON")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::cerr << "acf-vp-bench: " << error.what() << '\n';
    return usage_error;
  }
  try {
    const bool all = subject == "all";
    if (all || subject == "engines") register_engines(o);
    if (all || subject == "cpu") register_cpu(o);
    if (all || subject == "noc") register_noc();
    if (all || subject == "dram") register_dram();
  } catch (const std::invalid_argument& wrong) {
    std::cerr << "acf-vp-bench: " << wrong.what() << '\n';
    return usage_error;
  }
  std::string program = "acf-vp-bench", out = "--benchmark_out=" + json, format = "--benchmark_out_format=json",
              chosen = "--benchmark_filter=" + filter;
  char* arguments[] = {program.data(), out.data(), format.data(), chosen.data(), nullptr};
  int count = 4;
  benchmark::Initialize(&count, arguments);
  return benchmark::RunSpecifiedBenchmarks() == 0 ? usage_error : 0;
}

} // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "acf-vp-bench: internal error: " << error.what() << '\n';
    return 3;
  }
}
