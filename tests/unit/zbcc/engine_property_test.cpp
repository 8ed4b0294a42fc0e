// What must hold for every engine and every mask, and a plain cycle-by-cycle reference of both machines.
#include "models/zbcc/engine.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>

namespace {

using namespace acf::zbcc;

bit_matrix random_mask(std::mt19937& g, std::size_t rows, std::size_t cols, int percent) {
  bit_matrix m(rows, cols);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < cols; ++c)
      if (static_cast<int>(g() % 100) < percent) m.set(r, c);
  return m;
}

// From the whole range in every case; left alone, RapidCheck begins with the smallest numbers and reaches the largest
// in its last case.
template <typename T = std::size_t>
T from_range(int low, int high) {
  return static_cast<T>(*rc::gen::resize(rc::kNominalSize, rc::gen::inRange(low, high + 1)));
}

// Zeros come alone, in runs along k, or in rows of their own density.
bit_matrix any_mask(std::mt19937& g, std::size_t rows, std::size_t cols) {
  const int densities[] = {0, 2, 10, 50, 90, 100};
  const int percent = densities[from_range(0, 5)];
  const std::size_t form = from_range(0, 2), run = from_range(2, 20);
  if (form == 0) return random_mask(g, rows, cols, percent);
  const bit_matrix coarse = random_mask(g, rows, form == 1 ? (cols + run - 1) / run : 1, percent),
                   fine = random_mask(g, rows, cols, 70);
  bit_matrix m(rows, cols);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < cols; ++c)
      if (coarse.test(r, form == 1 ? c / run : 0) && fine.test(r, c)) m.set(r, c);
  return m;
}

struct any_chunk {
  chunk work;
  engine_config zbcc, dense;
};

any_chunk generate() {
  std::mt19937 g(*rc::gen::arbitrary<std::uint32_t>());
  any_chunk x;
  chunk& w = x.work;
  const int form = from_range<int>(0, 2);
  w.m = from_range(1, 18), w.n = from_range(1, 22), w.k = from_range(1, 150);
  if (form == 1) w.n = (w.n + 3) / 4 * 4, w.k = (w.k + 3) / 4 * 4;
  if (form == 2) w.m = (w.m + 3) / 4 * 4, w.n = (w.n + 3) / 4 * 4;
  w.a = any_mask(g, w.m, w.k), w.b = any_mask(g, w.n, w.k);
  w.skip = {*rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()};
  if (form == 1) {
    sparse_rows rows{{0}, {}};
    for (std::uint32_t r = 0; r < w.n / 4; ++r) {
      for (std::uint32_t c = 0; c < w.k / 4; ++c) {
        const bool live = g() % 3 == 0;
        if (live) rows.entries.push_back({c, static_cast<std::uint32_t>(rows.entries.size())});
        for (std::size_t y = 0; y < 4 && !live; ++y)
          for (std::size_t k = 0; k < 4; ++k)
            w.b.row(4 * r + y)[(4 * c + k) / 64] &= ~(std::uint64_t{1} << (4 * c + k) % 64);
      }
      rows.first.push_back(static_cast<std::uint32_t>(rows.entries.size()));
    }
    w.live = rows;
  }
  if (form == 2) {
    std::vector<output_block> list;
    for (std::uint32_t r = 0; r < w.m / 4; ++r)
      for (std::uint32_t c = 0; c < w.n / 4; ++c)
        if (g() % 2) list.push_back({r, c});
    w.outputs = list;
  }
  x.zbcc.lanes = 16u << from_range(0, 3);
  x.zbcc.depth = from_range<std::uint32_t>(1, 20);
  x.dense.name = "dense";
  x.dense.rows = from_range<std::uint32_t>(1, 9), x.dense.columns = from_range<std::uint32_t>(1, 9);
  x.dense.lanes = x.dense.rows * x.dense.columns * from_range<std::uint32_t>(1, 8);
  return x;
}

// --- the machines, one clock at a time -------------------------------------------------------------------------------
struct tally {
  std::uint64_t cycles = 0, executed = 0, edge = 0, front_end = 0, imbalance = 0;
};

