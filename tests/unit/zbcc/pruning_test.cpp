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
    const std::uint32_t n = between(1, 60), largest = below(2), value = below(2), k = below(n + 5);
    const auto scores = t.dense(element::f32, n), mask = t.dense(element::u8, n), to = t.words({9, 9, 9, 9});
    const float choices[] = {0.0f, -0.0f, 1.0f, 1.0f, 2.0f, NAN, INFINITY, 1e-42f, -5.0f};
    std::vector<entry> eligible;
    for (std::uint32_t j = 0; j < n; ++j) {
      t.set_bits(scores, j, 0, reference::bits_of(choices[below(std::size(choices))]));
      t.set_bits(mask, j, 0, below(2));
      if (i % 3 == 0 || t.bits(mask, j) == value) eligible.push_back({t.get(scores, j), j});
    }
    request r(opcode::select_k);
    r.view(0, scores).view(2, to).param(0, largest).param(1, value).param(2, 3);
    if (i % 3 != 0) r.view(1, mask);
    t.scalars[3] = k;
    run(t, r);
    const auto order = ranking(eligible, largest);
    const std::uint32_t count = std::min<std::uint32_t>(k, static_cast<std::uint32_t>(order.size()));
    ASSERT_EQ(t.bits(to, 2), count);
    ASSERT_EQ(t.bits(to, 3), order.size());
    ASSERT_EQ(t.bits(to, 0), count ? reference::bits_of(order[count - 1].score) : 0);
    ASSERT_EQ(t.bits(to, 1), count ? order[count - 1].index : 0);
  }
}

TEST(mask_update, renumbers_blocks_owner_by_owner_and_says_where_they_came_from) {
  for (int i = 0; i < 200; ++i) {
    tile_memory t;
    const std::uint32_t rows = between(1, 6), cols = between(1, 7), total = rows * cols, owners = between(1, 5);
    const auto mask = t.dense(element::u8, rows, cols), live_scores = t.dense(element::f32, total),
               other_scores = t.dense(element::f32, total);
    std::vector<std::uint32_t> live, other;
    std::vector<std::uint8_t> old_mask(total);
    for (std::uint32_t b = 0; b < total; ++b) {
      old_mask[b] = static_cast<std::uint8_t>(below(2));
      t.set_bits(mask, b / cols, b % cols, old_mask[b]);
      t.set(live_scores, b, 0, static_cast<float>(below(4)));
      t.set(other_scores, b, 0, static_cast<float>(below(4)));
      (old_mask[b] ? live : other).push_back(b);
    }
    const auto n = static_cast<std::uint32_t>(live.size());
    std::vector<std::uint32_t> old_blocks = live;
    std::shuffle(old_blocks.begin(), old_blocks.end(), random_bits());
    const std::uint32_t k = below(std::min<std::uint32_t>(n, static_cast<std::uint32_t>(other.size())) + 1);
    t.scalars[0] = k;
    const auto chosen = t.words(std::vector<std::uint32_t>(8, 0));
    auto second = chosen;
    second.base += 16;
    auto first = chosen;
    first.dim[0] = second.dim[0] = 4;
    run(t, request(opcode::select_k).view(0, live_scores).view(1, mask).view(2, first).param(1, 1));
    run(t, request(opcode::select_k).view(0, other_scores).view(1, mask).view(2, second).param(0, hal::order::largest));

    hal::view_record lists;
    lists.type = static_cast<std::uint8_t>(element::bf16),
    lists.layout = static_cast<std::uint8_t>(hal::format::bsr4x4);
    lists.dim = {4 * rows, 4 * cols, 0, 0};
    lists.capacity = n, lists.pointers = t.room(4 * (rows + 1)), lists.indices = t.room(8 * n);
    auto blocks = t.words(old_blocks), remap = t.dense(element::u32, n), places = t.dense(element::u32, n, 2);
    request r(opcode::mask_update);
    r.view(0, mask).view(1, live_scores).view(2, other_scores).view(3, chosen);
    r.view(4, lists).view(5, blocks).view(6, remap).view(7, places);
    r.extension.param[0] = owners;

    // what should come out
    std::vector<entry> candidates;
    for (const std::uint32_t b : live) candidates.push_back({t.get(live_scores, b), b});
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
      t.put<std::uint64_t>(chosen.base + 8, 0), t.put<std::uint64_t>(chosen.base + 24, 0); // nothing to drop or grow
      for (const std::uint32_t b : live) t.set_bits(mask, b / cols, b % cols, 1);
      expect_error(t, r, error::shape, 21);
    }
  }
}

} // namespace
