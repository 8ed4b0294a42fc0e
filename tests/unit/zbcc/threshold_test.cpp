// NM_SELECT, DTS_STORE: against sorting every group, and against the published control loop.
#include "sw_stack/hal/threshold_commands.hpp"
#include "tests/unit/zbcc/tile_memory.hpp"

#include <algorithm>
#include <cmath>

namespace {

using namespace test;
using hal::threshold_record;
using hal::tile::error;

// NaN ranks last, like a zero.
float rank_of(float x) { return std::fabs(x) > 0 ? std::fabs(x) : 0; }

TEST(nm_select, keeps_the_largest_of_every_group) {
  for (int round = 0; round < 200; ++round) {
    tile_memory t;
    const std::uint32_t group = 2u << below(4), kept = between(1, group), rows = between(1, 12),
                        columns = between(1, 40);
    const bool along_rows = below(2);
    const auto from = t.random(below(2) ? element::f32 : element::bf16, rows, columns, {0.3, 0.05}, true);
    const auto to = t.dense(element::bf16, rows, columns, true), mask = t.dense(element::u8, rows, columns);
    run(t, request(opcode::nm_select)
               .view(0, from)
               .view(1, to)
               .view(2, mask)
               .param(0, kept)
               .param(1, group)
               .param(2, along_rows));
    for (std::uint32_t i = 0; i < rows; ++i)
      for (std::uint32_t j = 0; j < columns; ++j) {
        // Kept if fewer than `kept` of its group come before it: larger ones, and equal ones at lower places.
        const std::uint32_t own = along_rows ? i : j, length = along_rows ? rows : columns, first = own / group * group;
        std::uint32_t before = 0;
        for (std::uint32_t x = first; x < std::min(first + group, length); ++x) {
          const float other = rank_of(along_rows ? t.get(from, x, j) : t.get(from, i, x)),
                      self = rank_of(t.get(from, i, j));
          before += other > self || (other == self && x < own);
        }
        const bool live = before < kept;
        ASSERT_EQ(t.bits(mask, i, j), live ? 1u : 0u);
        ASSERT_EQ(t.bits(to, i, j), live ? reference::encode(t.get(from, i, j), element::bf16) : 0u);
      }
  }
}

TEST(nm_select, packs_values_with_their_places) {
  tile_memory t;
  const auto from = t.dense(element::f32, 2, 10), to = t.dense(element::f32, 2, 6), places = t.dense(element::u8, 2, 6);
  const float line[] = {1, -3, 0, 2, 2, -2, 0, 5, 7, 0};
  for (std::uint32_t j = 0; j < 10; ++j) t.set(from, 0, j, line[j]), t.set(from, 1, j, 0);
  run(t, request(opcode::nm_select)
             .view(0, from)
             .view(1, to)
             .view(2, places)
             .param(0, 2)
             .param(1, 4)
             .param(3, hal::nm_form::packed));
  const float values[] = {-3, 2, 2, 5, 7, 0};
  const std::uint32_t where[] = {1, 3, 0, 3, 0, 1}; // of 2, -2 the first; the rest of the row has two members
  for (std::uint32_t j = 0; j < 6; ++j) {
    EXPECT_EQ(t.get(to, 0, j), values[j]) << j;
    EXPECT_EQ(t.bits(places, 0, j), where[j]) << j;
    EXPECT_EQ(t.bits(places, 1, j), j % 2); // all equal: the lowest places
  }
}

// Two masks of one master: the forward copy keeps N of M input channels, the backward copy N of M output channels.
TEST(nm_select, both_directions_of_a_master_are_found_by_the_engine) {
  tile_memory t;
  const std::uint32_t n = 16, k = 32;
  const auto master = t.random(element::f32, n, k, {0, 0}), forward = t.dense(element::bf16, n, k),
             backward = t.dense(element::bf16, n, k);
  run(t, request(opcode::nm_select).view(0, master).view(1, forward).param(0, 2).param(1, 8));
  run(t, request(opcode::nm_select).view(0, master).view(1, backward).param(0, 2).param(1, 8).param(2, 1));
  const auto engine = make_engine({.name = "sat"});
  const auto mode = [&](const hal::view_record& w, bool transposed) {
    chunk work;
    work.m = 16, work.n = transposed ? k : n, work.k = transposed ? n : k;
    work.what = transposed ? phase::input_gradient : phase::forward;
    work.a = bit_matrix(work.m, work.k), work.b = bit_matrix(work.n, work.k), work.skip = {false, true};
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < k; ++j)
        if (t.bits(w, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j)) != 0)
          transposed ? work.b.set(j, i) : work.b.set(i, j);
    return engine->cost(work).mode;
  };
  EXPECT_TRUE(mode(forward, false).ends_with("s, 2:8"));
  EXPECT_TRUE(mode(backward, true).ends_with("s, 2:8"));
  EXPECT_NE(mode(forward, true).find("not N:M"), std::string::npos); // why BDWP keeps two copies
}

