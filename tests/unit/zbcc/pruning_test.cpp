// SCORE, SELECT_K, MASK_UPDATE: against sorting everything.
#include "tests/unit/zbcc/tile_memory.hpp"

#include <algorithm>

namespace {

using namespace test;
using hal::tile::error;

TEST(score, sums_or_takes_the_largest_magnitude) {
  for (const std::uint32_t maximum : {0u, 1u}) {
    tile_memory t;
    const auto x = t.random(element::bf16, 20, 16, {0.3, 0.02}), y = t.dense(element::f32, 20);
    run(t, request(opcode::score).view(0, x).view(1, y).param(0, maximum));
    for (std::uint32_t r = 0; r < 20; ++r) {
      float want = 0;
      for (std::uint32_t j = 0; j < 16; ++j) {
        const float m = std::fabs(t.get(x, r, j));
        want = maximum ? (m > want ? m : want) : want + m;
      }
      EXPECT_EQ(t.bits(y, r), reference::encode(want, element::f32));
    }
  }
}

struct entry {
  float score;
  std::uint32_t index;
};
// The order of SELECT_K, by a full sort.
std::vector<entry> ranking(std::vector<entry> all, bool largest) {
  for (entry& e : all)
    if (!(e.score > 0)) e.score = 0;
  std::stable_sort(all.begin(), all.end(),
                   [&](const entry& x, const entry& y) { return largest ? x.score > y.score : x.score < y.score; });
  return all;
}

TEST(select_k, finds_the_last_element_taken) {
  for (int i = 0; i < 300; ++i) {
    tile_memory t;
    const std::uint32_t n = between(1, 60), order_of = below(3), largest = order_of > 0, value = below(2),
                        k = below(n + 5);
    const bool in_fp32 = i % 2 == 0;
    const auto scores = t.dense(element::f32, n), mask = t.dense(in_fp32 ? element::f32 : element::u8, n),
               to = t.words(std::vector<std::uint32_t>(8, 9));
    const float choices[] = {0.0f, -0.0f, 1.0f, 1.0f, 2.0f, NAN, INFINITY, 1e-42f, -5.0f};
    std::vector<entry> eligible;
    for (std::uint32_t j = 0; j < n; ++j) {
      t.set_bits(scores, j, 0, reference::bits_of(choices[below(std::size(choices))]));
      const float allowed[] = {0.0f, 1.0f, -1.0f, 0.5f, NAN};
      t.set_bits(mask, j, 0, in_fp32 ? reference::bits_of(allowed[below(std::size(allowed))]) : below(2));
      if (i % 3 == 0 || t.get(mask, j) == static_cast<float>(value)) {
        const float score = t.get(scores, j);
        eligible.push_back({order_of == hal::order::largest_magnitude ? std::fabs(score) : score, j});
      }
    }
    request r(opcode::select_k);
    r.view(0, scores).view(2, to).param(0, order_of).param(1, value).param(2, 3);
    if (i % 3 != 0) r.view(1, mask);
    const std::uint32_t stays = below(4); // 1: what a word says
    if (stays < 2) r.view(5, t.words({0, 0, stays * between(1, 9), 0}));
    t.scalars[3] = k;
    run(t, r);
    const auto order = ranking(eligible, largest);
    const std::uint32_t count = stays == 1 ? 0 : std::min(k, static_cast<std::uint32_t>(order.size()));
    ASSERT_EQ(t.bits(to, 2), count);
    ASSERT_EQ(t.bits(to, 3), order.size());
    ASSERT_EQ(t.bits(to, 0), count ? reference::bits_of(order[count - 1].score) : 0);
    ASSERT_EQ(t.bits(to, 1), count ? order[count - 1].index : 0);
    ASSERT_EQ(t.bits(to, 4), count ? 1 : 0);
  }
}

TEST(select_k, chooses_none_if_a_word_is_set) {
  for (const std::uint32_t word : {0u, 1u, 0x8000'0000u}) {
    tile_memory t;
    std::vector<std::uint32_t> bins(256);
    bins[3] = 5;
    const auto chosen = t.words(std::vector<std::uint32_t>(8, 9));
    t.scalars[1] = 2;
    run(t, request(opcode::select_k)
               .view(2, chosen)
               .view(3, t.words(bins))
               .view(5, t.words({0, word}))
               .param(2, 1)
               .param(3, hal::select_step::choose));
    const auto found = t.word<hal::selection>(chosen.base);
    EXPECT_EQ(found.eligible, 5u);
    EXPECT_EQ(found.count, word ? 0u : 2u);
    EXPECT_EQ(found.remaining, found.count);
    EXPECT_EQ(found.score_bits, word ? 0u : 3u << 24);
  }
}

TEST(select_k, takes_indices_from_a_list) {
  tile_memory t;
  const auto scores = t.dense(element::f32, 4), to = t.words(std::vector<std::uint32_t>(8, 9));
  const float value[] = {2, 1, 1, 1};
  for (std::uint32_t i = 0; i < 4; ++i) t.set(scores, i, 0, value[i]);
  t.scalars[0] = 2;
  run(t, request(opcode::select_k).view(0, scores).view(2, to).view(4, t.words({7, 30, 20, 10})));
  EXPECT_EQ(t.bits(to, 0), reference::bits_of(1.0f));
  EXPECT_EQ(t.bits(to, 1), 20u); // 10 and 20 of three that are equal
}

// Scores lie on several tiles in any order; histograms are added up digit by digit, and the choice is that of the
// whole.
TEST(select_k, by_digits_over_parts_finds_what_it_finds_at_once) {
  for (int i = 0; i < 60; ++i) {
    tile_memory t;
    const std::uint32_t n = between(1, 500), parts = between(1, 5), largest = below(2), few = below(2);
    const auto scores = t.dense(element::f32, n), mask = t.dense(element::u8, n),
               to = t.words(std::vector<std::uint32_t>(8, 9));
    for (std::uint32_t j = 0; j < n; ++j) {
      t.set_bits(scores, j, 0, few ? reference::bits_of(static_cast<float>(below(3))) : below(0x7F80'0001));
      t.set_bits(mask, j, 0, below(4) != 0);
    }
    const std::uint32_t k = t.scalars[3] = below(n + 2);
    run(t, request(opcode::select_k)
               .view(0, scores)
               .view(1, mask)
               .view(2, to)
               .param(0, largest)
               .param(1, 1)
               .param(2, 3)
               .param(5, 70'000));

    const auto chosen = t.words(std::vector<std::uint32_t>(8, 0xAAAA'AAAA)),
               sum = t.words(std::vector<std::uint32_t>(256));
    const auto counts = t.words(std::vector<std::uint32_t>(256 * parts), 256), part_mask = t.dense(element::u8, n);
    for (const std::uint32_t digit : {0u, 1u, 2u, 3u, 5u, 6u, 7u}) { // indices have three bytes
      for (std::uint32_t p = 0, first = 0; p < parts; ++p) {
        const std::uint32_t end = p + 1 == parts ? n : first + below(n - first + 1);
        auto part = scores, bins = counts, of_part = part_mask; // a mask of its own: views start at multiples of four
        part.base += 4 * first, part.dim[0] = of_part.dim[0] = end - first;
        for (std::uint32_t j = first; j < end; ++j) t.set_bits(part_mask, j - first, 0, t.bits(mask, j));
        bins.base += 1024 * p, bins.dim = {256, 0, 0, 0}, bins.stride = {4, 0, 0, 0};
        run(t, request(opcode::select_k)
                   .view(0, part)
                   .view(1, of_part)
                   .view(2, chosen)
                   .view(3, bins)
                   .param(0, largest)
                   .param(1, 1)
                   .param(3, hal::select_step::count)
                   .param(4, digit)
                   .param(5, 70'000 + first));
        first = end;
      }
      run(t, request(opcode::rowred).view(0, counts).view(1, sum));
      run(t, request(opcode::select_k)
                 .view(2, chosen)
                 .view(3, sum)
                 .param(0, largest)
                 .param(2, 3)
                 .param(3, hal::select_step::choose)
                 .param(4, digit));
    }
    for (std::uint32_t w = 0; w < 8; ++w) ASSERT_EQ(t.bits(chosen, w), t.bits(to, w)) << "word " << w << " k " << k;
  }
}

TEST(select_k, by_digits_refuses_what_it_does_not_know) {
  tile_memory t;
  const auto scores = t.dense(element::f32, 4), bins = t.dense(element::u32, 256),
             chosen = t.words(std::vector<std::uint32_t>(8));
  const auto with = [&](std::uint32_t step, std::uint32_t digit) {
    return request(opcode::select_k).view(0, scores).view(2, chosen).view(3, bins).param(3, step).param(4, digit);
  };
  expect_error(t, with(3, 0), error::bad_parameter, 3);
  expect_error(t, with(0, 0).param(0, 3), error::bad_parameter, 0);
  const auto halves = t.dense(element::bf16, 4), bytes = t.dense(element::u8, 4);
  expect_error(t, with(0, 0).view(0, halves), error::bad_view, 16);
  expect_error(t, with(0, 0).view(0, bytes).param(0, hal::order::largest_magnitude), error::bad_view, 16);
  expect_error(t, with(hal::select_step::count, 8), error::bad_parameter, 4);
  expect_error(t, with(hal::select_step::choose, 0).view(3, t.dense(element::u32, 255)), error::shape, 19);
  expect_error(t, with(hal::select_step::count, 0).view(3, t.dense(element::f32, 256)), error::bad_view, 19);
}

// Bins of a guest that counts wrong: the last bin is taken, nothing is read beyond it.
TEST(select_k, chooses_the_last_bin_when_there_are_too_few) {
  tile_memory t;
  auto bins = t.words(std::vector<std::uint32_t>(256)), chosen = t.words({0, 0, 5, 5, 5, 0, 0, 0});
  run(t, request(opcode::select_k).view(2, chosen).view(3, bins).param(3, hal::select_step::choose).param(4, 7));
  EXPECT_EQ(t.bits(chosen, 1), 255u);
  EXPECT_EQ(t.bits(chosen, 4), 5u);
}

TEST(mask_update, renumbers_blocks_owner_by_owner_and_says_where_they_came_from) {
  for (int i = 0; i < 200; ++i) {
    tile_memory t;
    const std::uint32_t rows = between(1, 6), cols = between(1, 7), total = rows * cols, owners = between(1, 5);
    const auto mask = t.dense(element::u8, rows, cols), other_scores = t.dense(element::f32, total);
    std::vector<std::uint32_t> live, other;
    std::vector<std::uint8_t> old_mask(total);
    for (std::uint32_t b = 0; b < total; ++b) {
      old_mask[b] = static_cast<std::uint8_t>(below(2));
      t.set_bits(mask, b / cols, b % cols, old_mask[b]);
      t.set(other_scores, b, 0, static_cast<float>(below(4)));
      (old_mask[b] ? live : other).push_back(b);
    }
    const auto n = static_cast<std::uint32_t>(live.size());
    std::vector<std::uint32_t> old_blocks = live;
    std::shuffle(old_blocks.begin(), old_blocks.end(), random_bits());
    const auto live_scores = t.dense(element::f32, n), blocks = t.words(old_blocks);
    std::vector<float> score_of(total);
    for (std::uint32_t slot = 0; slot < n; ++slot)
      t.set(live_scores, slot, 0, score_of[old_blocks[slot]] = static_cast<float>(below(4)));
    const std::uint32_t k = below(std::min<std::uint32_t>(n, static_cast<std::uint32_t>(other.size())) + 1);
    t.scalars[0] = k;
    const auto chosen = t.words(std::vector<std::uint32_t>(16, 0));
    auto second = chosen;
    second.base += sizeof(hal::selection);
    auto first = chosen;
    first.dim[0] = second.dim[0] = sizeof(hal::selection) / 4;
    run(t, request(opcode::select_k).view(0, live_scores).view(2, first).view(4, blocks));
    run(t, request(opcode::select_k).view(0, other_scores).view(1, mask).view(2, second).param(0, hal::order::largest));

    hal::view_record lists;
    lists.type = static_cast<std::uint8_t>(element::bf16),
    lists.layout = static_cast<std::uint8_t>(hal::format::bsr4x4);
    lists.dim = {4 * rows, 4 * cols, 0, 0};
    lists.capacity = n, lists.pointers = t.room(4 * (rows + 1)), lists.indices = t.room(8 * n);
    auto remap = t.dense(element::u32, n), places = t.dense(element::u32, n, 2);
    request r(opcode::mask_update);
    if (below(2)) { // parts of the mask have grown before, in pieces
      const std::uint32_t cut = below(total / 4 + 1) * 4;
      for (const auto& [from, to] : {std::pair{0u, cut}, {cut, total}}) {
        auto part = mask, scores = other_scores;
        part.base += from, part.dim = {to - from, 0, 0, 0}, part.stride = {1, 0, 0, 0};
        scores.base += 4 * from, scores.dim[0] = to - from;
        run(t, request(opcode::mask_update).view(0, part).view(2, scores).view(3, second).param(0, from));
      }
      r.view(0, mask).view(1, live_scores).view(3, first);
    } else
      r.view(0, mask).view(1, live_scores).view(2, other_scores).view(3, chosen);
    r.view(4, lists).view(5, blocks).view(6, remap).view(7, places);
    const bool by_columns = below(2) != 0;
    r.extension.param[0] = owners;
    r.extension.param[1] = by_columns ? hal::owner_order::columns : hal::owner_order::in_turn;

    // what should come out
    std::vector<entry> candidates;
    for (const std::uint32_t b : live) candidates.push_back({score_of[b], b});
    const auto dropped = ranking(candidates, false);
    candidates.clear();
    for (const std::uint32_t b : other) candidates.push_back({t.get(other_scores, b), b});
    const auto grown = ranking(candidates, true);
    std::vector<std::uint8_t> new_mask = old_mask;
    for (std::uint32_t j = 0; j < k; ++j) new_mask[dropped[j].index] = 0, new_mask[grown[j].index] = 1;
    run(t, r);

    std::vector<std::vector<std::uint32_t>> owned(owners);
    for (std::uint32_t b = 0, next = 0; b < total; ++b) {
      ASSERT_EQ(t.bits(mask, b / cols, b % cols), new_mask[b]);
      if (new_mask[b]) owned[next++ % owners].push_back(b);
    }
    std::vector<std::uint32_t> order, slot_of(total);
    for (const auto& o : owned) order.insert(order.end(), o.begin(), o.end());
    if (by_columns) std::ranges::sort(order, {}, [&](std::uint32_t b) { return std::pair(b % cols, b); });
    for (std::uint32_t s = 0; s < n; ++s) {
      slot_of[order[s]] = s;
      ASSERT_EQ(t.bits(blocks, s), order[s]);
      ASSERT_EQ(t.bits(places, s, 0), order[s] / cols);
      ASSERT_EQ(t.bits(places, s, 1), order[s] % cols);
      const auto old = std::find(old_blocks.begin(), old_blocks.end(), order[s]);
      ASSERT_EQ(t.bits(remap, s),
                old == old_blocks.end() ? hal::no_index : static_cast<std::uint32_t>(old - old_blocks.begin()));
    }
    std::uint32_t entry_number = 0;
    for (std::uint32_t row = 0; row < rows; ++row) {
      ASSERT_EQ(t.word<std::uint32_t>(lists.pointers + 4 * row), entry_number);
      for (std::uint32_t c = 0; c < cols; ++c)
        if (new_mask[row * cols + c]) {
          ASSERT_EQ(t.word<std::uint32_t>(lists.indices + 8 * entry_number), c);
          ASSERT_EQ(t.word<std::uint32_t>(lists.indices + 8 * entry_number + 4), slot_of[row * cols + c]);
          ++entry_number;
        }
    }
    ASSERT_EQ(t.word<std::uint32_t>(lists.pointers + 4 * rows), n);

    r.extension.param[0] = 0;
    expect_error(t, r, error::bad_parameter, 6);
    r.extension.param[0] = 1;
    if (n > 0 && n < total) { // a mask that does not fit the lists any more
      t.set_bits(mask, other.front() / cols, other.front() % cols, 1);
      t.put<std::uint64_t>(chosen.base + 8, 0), t.put<std::uint64_t>(chosen.base + 40, 0); // nothing to drop or grow
      for (const std::uint32_t b : live) t.set_bits(mask, b / cols, b % cols, 1);
      expect_error(t, r, error::shape, 21);
    }
  }
}

} // namespace
