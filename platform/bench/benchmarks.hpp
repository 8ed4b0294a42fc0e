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

// cpu/PROGRAM: user CPU seconds of `acf-vp run --firmware PROGRAM` with default options on the whole chip, median of
// five; mips; ratio_qemu = the same median of qemu-system-riscv64 -M virt (plain TCG, one thread) over ours, the runs
// of both taking turns. Without options.elf, the programs of tests/bench/cpu; else these ELF files, which must end by
// the test finisher with a pass.
void register_cpu(const bench_options& options);

// noc/KxK/PATTERN/RATE/FLITS: the flit mesh alone under open-loop traffic of so many flits per node and cycle, in
// packets of so many flits: packets and simulated cycles per second of wall time.
void register_noc();

// dram/PRESET/PATTERN/OUTSTANDING: the DRAM alone, command by command: bursts per second of wall time.
void register_dram();

} // namespace acf::platform