TEST(nm_select, refuses_what_is_no_pattern) {
  tile_memory t;
  const auto x = t.random(element::f32, 4, 8, {}), y = t.dense(element::f32, 4, 8);
  const auto cause = [&](std::uint32_t kept, std::uint32_t group, std::uint32_t axis, std::uint32_t form) {
    return prepare(t, request(opcode::nm_select)
                          .view(0, x)
                          .view(1, y)
                          .param(0, kept)
                          .param(1, group)
                          .param(2, axis)
                          .param(3, form))
        .error;
  };
  EXPECT_EQ(cause(0, 4, 0, 0).address, 0u);
  EXPECT_EQ(cause(5, 4, 0, 0).address, 1u);
  EXPECT_EQ(cause(2, 6, 0, 0).address, 1u);
  EXPECT_EQ(cause(2, 4, 2, 0).address, 2u);
  EXPECT_EQ(cause(2, 4, 0, 2).address, 3u);
  EXPECT_EQ(cause(2, 4, 0, 2).cause, error::bad_parameter);
  EXPECT_EQ(cause(2, 4, 0, 1).cause, error::shape); // packed is half as wide
}

// --- DTS_STORE -------------------------------------------------------------------------------------------------------
hal::view_record place_record(tile_memory& t, const threshold_record& r) {
  auto v = t.words(std::vector<std::uint32_t>(sizeof r / 4));
  t.put(v.base, r);
  return v;
}

TEST(dts_store, small_values_become_zero_and_are_counted) {
  for (int round = 0; round < 100; ++round) {
    tile_memory t;
    const std::uint32_t rows = between(1, 20), columns = between(1, 20);
    const auto from = t.random(element::f32, rows, columns, {0.3, 0.05}, true),
               to = t.dense(element::bf16, rows, columns, true);
    const threshold_record before{0.7f, 0.5f, 0.0f, 0.25f, 3, 10, 2, 0};
    const auto slot = place_record(t, before);
    run(t, request(opcode::dts_store).view(0, from).view(1, to).view(2, slot));
    std::uint32_t zeros = 3;
    float largest = 0.25f;
    for (std::uint32_t i = 0; i < rows; ++i)
      for (std::uint32_t j = 0; j < columns; ++j) {
        const float x = t.get(from, i, j);
        const bool small = std::fabs(x) < 0.7f;
        ASSERT_EQ(t.bits(to, i, j), small ? 0u : reference::encode(x, element::bf16));
        zeros += small;
        if (std::isfinite(x)) largest = std::max(largest, std::fabs(x));
      }
    const auto after = t.word<threshold_record>(slot.base);
    EXPECT_EQ(after.zeros, zeros);
    EXPECT_EQ(after.elements, 10 + rows * columns);
    EXPECT_EQ(after.largest, largest);
    EXPECT_EQ(after.threshold, 0.7f);
    EXPECT_EQ(after.commits, 2u);
  }
}

threshold_record commit(const threshold_record& own, const std::vector<threshold_record>& others = {}) {
  tile_memory t;
  const auto slot = place_record(t, own);
  request r(opcode::dts_store);
  r.view(2, slot).param(0, hal::dts_step::commit).param(1, static_cast<std::uint32_t>(others.size()));
  if (!others.empty()) {
    const auto list = t.words(std::vector<std::uint32_t>(sizeof own / 4 * others.size()));
    for (std::size_t i = 0; i < others.size(); ++i) t.put(list.base + i * sizeof(threshold_record), others[i]);
    r.view(3, list);
  }
  run(t, r);
  return t.word<threshold_record>(slot.base);
}