// A task as the front end sees it: pairs found in each of its steps.
std::vector<std::vector<unsigned>> tasks_of(const chunk& w) {
  std::vector<std::vector<unsigned>> tasks;
  const auto counts = [&](std::size_t m, std::size_t n, std::size_t k) {
    return (!w.skip.a || w.a.test(m, k)) && (!w.skip.b || w.b.test(n, k));
  };
  if (w.outputs) {
    for (const output_block& o : *w.outputs) {
      tasks.emplace_back();
      for (std::size_t k = 0; k < w.k; ++k) {
        unsigned pairs = 0;
        for (std::size_t i = 0; i < 4; ++i)
          for (std::size_t j = 0; j < 4; ++j) pairs += counts(4 * o.row + i, 4 * o.column + j, k);
        tasks.back().push_back(pairs);
      }
    }
    return tasks;
  }
  for (std::size_t n = 0; n < w.n; n += 4)
    for (std::size_t m = 0; m < w.m; ++m) {
      tasks.emplace_back();
      for (std::size_t k = 0; k < w.k; k += 4) {
        bool live = !w.live;
        for (std::uint32_t e = w.live ? w.live->first[n / 4] : 0; w.live && e < w.live->first[n / 4 + 1]; ++e)
          live = live || w.live->entries[e].column == k / 4;
        if (!live) continue;
        unsigned pairs = 0;
        for (std::size_t j = n; j < std::min(n + 4, w.n); ++j)
          for (std::size_t q = k; q < std::min(k + 4, w.k); ++q) pairs += counts(m, j, q);
        tasks.back().push_back(pairs);
      }
    }
  return tasks;
}

// Every group: a queue of pairs found but not yet multiplied, and a position in its task. The front end runs ahead of
// the multipliers by at most what has been found; a task ends when both have nothing left.
tally clocked_zbcc(const chunk& w, const engine_config& config) {
  struct group {
    const std::vector<unsigned>* task = nullptr;
    std::size_t at = 0;
    std::uint64_t busy = 0;
  };
  std::vector<group> groups(config.lanes / 16);
  const auto tasks = tasks_of(w);
  tally t;
  std::size_t next = 0;
  std::vector<std::uint64_t> idle_since(groups.size(), 0);
  for (std::uint64_t clock = 0;; ++clock) {
    for (group& g : groups)
      while (g.task == nullptr && next < tasks.size()) {
        const auto& candidate = tasks[next++];
        if (candidate.empty()) continue;
        g = {&candidate, 0, g.busy};
      }
    if (std::all_of(groups.begin(), groups.end(), [](const group& g) { return g.task == nullptr; })) {
      t.cycles = clock;
      break;
    }
    for (group& g : groups) {
      if (g.task == nullptr) continue;
      ++g.busy;
      ++g.at; // cycles spent on this task
      const auto& steps = *g.task;
      std::uint64_t pairs = 0;
      for (const unsigned p : steps) pairs += p;
      const bool packing = w.skip.any();
      // after g.at cycles at most 16 g.at pairs are multiplied and depth g.at steps inspected
      const bool multiplied = packing ? 16 * g.at >= pairs : g.at >= steps.size();
      const bool inspected = packing ? std::uint64_t{config.depth} * g.at >= steps.size() : true;
      if (multiplied && inspected) {
        const std::uint64_t packs = packing ? (pairs + 15) / 16 : steps.size();
        t.executed += pairs;
        t.edge += 16 * packs - pairs;
        t.front_end += 16 * (g.at - packs);
        g.task = nullptr;
      }
    }
  }
  for (const group& g : groups) t.imbalance += 16 * (t.cycles - g.busy);
  return t;
}

tally clocked_dense(const chunk& w, const engine_config& c) {
  const std::size_t depth = c.lanes / (c.rows * c.columns);
  tally t;
  if (w.outputs) {
    const std::size_t beside = std::max(1u, c.rows / 4) * std::max(1u, c.columns / 4);
    for (std::size_t i = 0; i < w.outputs->size(); i += beside)
      for (std::size_t x = 0; x < 4; x += c.rows)
        for (std::size_t y = 0; y < 4; y += c.columns)
          for (std::size_t k = 0; k < w.k; k += depth) ++t.cycles;
    t.executed = w.outputs->size() * 16 * w.k;
    return t;
  }
  for (std::size_t n = 0; n < w.n; n += c.columns)
    for (std::size_t m = 0; m < w.m; m += c.rows)
      for (std::size_t k = 0; k < w.k; k += depth) {
        bool arrives = !w.live;
        const std::size_t end_n = std::min<std::size_t>(n + c.columns, w.n), end_k = std::min(k + depth, w.k);
        for (std::size_t j = n; w.live && j < end_n; ++j)
          for (std::uint32_t e = w.live->first[j / 4]; e < w.live->first[j / 4 + 1]; ++e) {
            const std::size_t from = 4 * w.live->entries[e].column;
            arrives = arrives || (from < end_k && from + 4 > k);
          }
        if (!arrives) continue;
        ++t.cycles;
        t.executed += (std::min<std::size_t>(m + c.rows, w.m) - m) * (end_n - n) * (end_k - k);
      }
  return t;
}

