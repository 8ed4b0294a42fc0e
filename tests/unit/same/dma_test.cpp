// What the DMA channels move, how long it takes at least, and whom it keeps waiting. On a chip without software; one
// fabric cycle is one nanosecond.
#include "tests/chip/job.hpp"

#include <gtest/gtest.h>

namespace acf::test {
namespace {

using hal::tile::error;
constexpr std::uint64_t there = data + 0x20'0000;
constexpr std::uint32_t link = 64; // bytes per cycle

template <typename function>
void on_chip(function body, std::vector<std::string> more = {}) {
  more.insert(more.end(), {"mesh.width=2", "mesh.height=2"});
  chip c("chip", more);
  c.run([&] { body(c); });
}

std::vector<std::uint32_t> counting(std::size_t count, std::uint32_t from = 1) {
  std::vector<std::uint32_t> all(count);
  for (auto& w : all) w = from++;
  return all;
}

// 10,000 bytes from an address that is no multiple of anything, over 4 KiB limits and over all channels of DRAM.
TEST(dma, moves_any_number_of_words_and_nothing_beside_them) {
  on_chip([](chip& c) {
    job j(c);
    put_words(c, data, counting(4000));
    put_words(c, there, std::vector<std::uint32_t>(4000, 0));
    j.view(1, 2500, 0, 0, 64);
    j.load(0, data + 4 * 333).signal = hal::on(1, 1);
    j.store(0, there + 4 * 7).wait[0] = hal::on(1, 1);
    j.ring_doorbell();
    j.finish();
    EXPECT_EQ(j.cause(), error::none);
    auto expected = std::vector<std::uint32_t>(7, 0);
    for (const auto w : counting(2500, 334)) expected.push_back(w);
    expected.resize(4000, 0);
    EXPECT_EQ(words(c, there, 4000), expected);
  });
}

TEST(dma, rows_with_gaps_on_both_sides) {
  on_chip([](chip& c) {
    job j(c);
    put_words(c, data, counting(1000));
    put_words(c, there, std::vector<std::uint32_t>(1000, 0));
    j.view(5, 3, 80);
    auto& l = j.load();
    l.param[3] = 4 * 100; // rows of DRAM lie 100 words apart
    l.signal = hal::on(1, 1);
    auto& s = j.store(0, there);
    s.param[3] = 4 * 10;
    s.wait[0] = hal::on(1, 1);
    j.ring_doorbell();
    j.finish();
    std::vector<std::uint32_t> expected(1000, 0);
    for (std::size_t row = 0; row < 5; ++row)
      for (std::size_t n = 0; n < 3; ++n) expected[row * 10 + n] = static_cast<std::uint32_t>(1 + row * 100 + n);
    EXPECT_EQ(words(c, there, 1000), expected);
  });
}

std::uint64_t time_of_loads(chip& c, std::uint32_t bytes, bool both_channels) {
  job j(c);
  j.view(1, bytes / 4, 0, 0, 0);
  j.view(1, bytes / 4, 0, 1, bytes);
  j.load(0, data);
  if (both_channels) j.load(1, there).flags = hal::flag::channel;
  j.ring_doorbell();
  const auto took = j.finish();
  EXPECT_EQ(j.cause(), error::none);
  return took;
}

// 64 KiB come in through one network interface: never faster than it is wide, and not much slower.
TEST(dma, load_takes_as_long_as_the_network_interface_is_narrow) {
  on_chip([](chip& c) {
    constexpr std::uint32_t bytes = 64 * 1024, least = bytes / link;
    const auto one = time_of_loads(c, bytes, false);
    EXPECT_GE(one, least);
    EXPECT_LE(one, least * 5 / 4 + 300); // heads of packets, the way, fetching the commands
    const auto two = time_of_loads(c, bytes, true);
    EXPECT_GE(two, 2 * least);
    EXPECT_LE(two, 2 * least * 5 / 4 + 300);
  });
}

// One narrow channel of DRAM is slower than the mesh, and two tiles share it.
TEST(dma, loads_of_two_tiles_share_a_channel_of_dram) {
  on_chip(
      [](chip& c) {
        constexpr std::uint32_t bytes = 32 * 1024;
        const auto one = time_of_loads(c, bytes, false);
        job a(c, 0), b(c, 3);
        for (auto* j : {&a, &b}) {
          j->view(1, bytes / 4);
          j->load(0, j == &a ? data : there);
        }
        const auto start = now();
        a.ring_doorbell();
        b.ring_doorbell();
        a.finish();
        b.finish();
        const double both = static_cast<double>(now() - start);
        EXPECT_GT(both, 1.7 * static_cast<double>(one));
        EXPECT_LT(both, 2.2 * static_cast<double>(one));
      },
      {"dram.preset=lpddr4_2400", "dram.channels=1"});
}

TEST(dma, send_reaches_every_tile_of_the_set_and_signals_with_the_last_byte) {
  on_chip([](chip& c) {
    constexpr std::uint32_t count = 3000;
    put_words(c, data, counting(count));
    job from(c, 0);
    from.view(1, count, 0, 0, 0);
    from.view(1, count, 0, 1, 0x8000); // at the receivers
    from.load().signal = hal::on(1, 1);
    auto& send = from.add(opcode::copy, {hal::copy_mode::send});
    send.flags = hal::flag::signal_remote;
    send.view = {0, 1, none, none};
    send.param[4] = hal::tile_set(0, 0, 1, 1);
    send.wait[0] = hal::on(1, 1);
    send.signal = hal::on(9, 1);
    std::vector<job> receivers;
    for (const std::uint32_t tile : {1u, 2u, 3u}) {
      auto& r = receivers.emplace_back(c, tile);
      r.view(1, count, 0, 0, 0x8000);
      r.store(0, there + 0x1'0000 * tile).wait[0] = hal::on(9, 1);
      r.ring_doorbell();
    }
    from.ring_doorbell();
    from.finish();
    EXPECT_EQ(from.cause(), error::none);
    EXPECT_EQ(from.semaphore(9), 1u); // it belongs to the set, too
    for (auto& r : receivers) {
      r.finish();
      EXPECT_EQ(r.cause(), error::none);
      EXPECT_EQ(r.semaphore(9), 0u);
    }
    for (const std::uint32_t tile : {1u, 2u, 3u}) EXPECT_EQ(words(c, there + 0x1'0000 * tile, count), counting(count));
  });
}

// Zeros packed away: the same bytes arrive.
TEST(dma, packed_send_brings_the_same_bytes_no_later) {
  on_chip([](chip& c) {
    constexpr std::uint32_t count = 16 * 1024;
    std::vector<std::uint32_t> numbers(count);
    for (std::uint32_t n = 0; n < count; n += 9) numbers[n] = n + 1;
    put_words(c, data, numbers);
    std::uint64_t took[2]{};
    for (const bool packed : {false, true}) {
      job from(c, 0), to(c, 1);
      from.view(1, count);
      from.load();
      from.ring_doorbell();
      from.finish();
      from.place(64);
      from.view(1, count);
      auto& send = from.add(opcode::copy, {hal::copy_mode::send});
      send.flags = static_cast<std::uint8_t>(hal::flag::signal_remote | (packed ? hal::flag::compress : 0));
      send.view = {0, 0, none, none};
      send.param[4] = hal::tile_set(1, 0, 1, 0);
      send.signal = hal::on(9, 1);
      to.view(1, count);
      to.store(0, there).wait[0] = hal::on(9, 1);
      to.ring_doorbell();
      from.ring_doorbell();
      took[packed] = from.finish();
      to.finish();
      EXPECT_EQ(words(c, there, count), numbers);
    }
    EXPECT_GE(took[0], 4 * count / link);
    EXPECT_LE(took[1], took[0]);
  });
}

// A store that starts while the range is still being filled is a race: reported, not carried out.
TEST(dma, range_is_held_until_the_last_byte_has_come) {
  on_chip([](chip& c) {
    job j(c);
    put_words(c, there, {77});
    j.view(1, 8192);
    j.load();
    j.store(0, there).flags = hal::flag::channel; // waits for nothing
    j.ring_doorbell();
    j.finish();
    EXPECT_EQ(j.cause(), error::overlap);
    EXPECT_EQ(j.read(hal::tile::error_index), 2u);
    EXPECT_EQ(word(c, there), 77u);
  });
}

} // namespace
} // namespace acf::test