TEST(dts_store, the_threshold_follows_the_published_rule) {
  const auto threshold = [](float now, float target, float floor, std::uint32_t zeros, std::uint32_t commits) {
    return commit({now, target, floor, 50, zeros, 1000, commits, 0}).threshold;
  };
  EXPECT_EQ(threshold(0, 0.5f, 0, 0, 0), 0.5f);                   // a hundredth of the largest
  EXPECT_EQ(threshold(2, 0.5f, 0, 480, 3), 2 * (0.5f / 0.48f));   // target over share
  EXPECT_EQ(threshold(2, 0.5f, 0, 100, 3), 2 * 1.2f);             // at most 20 % up
  EXPECT_EQ(threshold(2, 0.5f, 0, 999, 3), 2 * 0.8f);             // at most 20 % down
  EXPECT_EQ(threshold(2, 0.5f, 0, 0, 3), 2 * 1.2f);               // no zeros at all
  EXPECT_EQ(threshold(2, 0.5f, 1.9f, 999, 3), 1.9f);              // not below its floor
  EXPECT_EQ(threshold(0, 0.5f, 0, 999, 3), 0.5f);                 // lost: starts again
  EXPECT_EQ(commit({2, 0.5f, 0, 0, 0, 0, 3, 0}).threshold, 2.0f); // nothing was stored
  const auto after = commit({2, 0.5f, 0, 50, 480, 1000, 3, 0});
  EXPECT_EQ(after.zeros + after.elements, 0u);
  EXPECT_EQ(after.largest, 0.0f);
  EXPECT_EQ(after.commits, 4u);
}

TEST(dts_store, a_threshold_may_be_held_and_the_last_iteration_can_be_read) {
  const threshold_record held{2, 0.5f, 0, 50, 100, 1000, 3, 3};
  EXPECT_EQ(commit(held).threshold, 2.0f);
  auto before = held;
  before.commits = 2;
  EXPECT_EQ(commit(before).threshold, 2 * 1.2f);
  const auto after = commit(held, {{9, 0, 0, 80, 300, 500, 0, 0}});
  EXPECT_EQ(after.last_threshold, 2.0f);
  EXPECT_EQ(after.last_zeros, 400u);
  EXPECT_EQ(after.last_elements, 1500u);
  EXPECT_EQ(after.hold, 3u);
}

TEST(dts_store, counts_of_all_tiles_make_one_threshold) {
  const threshold_record parts[] = {
      {2, 0.5f, 0, 5, 100, 400, 7, 0}, {0, 0, 0, 80, 300, 500, 0, 0}, {0, 0, 0, 9, 80, 100, 0, 0}};
  const auto whole = commit({2, 0.5f, 0, 80, 480, 1000, 7, 0}), sum = commit(parts[0], {parts[1], parts[2]});
  EXPECT_EQ(std::memcmp(&whole, &sum, sizeof whole), 0);
  EXPECT_EQ(commit({0, 0.5f, 0, 5, 0, 10, 0, 0}, {parts[1]}).threshold, 0.8f);
}

// From a hundredth of the largest value to the target share in the published 14 to 20 steps, and then close to it.
TEST(dts_store, reaches_its_target_and_keeps_it) {
  constexpr std::uint32_t n = 16384;
  for (const float target : {0.3f, 0.5f, 0.7f}) {
    threshold_record r{0, target, 0, 0, 0, 0, 0, 0};
    int reached = 0;
    std::normal_distribution<float> normal;
    for (int step = 1; step <= 60; ++step) {
      std::uint32_t zeros = 0;
      for (std::uint32_t i = 0; i < n; ++i) {
        const float x = std::fabs(normal(random_bits()));
        zeros += x < r.threshold, r.largest = std::max(r.largest, x);
      }
      r.zeros = zeros, r.elements = n;
      const float off = std::fabs(static_cast<float>(zeros) / n - target);
      if (reached == 0 && off < 0.02f) reached = step;
      if (step > 30) {
        EXPECT_LT(off, 0.02f) << target << " at step " << step;
      }
      r = commit(r);
    }
    EXPECT_GE(reached, 10);
    EXPECT_LE(reached, 24) << target;
  }
}

TEST(dts_store, refuses_records_and_shapes_that_do_not_fit) {
  tile_memory t;
  const auto x = t.random(element::f32, 4, 8, {}), y = t.dense(element::f32, 8, 4), slot = place_record(t, {});
  EXPECT_EQ(prepare(t, request(opcode::dts_store).view(0, x).view(1, y).view(2, slot)).error.cause, error::shape);
  EXPECT_EQ(prepare(t, request(opcode::dts_store).view(0, x).view(1, x).view(2, y)).error.cause, error::shape);
  EXPECT_EQ(prepare(t, request(opcode::dts_store).view(2, slot).param(0, 1).param(1, 1)).error.address, 1u);
  EXPECT_EQ(prepare(t, request(opcode::dts_store).view(2, slot).param(0, 2)).error.address, 0u);
  EXPECT_TRUE(prepare(t, request(opcode::dts_store).view(0, x).view(1, x).view(2, slot))); // in place
}

} // namespace
