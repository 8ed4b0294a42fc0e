// Pruning and regrowth: SCORE, SELECT_K, MASK_UPDATE.
#include "firmware/apps/selftest/job.hpp"
#include "firmware/board/float_bits.hpp"

namespace acf::selftest {

using board::fp32_bits;

namespace {

constexpr std::uint16_t none = hal::no_view;
constexpr std::uint32_t words = sizeof(hal::selection) / 4;

struct expected_selection {
  int score;
  std::uint32_t index, count, eligible;
};

void expect_selection(bench& b, const tensor& found, const expected_selection& e) {
  b.expect("score of the last one taken", found[0], fp32_bits(e.score));
  b.expect("index of the last one taken", found[1], e.index);
  b.expect("number taken", found[2], e.count);
  b.expect("number eligible", found[3], e.eligible);
  b.expect("number taken of those with this key", found[4], 1);
}

} // namespace

void scores_and_selection(bench& b) {
  constexpr std::uint32_t k = 2;
  job j(b);
  const auto blocks = j.input(element::f32, 2, 16, [](std::uint32_t n) {
    return fp32_bits(n % 2 == 0 ? static_cast<int>(n) : -static_cast<int>(n));
  });
  const auto sum = j.output(element::f32, 1, 2), most = j.output(element::f32, 1, 2);
  j.add(opcode::score, {blocks.view, sum.view, none, none}).param[0] = 0;
  j.add(opcode::score, {blocks.view, most.view, none, none}).param[0] = 1;

  constexpr int score[8] = {5, 1, 4, 1, 3, 9, 2, 6};
  const auto scores = j.input(element::f32, 1, 8, [&](std::uint32_t n) { return fp32_bits(score[n]); });
  const auto mask = j.input(element::u8, {0, 0, 1, 0, 1, 1, 0, 1});
  const auto smallest = j.output(element::u32, 1, words), largest = j.output(element::u32, 1, words);
  const auto of_ones = j.output(element::u32, 1, words);
  b.fabric.tile(0).write(hal::tile::scalar, 3, k);
  const auto select = [&](std::uint16_t eligible, const tensor& to, std::uint32_t which) {
    j.add(opcode::select_k, {scores.view, eligible, to.view, none}).param = {which, 1, k};
  };
  select(none, smallest, hal::order::smallest);
  select(none, largest, hal::order::largest);
  select(mask.view, of_ones, hal::order::smallest);
  j.run(sum, most, smallest, largest, of_ones);
  b.expect("sum of magnitudes", sum[0], fp32_bits(120));
  b.expect("sum of magnitudes", sum[1], fp32_bits(376));
  b.expect("largest magnitude", most[0], fp32_bits(15));
  b.expect("largest magnitude", most[1], fp32_bits(31));
  expect_selection(b, smallest, {2, 6, 3, 8}); // 1 1 2
  expect_selection(b, largest, {5, 0, 3, 8});  // 9 6 5
  expect_selection(b, of_ones, {6, 7, 3, 4});  // 3 4 6 of 4 3 9 6
}

// Two halves of a list, as if on two tiles: histograms of each digit are added up, and the choice is that of the whole.
void selection_by_digits(bench& b) {
  constexpr std::uint32_t k = 2, half = 4;
  job j(b);
  constexpr int score[2 * half] = {5, 1, 9, 1, 3, 9, 9, 6};
  const auto scores = j.input(element::f32, 2, half, [&](std::uint32_t n) { return fp32_bits(score[n]); });
  const auto counts = j.place(element::u32, 2, hal::select_bins), sum = j.place(element::u32, 1, hal::select_bins);
  const auto chosen = j.output(element::u32, 1, words);
  const auto row = [&](const tensor& of, std::uint32_t n) {
    const std::uint32_t bytes = of.columns * hal::bytes_of(of.type);
    return j.view({.base = of.sram + n * bytes,
                   .type = static_cast<std::uint8_t>(of.type),
                   .dim = {of.columns, 1, 1, 1},
                   .stride = {hal::bytes_of(of.type), 0, 0, 0}});
  };
  const std::uint16_t scores_of[2] = {row(scores, 0), row(scores, 1)}, counts_of[2] = {row(counts, 0), row(counts, 1)};
  b.fabric.tile(0).write(hal::tile::scalar, k, 2); // 9 at 2 and 9 at 5, not 9 at 6
  for (const std::uint32_t digit : {0u, 1u, 2u, 3u, 7u}) {
    for (const std::uint32_t n : {0u, 1u})
      j.add(opcode::select_k, {scores_of[n], none, chosen.view, counts_of[n]}).param = {
          hal::order::largest, 0, 0, hal::select_step::count, digit, n * half};
    j.add(opcode::rowred, {counts.view, sum.view, none, none}).param[0] = hal::rowred_op::sum;
    j.add(opcode::select_k, {none, none, chosen.view, sum.view}).param = {hal::order::largest, 0, k,
                                                                          hal::select_step::choose, digit};
  }
  j.run(chosen);
  expect_selection(b, chosen, {9, 5, 2, 8});
}

// 2 x 3 blocks, live: 0 2 4. Block 2 has the smallest score and goes, block 3 the largest of the others and comes.
void mask_update(bench& b) {
  constexpr std::uint32_t k = 2, owners = 1, columns = 3, count = 3;
  job j(b);
  const auto mask = j.input(element::u8, {1, 0, 1, 0, 1, 0});
  const auto scores = [&](const int(&list)[6]) {
    return j.input(element::f32, 1, 6, [&](std::uint32_t n) { return fp32_bits(list[n]); });
  };
  const auto others = scores({0, 3, 0, 7, 0, 5});
  constexpr int of_slot[count] = {10, 1, 20};
  const auto live = j.input(element::f32, 1, count, [&](std::uint32_t n) { return fp32_bits(of_slot[n]); });
  const auto block_of_slot = j.input(element::u32, {0, 2, 4});
  const auto chosen = j.output(element::u32, 2, words);
  const auto selection = [&](std::uint32_t n) {
    return j.view({.base = chosen.sram + 4 * words * n,
                   .type = static_cast<std::uint8_t>(element::u32),
                   .dim = {1, words, 1, 1},
                   .stride = {4 * words, 4, 0, 0}});
  };
  b.fabric.tile(0).write(hal::tile::scalar, 1, k);
  j.add(opcode::select_k, {live.view, none, selection(0), none}).param = {hal::order::smallest, 0, k};
  j.extend().view[0] = block_of_slot.view;
  j.add(opcode::select_k, {others.view, mask.view, selection(1), none}).param = {hal::order::largest, 0, k};

  const auto pointers = j.output(element::u32, 1, 3), entries = j.output(element::u32, count, 2);
  const auto old_slot = j.output(element::u32, 1, count);
  const auto place = j.output(element::u32, count, 2);
  const auto blocks = j.view({.base = 16384,
                              .type = static_cast<std::uint8_t>(element::bf16),
                              .layout = static_cast<std::uint8_t>(hal::format::bsr4x4),
                              .dim = {8, 4 * columns, 1, 1},
                              .pointers = pointers.sram,
                              .indices = entries.sram,
                              .capacity = count});
  j.add(opcode::mask_update, {mask.view, live.view, others.view, chosen.view});
  auto& more = j.extend();
  more.view = {blocks, block_of_slot.view, old_slot.view, place.view};
  more.param[0] = owners;
  j.run(mask, chosen, pointers, entries, block_of_slot, old_slot, place);

  constexpr std::uint32_t new_mask[6] = {1, 0, 0, 1, 1, 0}, new_blocks[count] = {0, 3, 4};
  constexpr std::uint32_t from[count] = {0, hal::no_index, 2}, new_pointers[3] = {0, 1, 3};
  for (std::uint32_t n = 0; n < 6; ++n) b.expect("mask", mask[n], new_mask[n]);
  for (std::uint32_t n = 0; n < 3; ++n) b.expect("pointers", pointers[n], new_pointers[n]);
  for (std::uint32_t n = 0; n < count; ++n) {
    b.expect("block of a slot", block_of_slot[n], new_blocks[n]);
    b.expect("old slot", old_slot[n], from[n]);
    b.expect("row of a slot", place[2 * n], new_blocks[n] / columns);
    b.expect("column of a slot", place[2 * n + 1], new_blocks[n] % columns);
    b.expect("entry column", entries[2 * n], new_blocks[n] % columns);
    b.expect("entry slot", entries[2 * n + 1], n);
  }
}

} // namespace acf::selftest
