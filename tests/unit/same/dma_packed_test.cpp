// Rows that lie packed in DRAM: stored, loaded, gathered and scattered with the flag compress, in both timing modes.
#include "sw_stack/hal/zero_packing.hpp"
#include "tests/chip/job.hpp"

#include <cstring>
#include <gtest/gtest.h>
#include <numeric>

namespace acf::test {
namespace {

using hal::tile::error;
using bytes = std::vector<std::uint8_t>;
constexpr std::uint64_t there = data + 0x20'0000, sizes_there = data + 0x30'0000;
constexpr std::uint32_t sizes_at = 0x4'0000; // in SRAM

class packed_rows : public testing::TestWithParam<const char*> {
protected:
  template <typename function>
  void on_chip(function body, std::vector<std::string> more = {}) {
    more.insert(more.end(), {"mesh.width=2", "mesh.height=2", std::string("timing=") + GetParam()});
    chip c("chip", more);
    c.run([&] { body(c); });
  }
};

hal::view_record view_of(hal::element type, std::uint32_t base, std::uint32_t rows, std::uint32_t columns,
                         std::uint32_t stride = 0) {
  const auto size = hal::bytes_of(type);
  return {.base = base,
          .type = static_cast<std::uint8_t>(type),
          .dim = {rows, columns, 1, 1},
          .stride = {stride ? stride : columns * size, size, 0, 0}};
}

// Every `nth` of them is not zero.
std::vector<std::uint32_t> sparse_words(std::size_t count, std::size_t nth) {
  std::vector<std::uint32_t> numbers(count);
  for (std::size_t n = 0; n < count; n += nth) numbers[n] = static_cast<std::uint32_t>(n + 1);
  return numbers;
}

bytes bytes_of(const std::vector<std::uint32_t>& numbers) {
  bytes all(numbers.size() * 4);
  std::memcpy(all.data(), numbers.data(), all.size());
  return all;
}

// Puts rows packed into DRAM, `pitch` apart, and says how many bytes each piece has.
std::vector<std::uint16_t> put_packed(chip& c, std::uint64_t at, const std::vector<std::uint32_t>& numbers,
                                      std::size_t row_words, std::uint64_t pitch) {
  std::vector<std::uint16_t> sizes;
  const bytes all = bytes_of(numbers);
  for (std::size_t row = 0; row * row_words < numbers.size(); ++row)
    for (std::size_t piece = 0; piece < row_words * 4; piece += hal::packed_piece) {
      const auto raw = std::span(all).subspan(row * row_words * 4 + piece,
                                              std::min<std::size_t>(hal::packed_piece, row_words * 4 - piece));
      const auto packed = hal::pack_zeros(raw, 4);
      c.put(at + row * pitch + piece, packed ? std::span<const std::uint8_t>(*packed) : raw);
      sizes.push_back(static_cast<std::uint16_t>(packed ? packed->size() : raw.size()));
    }
  return sizes;
}

void put_sizes(chip& c, const std::vector<std::uint16_t>& sizes) {
  bytes all(sizes.size() * 2);
  std::memcpy(all.data(), sizes.data(), all.size());
  c.put(sizes_there, all);
}

// Loads the sizes of `pieces` pieces as view 2; semaphore 1 says when.
void load_sizes(job& j, std::uint32_t pieces) {
  j.define(view_of(hal::element::u16, sizes_at, 1, pieces), 2);
  j.load(2, sizes_there).signal = hal::on(1, 1);
}

hal::command& pack(hal::command& c) {
  c.flags = hal::flag::compress;
  c.view[3] = 2;
  return c;
}

// 40,000 bytes, the last piece of which is short: what lies in DRAM is the packed form, and comes back from it.
TEST_P(packed_rows, stored_and_loaded_again) {
  constexpr std::uint32_t count = 10'000, pieces = (4 * count + 1023) / 1024;
  on_chip([](chip& c) {
    const auto numbers = sparse_words(count, 7);
    put_words(c, data, numbers);
    job j(c);
    j.view(1, count);
    j.define(view_of(hal::element::u16, sizes_at, 1, pieces), 2);
    j.view(1, count, 0, 1, 0x2'0000);
    j.load().signal = hal::on(1, 1);
    auto& store = pack(j.store(0, there));
    store.wait[0] = hal::on(1, 1), store.signal = hal::on(2, 1);
    auto& load = pack(j.load(1, there));
    load.wait[0] = hal::on(2, 1), load.signal = hal::on(3, 2);
    j.store(1, data).wait[0] = hal::on(3, 1);
    j.store(2, sizes_there).wait[0] = hal::on(3, 1);
    put_words(c, there, std::vector<std::uint32_t>(count, 0xFFFF'FFFF));
    j.ring_doorbell();
    j.finish();
    ASSERT_EQ(j.cause(), error::none) << j.read(hal::tile::error_index);
    EXPECT_EQ(words(c, data, count), numbers);

    // The rest of each piece's place is as it was.
    const auto lies = bytes_of(words(c, there, count)), sizes = bytes_of(words(c, sizes_there, (pieces + 1) / 2));
    const auto raw = bytes_of(numbers);
    std::uint64_t stored = 0;
    for (std::uint32_t piece = 0; piece < pieces; ++piece) {
      const std::size_t from = std::size_t{piece} * 1024, size = std::min<std::size_t>(1024, raw.size() - from);
      bytes expected = hal::pack_zeros(std::span(raw).subspan(from, size), 4).value();
      std::uint16_t said = 0;
      std::memcpy(&said, &sizes[std::size_t{piece} * 2], 2);
      EXPECT_EQ(said, expected.size());
      stored += said;
      expected.resize(size, 0xFF);
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(), lies.begin() + static_cast<std::ptrdiff_t>(from)));
    }
    EXPECT_LT(stored * 4, raw.size());
    const auto& dma = c.soc().tiles[0]->dma(0);
    EXPECT_EQ(dma.bytes_stored(), stored + raw.size() + 2 * pieces);
    EXPECT_EQ(dma.bytes_loaded(), stored + raw.size());
  });
}

// Rows of two pieces each, with gaps, by index; their sizes lie beside the indices.
TEST_P(packed_rows, gathered_and_scattered) {
  on_chip([](chip& c) {
    constexpr std::uint32_t columns = 300, pitch = 2048, rows = 5;
    auto table = sparse_words(columns * rows, 3);
    std::iota(table.begin(), table.begin() + columns, 1); // no zero in row 0
    const auto sizes = put_packed(c, there, table, columns, pitch);
    const std::vector<std::uint32_t> order{4, 0, hal::no_index, 2};
    std::vector<std::uint32_t> list;
    for (const auto i : order)
      list.insert(list.end(), {i, i == hal::no_index ? 0 : sizes[2 * i] | std::uint32_t{sizes[2 * i + 1]} << 16});
    put_words(c, sizes_there, list);
    const auto count = static_cast<std::uint32_t>(order.size());

    job j(c);
    j.view(count, 2, 0, 0, sizes_at);                                        // index, two sizes
    j.view(count, 1, 8, 1, sizes_at);                                        // index
    j.define(view_of(hal::element::u16, sizes_at + 4, count, 2, 8), 2);      // sizes
    j.define(view_of(hal::element::u32, 0, count, columns, 4 * columns), 3); // rows
    j.load(0, sizes_there).signal = hal::on(1, 1);
    auto& gather =
        j.add(opcode::gather, {hal::table_in::dram, static_cast<std::uint32_t>(there), 0, pitch, 4 * columns});
    gather.param[2] = static_cast<std::uint32_t>(there >> 32);
    gather.view = {1, 3, none, 2};
    gather.flags = hal::flag::compress;
    gather.wait[0] = hal::on(1, 1), gather.signal = hal::on(2, 2);
    j.store(3, data).wait[0] = hal::on(2, 1);
    auto& scatter = j.add(opcode::scatter, gather.param);
    scatter.param[1] += 0x8000;
    scatter.view = {1, 3, none, 2};
    scatter.flags = hal::flag::compress;
    scatter.wait[0] = hal::on(2, 1), scatter.signal = hal::on(3, 1);
    j.store(0, sizes_there + 0x1000).wait[0] = hal::on(3, 1);
    j.ring_doorbell();
    j.finish();
    ASSERT_EQ(j.cause(), error::none) << j.read(hal::tile::error_index);
    for (std::uint32_t row = 0; row < count; ++row) {
      const bool blank = order[row] == hal::no_index;
      std::vector<std::uint32_t> expected(columns, 0);
      if (!blank) std::copy_n(table.begin() + order[row] * columns, columns, expected.begin());
      EXPECT_EQ(words(c, data + row * columns * 4, columns), expected) << row;
      if (!blank) {
        const auto from = there + order[row] * pitch, to = from + 0x8000;
        EXPECT_EQ(words(c, to, sizes[2 * order[row]] / 4), words(c, from, sizes[2 * order[row]] / 4)) << row;
      }
    }
    EXPECT_EQ(words(c, sizes_there + 0x1000, list.size()), list); // what scatter says is what gather was told
  });
}

TEST_P(packed_rows, sizes_that_cannot_be) {
  on_chip([](chip& c) {
    const auto numbers = sparse_words(512, 4); // two pieces of 32 + 64 * 4 bytes
    for (const auto& [piece, size] : {std::pair{1u, 0u}, {0u, 1025u}, {1u, 287u}, {0u, 292u}}) {
      auto sizes = put_packed(c, there, numbers, 512, 2048);
      ASSERT_EQ(sizes, (std::vector<std::uint16_t>{288, 288}));
      sizes[piece] = static_cast<std::uint16_t>(size);
      put_sizes(c, sizes);
      job j(c);
      j.view(1, 512);
      load_sizes(j, 2);
      pack(j.load(0, there)).wait[0] = hal::on(1, 1);
      j.ring_doorbell();
      j.finish();
      EXPECT_EQ(j.cause(), error::index) << size;
      EXPECT_EQ(j.read(hal::tile::error_address), sizes_at + 2 * piece) << size;
      reset(c);
    }
  });
}

// Sizes that are not u16, too few, or where the data go.
TEST_P(packed_rows, sizes_that_are_none) {
  on_chip([](chip& c) {
    using hal::element;
    for (const auto& [view, expected] : {std::pair{view_of(element::u32, sizes_at, 1, 2), error::bad_view},
                                         {view_of(element::u16, sizes_at, 1, 1), error::shape},
                                         {view_of(element::u16, 2044, 1, 2), error::overlap}}) {
      job j(c);
      j.view(1, 512);
      j.define(view, 2);
      pack(j.load(0, there));
      j.ring_doorbell();
      j.finish();
      EXPECT_EQ(j.cause(), expected);
      reset(c);
    }
    job j(c);
    j.view(1, 512);
    j.load(0, there).flags = hal::flag::compress;
    j.ring_doorbell();
    j.finish();
    EXPECT_EQ(j.cause(), error::bad_view);
    EXPECT_EQ(j.read(hal::tile::error_address), 19u);
  });
}

// A chip without the units stores rows as they are, says so, and cannot load others.
TEST_P(packed_rows, without_packers) {
  on_chip(
      [](chip& c) {
        const auto numbers = sparse_words(512, 5);
        put_words(c, data, numbers);
        job j(c);
        j.view(1, 512);
        j.define(view_of(hal::element::u16, sizes_at, 1, 2), 2);
        j.load().signal = hal::on(1, 1);
        auto& store = pack(j.store(0, there));
        store.wait[0] = hal::on(1, 1), store.signal = hal::on(2, 1);
        auto& load = pack(j.load(0, there));
        load.wait[0] = hal::on(2, 1), load.signal = hal::on(3, 1);
        j.store(2, sizes_there).wait[0] = hal::on(3, 1);
        j.ring_doorbell();
        j.finish();
        ASSERT_EQ(j.cause(), error::none);
        EXPECT_EQ(words(c, there, 512), numbers);
        EXPECT_EQ(word(c, sizes_there), 1024u << 16 | 1024u);

        put_sizes(c, {1024, 288});
        j.place(64);
        load_sizes(j, 2);
        pack(j.load(0, there)).wait[0] = hal::on(1, 1);
        j.ring_doorbell();
        j.finish();
        EXPECT_EQ(j.cause(), error::index);
        EXPECT_EQ(j.read(hal::tile::error_address), sizes_at + 2);
      },
      {"same.compression=off"});
}

// What a narrow memory brings gets faster by about as much as it gets shorter.
TEST_P(packed_rows, take_less_of_a_narrow_memory) {
  on_chip(
      [](chip& c) {
        constexpr std::uint32_t count = 32 * 1024;
        const auto numbers = sparse_words(count, 8); // 5/32 of the bytes
        std::uint64_t took[2]{};
        for (const bool packed : {false, true}) {
          job j(c);
          j.view(1, count);
          if (packed) {
            const auto sizes = put_packed(c, there, numbers, count, 0);
            put_sizes(c, sizes);
            load_sizes(j, static_cast<std::uint32_t>(sizes.size()));
            pack(j.load(0, there)).wait[0] = hal::on(1, 1);
          } else {
            put_words(c, there, numbers);
            j.load(0, there);
          }
          j.ring_doorbell();
          took[packed] = j.finish();
          ASSERT_EQ(j.cause(), error::none);
        }
        EXPECT_LT(took[1] * 5, took[0] * 2);
      },
      {"dram.preset=lpddr4_2400", "dram.channels=1", "dram.width_bits=32", "dram.size_mib=1024"});
}

INSTANTIATE_TEST_SUITE_P(timing, packed_rows, testing::Values("lt", "at"),
                         [](const auto& mode) { return std::string(mode.param); });

} // namespace
} // namespace acf::test
