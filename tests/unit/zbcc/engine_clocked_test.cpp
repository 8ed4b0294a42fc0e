// Every engine against its clocked reference (tests/reference/engines): cycles, products and the cause of every idle
// lane slot, over ragged, empty, full, clustered and tiny products.
#include "models/zbcc/engine.hpp"
#include "tests/reference/engines/clocked.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <map>
#include <random>
#include <tuple>

namespace {

using namespace acf::zbcc;
namespace reference = acf::reference;

constexpr int cases = 2000;
[[maybe_unused]] const int configured = setenv("RC_PARAMS", ("max_success=" + std::to_string(cases)).c_str(), 0);

using generator = std::mt19937;

std::size_t below(generator& g, std::size_t n) { return g() % n; }

// Zeros as they occur: everywhere, nowhere, random, by rows of their own density, in blocks, a single one.
bit_matrix any_mask(generator& g, std::size_t rows, std::size_t cols) {
  bit_matrix m(rows, cols);
  const auto fill = [&](auto percent) {
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < cols; ++c)
        if (below(g, 100) < percent(r, c)) m.set(r, c);
  };
  switch (below(g, 8)) {
  case 0: break;
  case 1: fill([](auto, auto) { return 100u; }); break;
  case 2:
    if (rows * cols > 0) m.set(below(g, rows), below(g, cols));
    break;
  case 3: {
    std::vector<std::size_t> own(rows);
    for (auto& x : own) x = below(g, 101);
    fill([&](std::size_t r, auto) { return own[r]; });
    break;
  }
  case 4: {
    const std::size_t seed = g(), side = 1 + below(g, 9), share = 1 + below(g, 4);
    fill([&](std::size_t r, std::size_t c) {
      generator block(static_cast<std::uint32_t>(seed + r / side * 977 + c / side));
      return below(block, 5) < share ? 95u : 2u;
    });
    break;
  }
  default: {
    const std::size_t density[] = {1, 10, 30, 50, 80, 99};
    const std::size_t percent = density[below(g, 6)];
    fill([&](auto, auto) { return percent; });
  }
  }
  return m;
}

// Groups of `group` along a row with exactly `kept` ones; the rest of the row has at most as many.
bit_matrix n_of_m(generator& g, std::size_t rows, std::size_t cols, std::size_t kept, std::size_t group) {
  bit_matrix m(rows, cols);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < cols; c += group) {
      const std::size_t width = std::min(group, cols - c);
      for (std::size_t left = width == group ? kept : below(g, std::min(kept, width) + 1); left > 0;) {
        const std::size_t at = c + below(g, width);
        if (!m.test(r, at)) m.set(r, at), --left;
      }
    }
  return m;
}

reference::mask rows_of(const bit_matrix& m) {
  reference::mask out(m.rows, std::vector<bool>(m.cols));
  for (std::size_t r = 0; r < m.rows; ++r)
    for (std::size_t c = 0; c < m.cols; ++c) out[r][c] = m.test(r, c);
  return out;
}

struct sizes {
  std::size_t m, n, k;
};

chunk any_chunk(generator& g, sizes most, bool sampling = true) {
  chunk w;
  const bool sampled = sampling && below(g, 5) == 0;
  const std::size_t unit = sampled ? 4 : 1;
  w.m = unit * (1 + below(g, most.m / unit)), w.n = unit * (1 + below(g, most.n / unit)), w.k = 1 + below(g, most.k);
  w.a = any_mask(g, w.m, w.k), w.b = any_mask(g, w.n, w.k);
  w.skip = {below(g, 2) == 0, below(g, 4) != 0};
  w.what = static_cast<phase>(below(g, 3));
  w.a_is_gradient = below(g, 2) == 0;
  if (sampled) {
    w.outputs.emplace();
    for (std::uint32_t r = 0; r < w.m / 4; ++r)
      for (std::uint32_t c = 0; c < w.n / 4; ++c)
        if (below(g, 2)) w.outputs->push_back({r, c});
  }
  return w;
}

reference::product product_of(const chunk& w) {
  reference::product p;
  p.m = w.m, p.n = w.n, p.k = w.k;
  p.a = rows_of(w.a), p.b = rows_of(w.b);
  p.skip_a = w.skip.a, p.skip_b = w.skip.b;
  p.phase = static_cast<int>(w.what), p.a_is_gradient = w.a_is_gradient;
  p.sampled = w.outputs.has_value();
  if (w.outputs)
    for (const output_block& block : *w.outputs) p.blocks.emplace_back(block.row, block.column);
  return p;
}

