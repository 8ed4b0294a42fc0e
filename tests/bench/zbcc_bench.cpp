// Host speed of the compute core: dense-equivalent multiply-accumulates per second, masks and cycles (prepare),
// arithmetic (compute) and writing back included, one thread.
#include "models/zbcc/datapath.hpp"

#include <benchmark/benchmark.h>

#include <cstring>
#include <random>

namespace {

using namespace acf;
using namespace acf::zbcc;
using hal::element;
using hal::opcode;

struct tile {
  std::vector<std::uint8_t> sram = std::vector<std::uint8_t>(8 * 1024 * 1024);
  std::mt19937 g{1};
  std::uint32_t next = 0;
  hal::command command;
  std::array<resolved_view, 8> views{};
  std::array<std::uint64_t, 16> scalars{};

  std::uint32_t room(std::uint64_t bytes) {
    const std::uint32_t at = next;
    next += static_cast<std::uint32_t>((bytes + 63) / 64 * 64);
    return at;
  }
  void put(std::uint64_t at, std::uint32_t x) { std::memcpy(sram.data() + at, &x, sizeof x); }

  void dense(std::size_t i, element e, std::uint32_t rows, std::uint32_t cols, double zeros = 0) {
    hal::view_record v;
    const std::uint32_t size = hal::bytes_of(e);
    v.type = static_cast<std::uint8_t>(e), v.dim = {rows, cols, 1, 1}, v.stride = {cols * size, size, 0, 0};
    v.base = room(std::uint64_t{rows} * cols * size);
    std::normal_distribution<float> normal;
    for (std::uint32_t j = 0; j < rows * cols && e == element::bf16; ++j) {
      const std::uint16_t x = g() < zeros * 4294967296.0 ? 0 : to_bf16(normal(g));
      std::memcpy(sram.data() + v.base + 2 * j, &x, sizeof x);
    }
    views[i] = {v, 0, resolved_view::state::defined};
  }

  void sparse(std::size_t i, std::uint32_t rows, std::uint32_t cols, double density) {
    std::vector<std::uint32_t> first{0}, columns;
    for (std::uint32_t r = 0; r < rows / 4; ++r) {
      for (std::uint32_t c = 0; c < cols / 4; ++c)
        if (g() < density * 4294967296.0) columns.push_back(c);
      first.push_back(static_cast<std::uint32_t>(columns.size()));
    }
    const auto n = static_cast<std::uint32_t>(columns.size());
    dense(i, element::bf16, n, 16);
    hal::view_record& v = views[i].record;
    v.layout = static_cast<std::uint8_t>(hal::format::bsr4x4), v.dim = {rows, cols, 0, 0}, v.capacity = n;
    v.pointers = room(4 * first.size()), v.indices = room(8 * columns.size());
    for (std::size_t r = 0; r < first.size(); ++r) put(v.pointers + 4 * r, first[r]);
    for (std::uint32_t e = 0; e < n; ++e) put(v.indices + 8 * e, columns[e]), put(v.indices + 8 * e + 4, e);
  }

  void run(benchmark::State& state, opcode op, double macs, const char* engine) {
    engine_config config;
    config.name = engine;
    const datapath path{config};
    command.op = static_cast<std::uint8_t>(op);
    for ([[maybe_unused]] auto _ : state) {
      outcome o = path.prepare(command, nullptr, views, scalars, sram);
      if (!o) {
        state.SkipWithError("command refused");
        return;
      }
      o.work->compute();
      o.work->commit();
      state.counters["cycles"] = static_cast<double>(o.work->busy);
    }
    state.counters["macs_per_second"] = benchmark::Counter(macs, benchmark::Counter::kIsIterationInvariantRate);
  }
};

void mm_dense(benchmark::State& state) {
  const auto m = static_cast<std::uint32_t>(state.range(0)), k = static_cast<std::uint32_t>(state.range(1)),
             n = static_cast<std::uint32_t>(state.range(2));
  tile t;
  t.dense(0, element::bf16, m, k), t.dense(1, element::bf16, n, k), t.dense(2, element::f32, m, n);
  t.run(state, opcode::mm, 1.0 * m * k * n, "dense");
}
BENCHMARK(mm_dense)->ArgNames({"M", "K", "N"})->Args({4, 784, 128})->Args({64, 784, 128})->Args({512, 512, 512});

void mm_zbcc(benchmark::State& state) { // zeros on both sides, found element by element
  tile t;
  const double zeros = static_cast<double>(state.range(0)) / 100;
  t.dense(0, element::bf16, 512, 512, 0.5), t.dense(1, element::bf16, 512, 512, zeros),
      t.dense(2, element::f32, 512, 512);
  t.command.param[0] = hal::mm_flag::skip_a | hal::mm_flag::skip_b;
  t.run(state, opcode::mm, 512.0 * 512 * 512, "zbcc");
}
BENCHMARK(mm_zbcc)->ArgName("percent_zero")->Arg(0)->Arg(50)->Arg(90);

void mm_bsr(benchmark::State& state) {
  const auto m = static_cast<std::uint32_t>(state.range(0)), k = static_cast<std::uint32_t>(state.range(1)),
             n = static_cast<std::uint32_t>(state.range(2));
  tile t;
  t.dense(0, element::bf16, m, k, 0.5), t.sparse(1, n, k, 0.1), t.dense(2, element::f32, m, n);
  t.command.param[0] = hal::mm_flag::skip_a | hal::mm_flag::skip_b;
  t.run(state, opcode::mm, 1.0 * m * k * n, "zbcc");
}
BENCHMARK(mm_bsr)->ArgNames({"M", "K", "N"})->Args({4, 784, 128})->Args({64, 784, 128})->Args({512, 512, 512});

void sddmm(benchmark::State& state) { // a tile's share of the weight gradient: K = batch
  const auto blocks = static_cast<std::uint32_t>(state.range(0));
  tile t;
  t.dense(0, element::bf16, 64, 128, 0.9), t.dense(1, element::bf16, 64, 784, 0.5),
      t.dense(2, element::f32, blocks, 16);
  t.dense(3, element::u32, blocks, 2);
  for (std::uint32_t i = 0; i < blocks; ++i) {
    const std::uint32_t block = static_cast<std::uint32_t>(std::uint64_t{i} * 6272 / blocks);
    t.put(t.views[3].record.base + 8 * i, block / 196), t.put(t.views[3].record.base + 8 * i + 4, block % 196);
  }
  t.command.param[4] = hal::mm_flag::skip_a | hal::mm_flag::skip_b;
  t.run(state, opcode::sddmm, 16.0 * 64 * blocks, "zbcc");
}
BENCHMARK(sddmm)->ArgName("blocks")->Arg(40)->Arg(627)->Arg(6272);

} // namespace
