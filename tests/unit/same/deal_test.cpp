// COPY deal: every tile gets the columns that its blocks read and no others, in both timings; and what it refuses.
#include "models/same/dealing.hpp"
#include "models/same/pieces.hpp"
#include "tests/chip/job.hpp"

#include <bit>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <set>

namespace acf::test {
namespace {

using hal::tile::error;
constexpr std::uint64_t result = data + 0x40'0000, list_at_dram = data + 0x20'0000;
constexpr std::uint32_t rows = 5, columns = 200, list_at = 0x1000, from_at = 0x4000, to_at = 0x8000;
constexpr std::uint32_t here = 10, done = 30;

TEST(pieces, come_back_as_they_went) {
  std::vector<std::uint8_t> packet, first{1, 2, 3, 4}, second(500, 9);
  same::append_piece(packet, 77, first);
  same::append_piece(packet, same::most_piece_offset, second);
  std::vector<std::pair<std::uint32_t, std::vector<std::uint8_t>>> found;
  const auto note = [&](std::uint32_t at, auto bytes) {
    found.emplace_back(at, std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
  };
  EXPECT_TRUE(same::each_piece(packet, note));
  EXPECT_EQ(found, (decltype(found){{77, first}, {same::most_piece_offset, second}}));
  packet.pop_back();
  EXPECT_FALSE(same::each_piece(packet, note)); // cut off
  EXPECT_FALSE(same::each_piece(std::vector<std::uint8_t>{1, 2, 3}, note));
  EXPECT_FALSE(same::each_piece(std::vector<std::uint8_t>(8, 0), note)); // empty pieces
}

TEST(pieces, neighbours_are_one_run_unless_a_packet_cannot_hold_them) {
  const std::vector<std::uint32_t> wanted{7, 3, 4, 3};
  const auto runs = same::runs_of(wanted, 10, 2);
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].first, 3u * 8);
  EXPECT_EQ(runs[0].count, 16u);
  EXPECT_EQ(runs[1].first, 7u * 8);
  EXPECT_EQ(runs[1].count, 8u);
  std::vector<std::uint32_t> all(200);
  for (std::uint32_t b = 0; b < all.size(); ++b) all[b] = b;
  std::uint32_t bytes = 0;
  for (const auto& r : same::runs_of(all, 200, 4)) {
    EXPECT_LE(r.count + same::piece_header, same::dealt_packet_bytes);
    bytes += r.count;
  }
  EXPECT_EQ(bytes, 200u * 16);
  EXPECT_EQ(same::slots_of(2, 3, 11).first, 8u);
  EXPECT_EQ(same::slots_of(2, 3, 11).count, 3u);
}

struct slot {
  std::uint32_t row, column;
};

void lists(chip& c, job& j, const std::vector<slot>& slots) {
  std::vector<std::uint32_t> flat;
  for (const auto& s : slots) flat.insert(flat.end(), {s.row, s.column});
  put_words(c, list_at_dram, flat);
  j.view(static_cast<std::uint32_t>(slots.size()), 2, 0, 1, list_at);
  j.load(1, list_at_dram).signal = hal::on(here, 1);
}

void deal(const char* timing) {
  chip c("chip", std::vector<std::string>{"mesh.width=3", "mesh.height=2", std::string("timing=") + timing});
  c.run([&] {
    constexpr std::uint32_t sender = 1, tiles = 6;
    std::mt19937 random(7);
    std::vector<slot> slots(23); // three or four for each tile; the last one's are far apart
    for (auto& s : slots) s = {static_cast<std::uint32_t>(random() % 9), static_cast<std::uint32_t>(random() % 25)};
    std::vector<std::uint32_t> numbers(rows * columns), others(rows * columns, 0xABCD);
    for (std::uint32_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
    put_words(c, data, numbers);
    put_words(c, data + 0x1'0000, others);
    std::vector<std::unique_ptr<job>> all;
    for (std::uint32_t t = 0; t < tiles; ++t) { // what they hold before
      auto& j = *all.emplace_back(std::make_unique<job>(c, t));
      j.view(rows, columns, 0, 0, t == sender ? from_at : to_at);
      j.load(0, t == sender ? data : data + 0x1'0000).signal = hal::on(here, t == sender ? 1 : 0);
      if (t == sender) {
        lists(c, j, slots);
        j.view(rows, columns, 0, 2, to_at);
        j.add(opcode::sem, {0, 0, here, 2});
      }
      j.ring_doorbell();
      j.finish();
      j.place(64);
      if (t == sender) continue;
      j.view(rows, columns, 0, 0, to_at);
      j.store(0, result + t * 0x1'0000).wait[0] = hal::on(done, 1);
      j.ring_doorbell();
    }
    auto& j = *all[sender];
    const auto hops = c.soc().mesh.counters().flit_hops;
    auto& d = j.add(opcode::copy, {hal::copy_mode::deal, 0, 0, 0, hal::tile_set(0, 0, 2, 1), hal::deal_by::column});
    d.view = {0, 2, 1, none};
    d.flags = hal::flag::signal_remote;
    d.signal = hal::on(done, 1);
    j.ring_doorbell();
    for (auto& each : all) {
      each->finish();
      EXPECT_EQ(each->cause(), error::none);
      EXPECT_TRUE(each->idle());
    }
    EXPECT_EQ(j.semaphore(done), 1u); // it belongs to the set, too
    EXPECT_GT(c.soc().mesh.counters().flit_hops, hops);
    for (std::uint32_t t = 0; t < tiles; ++t) {
      if (t == sender) continue;
      std::set<std::uint32_t> needed;
      const auto own = same::slots_of(t, tiles, static_cast<std::uint32_t>(slots.size()));
      for (std::uint32_t s = own.first; s < own.first + own.count; ++s) needed.insert(slots[s].column);
      auto expected = others;
      for (std::uint32_t i = 0; i < expected.size(); ++i)
        if (needed.contains(i % columns / 4)) expected[i] = numbers[i];
      EXPECT_EQ(words(c, result + t * 0x1'0000, expected.size()), expected) << "tile " << t;
    }
  });
}

TEST(deal, brings_the_columns_of_own_blocks) { deal("lt"); }
TEST(deal_at, brings_the_columns_of_own_blocks) { deal("at"); }

// Fewer slots than tiles: the last ones get the signal alone.
TEST(deal, tells_those_who_get_nothing) {
  chip c("chip", std::vector<std::string>{"mesh.width=2", "mesh.height=2"});
  c.run([&] {
    put_words(c, result, std::vector<std::uint32_t>(8, 0));
    job from(c, 0), to(c, 3);
    from.view(1, 8, 0, 0, from_at);
    lists(c, from, {{0, 0}, {0, 1}});
    from.add(opcode::sem, {0, 0, here, 1});
    auto& d = from.add(opcode::copy, {hal::copy_mode::deal, 0, 0, 0, hal::tile_set(0, 0, 1, 1), hal::deal_by::column});
    d.view = {0, 0, 1, none};
    d.flags = hal::flag::signal_remote;
    d.signal = hal::on(done, 1);
    to.add(opcode::sem, {0, 0, done, 1});
    to.ring_doorbell();
    from.ring_doorbell();
    from.finish();
    to.finish();
    EXPECT_EQ(from.cause(), error::none);
    EXPECT_TRUE(to.idle());
  });
}

void refused(chip& c, std::function<void(hal::command&)> change, error cause, std::uint64_t address) {
  job j(c);
  j.write(hal::tile::control, 1);
  j.place(64);
  j.view(rows, columns, 0, 0, from_at);
  lists(c, j, {{0, 3}, {50, 4}});
  j.add(opcode::sem, {0, 0, here, 1});
  j.view(rows, columns, 0, 2, to_at);
  j.view(rows, columns - 4, 0, 3, to_at);
  j.view(rows, columns, 0, 4, 0x1000'0000);
  j.view(2, 3, 0, 5, list_at);
  j.view(1, 7, 0, 6, from_at);
  auto& d = j.add(opcode::copy, {hal::copy_mode::deal, 0, 0, 0, hal::tile_set(0, 0, 1, 0), hal::deal_by::column});
  d.view = {0, 2, 1, none};
  change(d);
  j.ring_doorbell();
  j.finish();
  EXPECT_EQ(j.cause(), cause);
  EXPECT_EQ(j.read(hal::tile::error_address), address);
}

TEST(deal, refuses_what_cannot_be_dealt) {
  chip c("chip", std::vector<std::string>{"mesh.width=2", "mesh.height=1"});
  c.run([&] {
    refused(
        c, [](auto& d) { d.view[1] = none; }, error::bad_view, 17);
    refused(
        c, [](auto& d) { d.view[2] = none; }, error::bad_view, 18);
    refused(
        c, [](auto& d) { d.view[1] = 3; }, error::shape, 17);
    refused(
        c, [](auto& d) { d.view[1] = 4; }, error::range, 0x1000'0000 + 4 * rows * columns);
    refused(
        c, [](auto& d) { d.view[2] = 5; }, error::shape, 18);
    refused(
        c, [](auto& d) { d.view[0] = d.view[1] = 6; }, error::shape, 16); // 7 columns are no blocks
    refused(
        c, [](auto& d) { d.param[4] = hal::tile_set(0, 0, 2, 0); }, error::bad_parameter, 4);
    refused(
        c, [](auto& d) { d.param[5] = 2; }, error::bad_parameter, 5);
    refused(
        c, [](auto& d) { d.param[5] = hal::deal_by::row; }, error::index, list_at + 8); // block row 50 of 50
  });
}

} // namespace
} // namespace acf::test