void agree(const engine& machine, const chunk& w, const reference::tally& expected) {
  const chunk_cost c = machine.cost(w);
  RC_ASSERT(c.busy == expected.cycles);
  RC_ASSERT(c.executed == expected.executed);
  RC_ASSERT(c.skipped == expected.skipped);
  std::map<std::string, std::uint64_t> idle, wanted;
  for (std::size_t i = 0; i < stall_names.size(); ++i)
    if (c.idle[i] != 0) idle[std::string(stall_names[i])] = c.idle[i];
  for (const auto& [cause, slots] : expected.idle)
    if (slots != 0) wanted[cause] = slots;
  RC_ASSERT(idle == wanted);
  RC_ASSERT(c.executed + c.skipped == w.macs());
  RC_ASSERT(c.executed + c.idle_slots() == c.busy * machine.lanes());
}

template <typename F>
void check(const char* what, F property) {
  EXPECT_TRUE(rc::check(what, [&] {
    generator g(*rc::gen::arbitrary<std::uint32_t>());
    property(g);
  }));
}

engine_config named(const char* name, std::size_t lanes) {
  engine_config c;
  c.name = name, c.lanes = static_cast<std::uint32_t>(lanes);
  return c;
}

TEST(clocked_engines, tensordash) {
  std::map<std::tuple<std::size_t, std::size_t, std::size_t, std::size_t, bool>, std::unique_ptr<engine>> built;
  check("cycles, products and causes", [&](generator& g) {
    const std::size_t rows[] = {1, 2, 3, 4, 8, 16}, columns[] = {1, 2, 4, 16};
    reference::tensordash_machine m{rows[below(g, 6)], columns[below(g, 4)], 4, 2 + below(g, 4), below(g, 3) == 0};
    if (const std::size_t kind = below(g, 4); kind == 0)
      m.lanes = 16;
    else if (kind == 1 && m.depth == 4)
      m.lanes = 8;
    auto& machine = built[{m.rows, m.columns, m.lanes, m.depth, m.two_sided}];
    if (!machine) {
      engine_config c = named("tensordash", m.rows * m.columns * m.lanes);
      c.rows = static_cast<std::uint32_t>(m.rows), c.columns = static_cast<std::uint32_t>(m.columns);
      c.depth = static_cast<std::uint32_t>(m.depth), c.tensordash.two_sided = m.two_sided;
      machine = make_engine(c);
    }
    const chunk w = any_chunk(g, {20, 40, 150});
    agree(*machine, w, run(m, product_of(w)));
  });
}

TEST(clocked_engines, sat) {
  check("cycles, products and causes", [](generator& g) {
    const reference::sat_machine m{1 + below(g, 9), 1 + below(g, 9), std::size_t{2} << below(g, 4), 1 + below(g, 6),
                                   1 + below(g, 8)};
    engine_config c = named("sat", m.rows * m.columns);
    c.rows = static_cast<std::uint32_t>(m.rows), c.columns = static_cast<std::uint32_t>(m.columns);
    c.sat.dense_group = static_cast<std::uint32_t>(m.dense_group);
    c.sat.accumulate_cycles = static_cast<std::uint32_t>(m.latency);
    c.sat.interleave = static_cast<std::uint32_t>(m.interleave);
    chunk w = any_chunk(g, {30, 30, 100});
    if (below(g, 3) != 0) {
      const std::size_t group = std::size_t{2} << below(g, 4);
      w.b = n_of_m(g, w.n, w.k, 1 + below(g, group), group);
    }
    agree(*make_engine(c), w, run(m, product_of(w)));
  });
}

TEST(clocked_engines, spartann) {
  check("cycles, products and causes", [](generator& g) {
    const reference::spartann_machine m{4 * (1 + below(g, 16)), static_cast<unsigned>(1 + below(g, 9)),
                                        1 + below(g, 600), below(g, 3) == 0 ? below(g, 3) : 0};
    engine_config c = named("spartann", m.lanes);
    c.spartann.gap_bits = m.gap_bits, c.spartann.dense_vectors = static_cast<std::uint32_t>(m.dense_vectors);
    c.spartann.column_cycles = static_cast<std::uint32_t>(m.column_cycles);
    const chunk w = below(g, 2) ? any_chunk(g, {40, 20, 700}) : any_chunk(g, {40, 700, 20});
    agree(*make_engine(c), w, run(m, product_of(w)));
  });
}

TEST(clocked_engines, systolic) {
  check("cycles, products and causes", [](generator& g) {
    const reference::systolic_machine m{1 + below(g, 9), 1 + below(g, 9), 1 + below(g, 4)};
    engine_config c = named("dense", m.rows * m.columns * m.depth);
    c.rows = static_cast<std::uint32_t>(m.rows), c.columns = static_cast<std::uint32_t>(m.columns);
    c.dense.systolic = true;
    const chunk w = any_chunk(g, {30, 30, 60}, false);
    agree(*make_engine(c), w, run(m, product_of(w)));
  });
}

