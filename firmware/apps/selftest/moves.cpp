// Commands that move data without computing: COPY, CONVERT, GATHER, SCATTER, TRANSPOSE.
#include "firmware/apps/selftest/job.hpp"
#include "firmware/board/float_bits.hpp"

namespace acf::selftest {

using board::bf16_bits;
using board::fp32_bits;

void copies(bench& b) {
  job j(b);
  const auto words = j.input(element::u32, 4, 8, [](std::uint32_t n) { return 0x01010101 * n; });
  const auto bytes = j.input(element::u8, 1, 16, [](std::uint32_t n) { return n * 17; });
  const auto rows = j.place(element::u32, 4, 8), narrow = j.output(element::bf16, 1, 16);
  const auto scaled = j.output(element::f32, 1, 16), copy = j.output(element::u32, 4, 8);
  j.add(opcode::copy, {words.view, copy.view, hal::no_view, hal::no_view}).param[0] = hal::copy_mode::local;
  j.add(opcode::copy, {bytes.view, scaled.view, hal::no_view, hal::no_view}).param = {hal::copy_mode::local, 0, 0, 0, 0,
                                                                                      fp32_bits(1, -1)};
  j.add(opcode::copy, {scaled.view, narrow.view, hal::no_view, hal::no_view}).param[0] = hal::copy_mode::local;
  // Rows 64 bytes apart in DRAM, from row 1 on; `rows` has room for two of them.
  const auto pitched = reinterpret_cast<std::uint64_t>(rows.image);
  const auto two_rows = j.view({.base = words.sram,
                                .type = static_cast<std::uint8_t>(element::u32),
                                .dim = {2, 8, 1, 1},
                                .stride = {32, 4, 0, 0}});
  auto& store = j.add(opcode::copy, {two_rows, hal::no_view, hal::no_view, hal::no_view});
  store.param = {hal::copy_mode::store, low(pitched), high(pitched), 64};
  store.offset[0] = 32;
  j.run(copy, scaled, narrow);
  for (std::uint32_t n = 0; n < 32; ++n) b.expect("local copy", copy[n], 0x01010101 * n);
  for (std::uint32_t n = 0; n < 8; ++n) {
    b.expect("row 1 stored", rows[n], words[8 + n]);
    b.expect("row 2 stored", rows[16 + n], words[16 + n]);
  }
  for (std::uint32_t n = 0; n < 16; ++n) {
    b.expect("u8 to fp32, halved", scaled[n], fp32_bits(static_cast<int>(n) * 17, -1));
    b.expect("fp32 to bf16", narrow[n], bf16_bits(static_cast<int>(n) * 17, -1));
  }
}

// Tile 0 sends to tile 1, or to all; the signal arrives where the data do.
void sends(bench& b) {
  const auto& chip = b.fabric.description();
  if (chip.tiles < 2) return b.skip("one tile only");
  constexpr std::uint32_t arrived = 7;
  const auto last = chip.tiles - 1;
  for (std::uint32_t n = 0; n < chip.tiles; ++n) b.fabric.tile(n).write(hal::tile::semaphore, 0, arrived);
  {
    job j(b);
    const auto data = j.input(element::u32, 2, 16, [](std::uint32_t n) { return 0xabc000 + n; });
    const auto there = j.view(
        {.base = 4096, .type = static_cast<std::uint8_t>(element::u32), .dim = {2, 16, 1, 1}, .stride = {64, 4, 0, 0}});
    auto& send = j.add(opcode::copy, {data.view, there, hal::no_view, hal::no_view});
    send.flags = hal::flag::signal_remote;
    send.param = {hal::copy_mode::send, 0, 0, 0, hal::tile_set(0, 0, chip.width - 1, chip.height - 1)};
    send.signal = hal::on(arrived, 1);
    j.run();
  }
  for (const auto n : {std::uint32_t{1}, last}) {
    job j(b, n);
    auto& wait = j.add_sequencer(opcode::sem);
    wait.param = {0, 0, arrived, 1};
    const auto received = j.place(element::u32, 2, 16);
    const auto from = j.view(
        {.base = 4096, .type = static_cast<std::uint8_t>(element::u32), .dim = {2, 16, 1, 1}, .stride = {64, 4, 0, 0}});
    const auto to = reinterpret_cast<std::uint64_t>(received.image);
    j.add(opcode::copy, {from, hal::no_view, hal::no_view, hal::no_view}).param = {hal::copy_mode::store, low(to),
                                                                                   high(to)};
    j.run();
    for (std::uint32_t i = 0; i < 32; ++i) b.expect("data at another tile", received[i], 0xabc000 + i);
    b.expect("signal consumed", b.fabric.tile(n).read(hal::tile::semaphore, arrived), 0);
    if (n == last) break;
  }
  b.expect("signal at the sender", b.fabric.tile(0).read(hal::tile::semaphore, arrived), 1);
}

// Every tile of the first row adds to what the one before it has sent; the last one's sums go to all of them. 2^24 + 1
// is no fp32 number, so another order would give other sums.
void sums_over_tiles(bench& b) {
  const auto& chip = b.fabric.description();
  constexpr std::uint32_t chain = 7, numbers = 300;
  const auto row = hal::tile_set(0, 0, chip.width - 1, 0);
  for (std::uint32_t n = 0; n < chip.width; ++n) b.fabric.tile(n).write(hal::tile::semaphore, 0, chain);
  const auto term = [](std::uint32_t tile, std::uint32_t n) {
    return tile == 0 ? fp32_bits(static_cast<int>(n), 24) : fp32_bits(1);
  };
  for (std::uint32_t n = 0; n < chip.width; ++n) {
    job j(b, n);
    const auto mine = j.input(element::f32, 1, numbers, [&](std::uint32_t i) { return term(n, i); });
    const auto arriving =
        j.place(element::f32, 1, numbers); // not written here: the sums of the tile before may be there
    const auto sums = j.output(element::f32, 1, numbers);
    j.add(opcode::reduce, {mine.view, arriving.view, sums.view, hal::no_view}).param = {chain, 0, 0, 0, row, row};
    if (n + 1 < chip.width) {
      j.run();
      continue;
    }
    j.run(sums);
    b.expect("sum of ones", sums[0], n == 0 ? fp32_bits(0) : fp32_bits(static_cast<int>(n)));
    for (std::uint32_t i = 1; i < numbers; ++i) b.expect("sum in rank order", sums[i], term(0, i));
    b.expect("signals consumed", b.fabric.tile(n).read(hal::tile::semaphore, chain), 0);
  }
}

void conversions(bench& b) {
  job j(b);
  // Rows with 3, 0, 8 and 1 non-zeros of 8.
  constexpr std::uint8_t masks[4] = {0b1001'0010, 0, 0xff, 0x80};
  const auto value = [&](std::uint32_t n) -> std::uint32_t {
    return (masks[n / 8] >> n % 8 & 1) != 0 ? fp32_bits(static_cast<int>(n) + 1) : 0;
  };
  const auto dense = j.input(element::f32, 4, 8, value);
  const auto packed = j.output(element::f32, 1, 32), pointers = j.output(element::u32, 1, 5);
  const auto bits = j.output(element::u8, 1, 4), count = j.output(element::u32, 1, 1);
  const auto back = j.output(element::f32, 4, 8);
  const auto bitmap = j.view({.base = packed.sram,
                              .type = static_cast<std::uint8_t>(element::f32),
                              .layout = static_cast<std::uint8_t>(hal::format::bitmap),
                              .dim = {4, 8, 1, 1},
                              .pointers = pointers.sram,
                              .indices = bits.sram,
                              .capacity = 32});
  j.add(opcode::convert, {dense.view, bitmap, hal::no_view, hal::no_view});
  j.extend().view[0] = count.view;
  j.add(opcode::convert, {bitmap, back.view, hal::no_view, hal::no_view});
  j.run(packed, pointers, bits, count, back);
  b.expect("non-zeros", count[0], 12);
  constexpr std::uint32_t before_row[5] = {0, 3, 3, 11, 12};
  for (std::uint32_t r = 0; r < 4; ++r) b.expect("bits of a row", bits[r], masks[r]);
  for (std::uint32_t r = 0; r < 4; ++r) b.expect("non-zeros before a row", pointers[r], before_row[r]);
  for (std::uint32_t n = 0, at = 0; n < 32; ++n)
    if (value(n) != 0) b.expect("packed value", packed[at++], value(n));
  for (std::uint32_t n = 0; n < 32; ++n) b.expect("dense again", back[n], value(n));
}

void gathers_and_scatters(bench& b) {
  job j(b);
  const auto table = j.input(element::f32, 6, 4, [](std::uint32_t n) { return fp32_bits(static_cast<int>(n) + 1); });
  const auto index = j.input(element::u32, {3, 0, hal::no_index, 5, 3});
  const auto rows = j.output(element::f32, 5, 4), from_dram = j.output(element::f32, 5, 4);
  j.add(opcode::gather, {index.view, rows.view, table.view, hal::no_view}).param[0] = hal::table_in::sram;
  const auto address = reinterpret_cast<std::uint64_t>(table.image);
  j.add(opcode::gather, {index.view, from_dram.view, hal::no_view, hal::no_view}).param = {
      hal::table_in::dram, low(address), high(address), 16, 16};
  const auto sums = j.input(element::f32, 6, 4, [](std::uint32_t) { return fp32_bits(100); });
  auto& add = j.add(opcode::scatter, {index.view, rows.view, sums.view, hal::no_view});
  add.param = {hal::table_in::sram, 0, 0, 0, 0, 1};
  const auto copied = j.output(element::f32, 6, 4);
  const auto to = reinterpret_cast<std::uint64_t>(copied.image);
  j.add(opcode::scatter, {index.view, rows.view, hal::no_view, hal::no_view}).param = {hal::table_in::dram, low(to),
                                                                                       high(to), 16, 16};
  j.run(rows, from_dram, sums);
  constexpr int source[5] = {3, 0, -1, 5, 3};
  for (std::uint32_t n = 0; n < 20; ++n) {
    const int row = source[n / 4], expected = row < 0 ? 0 : 4 * row + static_cast<int>(n % 4) + 1;
    b.expect("gathered from SRAM", rows[n], fp32_bits(expected));
    b.expect("gathered from DRAM", from_dram[n], fp32_bits(expected));
  }
  constexpr int hits[6] = {1, 0, 0, 2, 0, 1};
  for (std::uint32_t n = 0; n < 24; ++n) {
    const int original = static_cast<int>(n) + 1, times = hits[n / 4];
    b.expect("scattered and added", sums[n], fp32_bits(100 + times * original));
    b.expect("scattered to DRAM", copied[n], times > 0 ? fp32_bits(original) : 0xdeadbe00u + n);
  }
}

void transposes(bench& b) {
  job j(b);
  const auto matrix = j.input(element::u16, 3, 5, [](std::uint32_t n) { return n + 1; });
  const auto turned = j.output(element::u16, 5, 3);
  j.add(opcode::transpose, {matrix.view, turned.view, hal::no_view, hal::no_view});
  // 2 x 3 blocks, live: (0,0) (0,2) (1,1) (1,2) in slots 2 0 3 1.
  const auto pointers = j.input(element::u32, {0, 2, 4});
  const auto entries = j.input(element::u32, {0, 2, 2, 0, 1, 3, 2, 1});
  const auto new_pointers = j.output(element::u32, 1, 4), new_entries = j.output(element::u32, 1, 8);
  const auto blocks = [&](std::uint32_t rows, std::uint32_t columns, const tensor& p, const tensor& e) {
    return j.view({.base = 8192,
                   .type = static_cast<std::uint8_t>(element::bf16),
                   .layout = static_cast<std::uint8_t>(hal::format::bsr4x4),
                   .dim = {rows, columns, 1, 1},
                   .pointers = p.sram,
                   .indices = e.sram,
                   .capacity = 4});
  };
  const auto by_rows = blocks(8, 12, pointers, entries), by_columns = blocks(12, 8, new_pointers, new_entries);
  j.add(opcode::transpose, {by_rows, by_columns, hal::no_view, hal::no_view});
  j.run(turned, new_pointers, new_entries);
  for (std::uint32_t n = 0; n < 15; ++n) b.expect("transposed", turned[n], n % 3 * 5 + n / 3 + 1);
  constexpr std::uint32_t expected_pointers[4] = {0, 1, 2, 4}, expected_entries[8] = {0, 2, 1, 3, 0, 0, 1, 1};
  for (std::uint32_t n = 0; n < 4; ++n) b.expect("pointers by column", new_pointers[n], expected_pointers[n]);
  for (std::uint32_t n = 0; n < 8; ++n) b.expect("entries by column", new_entries[n], expected_entries[n]);
}

} // namespace acf::selftest