void run_property(const char* what, void (*check)()) { EXPECT_TRUE(rc::check(what, check)); }

TEST(engine_properties, zbcc_agrees_with_the_clocked_machine) {
  run_property("cycles and losses", [] {
    const any_chunk x = generate();
    const chunk_cost c = make_engine(x.zbcc)->cost(x.work);
    const tally t = clocked_zbcc(x.work, x.zbcc);
    RC_ASSERT(c.busy == t.cycles);
    RC_ASSERT(c.executed == t.executed);
    RC_ASSERT(c[stall::edge] == t.edge);
    RC_ASSERT(c[stall::front_end] == t.front_end);
    RC_ASSERT(c[stall::imbalance] == t.imbalance);
  });
}

TEST(engine_properties, dense_agrees_with_the_clocked_machine) {
  run_property("cycles, executed and losses", [] {
    const any_chunk x = generate();
    const chunk_cost c = make_engine(x.dense)->cost(x.work);
    const tally t = clocked_dense(x.work, x.dense);
    RC_ASSERT(c.busy == t.cycles);
    RC_ASSERT(c.executed == t.executed);
    RC_ASSERT(c[stall::edge] == t.cycles * x.dense.lanes - t.executed); // nothing else is lost
    RC_ASSERT(c.idle_slots() == c[stall::edge]);
  });
}

TEST(engine_properties, every_lane_slot_and_every_product_is_accounted_for) {
  run_property("sums", [] {
    const any_chunk x = generate();
    for (const engine_config& config : {x.zbcc, x.dense}) {
      chunk_cost c = make_engine(config)->cost(x.work);
      RC_ASSERT(c.executed + c.skipped == x.work.macs());
      RC_ASSERT(c.executed + c.idle_slots() == c.busy * config.lanes);
      c.bytes_written = 5000;
      limit_by_sram(c, config.lanes, 64);
      RC_ASSERT(c.executed + c.idle_slots() == c.busy * config.lanes);
      RC_ASSERT(c.busy * 64 >= c.bytes_read + c.bytes_written);
    }
  });
}

TEST(engine_properties, skipping_more_never_takes_longer) {
  run_property("monotonic", [] {
    any_chunk x = generate();
    const auto engine = make_engine(x.zbcc);
    const auto with = [&](sides s) {
      x.work.skip = s;
      return engine->cost(x.work);
    };
    const chunk_cost twin = with({}), a = with({true, false}), b = with({false, true}), both = with({true, true});
    RC_ASSERT(a.busy <= twin.busy && b.busy <= twin.busy);
    RC_ASSERT(both.busy <= a.busy && both.busy <= b.busy);
    RC_ASSERT(both.executed <= a.executed && a.executed <= twin.executed);
  });
}

TEST(engine_properties, zbcc_is_never_behind_the_dense_array_of_equal_lanes_on_rows) {
  run_property("against dense", [] {
    any_chunk x = generate();
    if (x.work.outputs) x.work.outputs.reset();
    engine_config dense;
    dense.name = "dense";
    RC_ASSERT(make_engine(engine_config{})->cost(x.work).busy <= make_engine(dense)->cost(x.work).busy);
  });
}

TEST(bit_matrices, transpose_bit_by_bit) {
  run_property("transposed", [] {
    std::mt19937 g(*rc::gen::arbitrary<std::uint32_t>());
    const auto rows = static_cast<std::size_t>(*rc::gen::inRange(1, 200)),
               cols = static_cast<std::size_t>(*rc::gen::inRange(1, 200));
    const bit_matrix m = random_mask(g, rows, cols, 40), t = transposed(m);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < cols; ++c) RC_ASSERT(m.test(r, c) == t.test(c, r));
    RC_ASSERT(m.count() == t.count());
  });
}

} // namespace