// A batch of 64 in groups of 16 would fill four of eight rows.
TEST(clocked_engines, weight_gradients_of_sat_do_not_depend_on_the_pattern_of_the_weights) {
  check("cycles", [](generator& g) {
    chunk w = any_chunk(g, {20, 24, 80});
    if (!w.outputs) w.what = phase::weight_gradient;
    engine_config c = named("sat", 64);
    const std::size_t group = std::size_t{2} << below(g, 4);
    c.sat.group = static_cast<std::uint32_t>(group), c.sat.kept = static_cast<std::uint32_t>(1 + below(g, group));
    agree(*make_engine(c), w, run(reference::sat_machine{8, 8, 8, 4, 4}, product_of(w)));
  });
}

// Without any setting an engine is the published machine on the chip's 64 lanes; sizes are written out here.
TEST(clocked_engines, own_sizes_are_those_of_the_document) {
  const auto published = [](const char* name, auto machine) {
    const auto own = make_engine(named(name, 64));
    check(name, [&](generator& g) {
      chunk w = any_chunk(g, {70, 24, 150});
      if (below(g, 3) == 0) w = any_chunk(g, {70, 9, 700}); // gaps and buffers of spartann need long columns
      if (below(g, 3) == 0) {
        const std::size_t group = std::size_t{2} << below(g, 4);
        w.b = n_of_m(g, w.n, w.k, 1 + below(g, group), group);
      }
      agree(*own, w, run(machine, product_of(w)));
    });
  };
  published("tensordash", reference::tensordash_machine{4, 4, 4, 4});
  published("sat", reference::sat_machine{8, 8, 8, 4, 4});
  published("spartann", reference::spartann_machine{64, 8, 512, 0});
}

// Operand bytes decide when a tile's SRAM holds an engine up: written out for one small product of each.
TEST(engine_traffic, spartann_reloads_its_dense_buffer_when_outputs_do_not_fit) {
  chunk w;
  w.what = phase::input_gradient, w.skip = {false, true};
  w.m = 64, w.n = 257, w.k = 513; // two parts of K; 257 streams are one more than the output buffer holds
  w.a = bit_matrix(w.m, w.k), w.b = bit_matrix(w.n, w.k);
  w.b.set(0, 0), w.b.set(0, 512);
  const std::uint64_t stream = 2 * (2 + 1) + 2 * (2 * 257), vectors = 513 * 64 * 2;
  EXPECT_EQ(make_engine(named("spartann", 64))->cost(w).bytes_read, stream + 2 * vectors);
  w.n = 256, w.b = bit_matrix(w.n, w.k);
  EXPECT_EQ(make_engine(named("spartann", 64))->cost(w).bytes_read, 2 * (2 * 256) + vectors);
  w.k = 512; // fills the dense buffer exactly: one part
  w.a = bit_matrix(w.m, w.k), w.b = bit_matrix(w.n, w.k);
  EXPECT_EQ(make_engine(named("spartann", 64))->cost(w).bytes_read, 2u * 256 + 512 * 64 * 2);
}

TEST(engine_traffic, tensordash_stages_every_step_of_every_pass_once) {
  chunk w;
  w.m = 5, w.n = 4, w.k = 9; // two passes of three steps of four
  w.a = bit_matrix(w.m, w.k), w.b = bit_matrix(w.n, w.k);
  w.skip = {false, true};
  EXPECT_EQ(make_engine(named("tensordash", 64))->cost(w).bytes_read, 2u * 3 * 4 * (4 * 2 + 4 * 2));
}

TEST(engine_traffic, sat_reads_kept_weights_with_their_indices) {
  chunk w;
  w.m = 16, w.n = 8, w.k = 64; // eight groups of 2:8: one weight-stationary pass of 8 x 8 elements
  w.a = bit_matrix(w.m, w.k), w.b = bit_matrix(w.n, w.k);
  for (std::size_t r = 0; r < w.n; ++r)
    for (std::size_t k = 0; k < w.k; k += 8) w.b.set(r, k), w.b.set(r, k + 5);
  w.skip = {false, true};
  const std::uint64_t activations = 16 * 8 * 8 * 2, weights = 64 * 2 * 19 / 8; // 16 bits and an index of 3
  EXPECT_EQ(make_engine(named("sat", 64))->cost(w).bytes_read, activations + weights);
  w.b_in_groups = false;
  EXPECT_EQ(make_engine(named("sat", 64))->cost(w).bytes_read, activations + 64 * 8 * 2) << "all eight of a group";
}

} // namespace
