// Packets from tile to tile, on the chip without software: two tiles whose command lists race on purpose.
#include "sw_stack/hal/global_registers.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/tile_registers.hpp"
#include "tests/fuzz/fabric/chip.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <gtest/gtest.h>
#include <vector>

namespace acf::fuzz {
namespace {

namespace map = hal::map;
using hal::opcode;

constexpr std::uint64_t rings = map::dram + 0x10'0000, views = map::dram + 0x11'0000, data = map::dram + 0x20'0000;
constexpr std::uint16_t none = hal::no_view;
constexpr std::uint32_t length = 16 * 1024;
enum view : std::uint16_t { whole, first_line, last_line, matrix, other_matrix, rows };
const std::vector<std::string> two_tiles{"mesh.width=2", "mesh.height=1"};

std::uint64_t reg_of(std::uint32_t tile, const hal::reg& r) { return map::tile_base(tile) + r.offset; }

hal::view_record dense(std::uint32_t base, hal::element type, std::uint32_t n, std::uint32_t m) {
  const auto size = hal::bytes_of(type);
  return {.base = base, .type = static_cast<std::uint8_t>(type), .dim = {n, m, 1, 1}, .stride = {m * size, size, 0, 0}};
}

class race {
public:
  explicit race(chip& c) : chip_(c) {
    c.write64(map::global_block + hal::global::window_base.offset, map::dram);
    c.write64(map::global_block + hal::global::window_limit.offset, map::dram + 0x100'0000);
    c.write32(map::global_block + hal::global::window_rights.offset, 3);
    using enum hal::element;
    const std::array list{dense(0, u8, length, 1), dense(0, u8, 64, 1),        dense(length - 64, u8, 64, 1),
                          dense(0, f32, 64, 64),   dense(0x8000, f32, 64, 64), dense(0, u8, 16, 1024)};
    c.put(views, std::bit_cast<std::array<std::uint8_t, sizeof list>>(list));
    for (auto& commands : list_) add_views(commands, list.size());
  }

  hal::command& add(std::uint32_t tile, opcode op, std::array<std::uint32_t, 6> parameters = {}) {
    auto& c = list_[tile].emplace_back();
    c.op = static_cast<std::uint8_t>(op);
    c.param = parameters;
    return c;
  }
  hal::command& copy(std::uint32_t tile, std::uint32_t mode, std::uint16_t from, std::uint16_t to,
                     std::uint64_t address = 0) {
    auto& c = add(tile, opcode::copy, {mode, static_cast<std::uint32_t>(address)});
    c.view = {from, to, none, none};
    return c;
  }
  hal::command& send(std::uint16_t what, std::uint16_t to) {
    auto& c = copy(0, hal::copy_mode::send, what, to);
    c.param[4] = hal::tile_set(1, 0, 1, 0);
    return c;
  }
  void sem(std::uint32_t tile, std::uint32_t add_to, std::uint32_t which) {
    add(tile, opcode::sem, {add_to, hal::tile_set(1, 0, 1, 0), which, 1});
  }
  void start() {
    for (std::uint32_t tile : {1u, 0u}) {
      const auto ring = rings + tile * 0x8000;
      for (std::size_t n = 0; n < list_[tile].size(); ++n)
        chip_.put(ring + n * hal::command_bytes, std::bit_cast<std::array<std::uint8_t, 64>>(list_[tile][n]));
      chip_.write64(reg_of(tile, hal::tile::ring_base), ring);
      chip_.write32(reg_of(tile, hal::tile::ring_length), static_cast<std::uint32_t>(list_[tile].size()));
      chip_.write32(reg_of(tile, hal::tile::doorbell), 0);
    }
  }
  std::uint64_t cause(std::uint32_t tile) { return chip_.read(reg_of(tile, hal::tile::error_cause), 4); }
  bool idle(std::uint32_t tile) { return chip_.read(reg_of(tile, hal::tile::status), 4) & 1; }
  // A byte of DRAM as the host sees it now.
  unsigned byte(std::uint64_t address) { return static_cast<unsigned>(chip_.read(address, 1)); }
  void fill(std::uint64_t address, std::uint8_t value) { chip_.put(address, std::vector<std::uint8_t>(length, value)); }
  // Bytes in the SRAM of both tiles before anything else: 1 here, 2 there.
  void load_both() {
    fill(data, 1);
    fill(data + length, 2);
    for (std::uint32_t tile : {0u, 1u}) {
      copy(tile, hal::copy_mode::load, none, whole, data + tile * length).signal = hal::on(0, 1);
      add(tile, opcode::sem, {0, 0, 0, 1});
    }
  }

private:
  static void add_views(std::vector<hal::command>& list, std::size_t count) {
    auto& c = list.emplace_back();
    c.op = static_cast<std::uint8_t>(opcode::defview);
    c.view[0] = 0;
    c.param = {static_cast<std::uint32_t>(views), 0, static_cast<std::uint32_t>(count)};
  }
  chip& chip_;
  std::array<std::vector<hal::command>, 2> list_;
};

constexpr auto code = [](hal::tile::error e) { return static_cast<std::uint64_t>(e); };

} // namespace

// SEM goes first and 16 KiB follow: who goes by it finds the old bytes at the end of the range. He is done with them
// before the packets are there, so that is nobody's fault.
TEST(data_times, a_tile_that_reads_too_early_gets_the_old_bytes) {
  chip c("chip", two_tiles);
  c.run([&] {
    race r(c);
    r.load_both();
    r.sem(0, 1, 5);
    r.send(whole, whole);
    r.sem(1, 0, 5);
    r.copy(1, hal::copy_mode::store, last_line, none, data + 0x1'0000);
    r.start();
    c.pass(20'000);
    EXPECT_EQ(r.cause(0), 0u);
    EXPECT_EQ(r.cause(1), 0u);
    EXPECT_EQ(r.byte(data + 0x1'0000), 2u);
    std::uint8_t there = 0;
    std::ranges::copy_n(c.soc().tiles[1]->memory().bytes().begin() + length - 1, 1, &there);
    EXPECT_EQ(there, 1u);
  });
}

// The packets reach a range that a product is being written to: its command did not wait, so it is the one to blame.
TEST(data_times, a_packet_that_meets_a_running_command_stops_the_tile_of_that_command) {
  chip c("chip", two_tiles);
  c.run([&] {
    race r(c);
    r.load_both();
    r.sem(0, 1, 5);
    r.send(whole, whole);
    r.sem(1, 0, 5);
    r.add(1, opcode::mm).view = {other_matrix, other_matrix, matrix, none};
    r.start();
    c.pass(20'000);
    EXPECT_EQ(r.cause(0), 0u);
    EXPECT_EQ(r.cause(1), code(hal::tile::error::overlap));
    EXPECT_EQ(c.read(reg_of(1, hal::tile::error_index), 4), 4u) << "the product";
    EXPECT_LT(c.read(reg_of(1, hal::tile::error_address), 8), length);
  });
}

// Two sends to one place: the second is 64 bytes and could pass the first, of 16 KiB, on the way.
TEST(data_times, packets_stay_in_order) {
  chip c("chip", two_tiles);
  c.run([&] {
    race r(c);
    r.load_both();
    r.fill(data + 0x2'0000, 3);
    r.copy(0, hal::copy_mode::load, none, other_matrix, data + 0x2'0000).signal = hal::on(0, 1);
    r.add(0, opcode::sem, {0, 0, 0, 1});
    r.send(whole, whole);
    auto& second = r.send(first_line, last_line);
    second.offset[0] = 0x8000;
    second.flags = hal::flag::signal_remote;
    second.signal = hal::on(6, 1);
    r.sem(1, 0, 6);
    r.copy(1, hal::copy_mode::store, whole, none, data + 0x3'0000);
    r.start();
    c.pass(20'000);
    EXPECT_EQ(r.byte(data + 0x3'0000), 1u);
    EXPECT_EQ(r.byte(data + 0x3'0000 + length - 65), 1u);
    EXPECT_EQ(r.byte(data + 0x3'0000 + length - 64), 3u);
    EXPECT_EQ(r.byte(data + 0x3'0000 + length - 1), 3u);
  });
}

// What is under way to a tile when it is reset never gets there.
TEST(data_times, a_reset_loses_what_is_under_way) {
  chip c("chip", two_tiles);
  c.run([&] {
    race r(c);
    r.fill(data, 7);
    const auto sram = [&] { return c.soc().tiles[0]->memory().bytes()[length - 1]; };
    const auto before = sram();
    r.copy(0, hal::copy_mode::load, none, whole, data);
    r.start();
    c.pass(200); // the request has left, the bytes are not here
    EXPECT_FALSE(r.idle(0));
    c.write32(reg_of(0, hal::tile::control), 1);
    c.pass(20'000);
    EXPECT_EQ(sram(), before);
  });
}

// An error that comes about after a load was asked for, and before its bytes are read, is the load's.
TEST(data_times, an_error_in_memory_counts_when_the_bytes_are_read) {
  auto slow = two_tiles;
  slow.insert(slow.end(), {"dram.preset=lpddr4_3200", "dram.channels=1"});
  chip c("chip", slow);
  c.run([&] {
    race r(c);
    r.fill(data, 7);
    c.put(data + 0x1'0000, std::array<std::uint8_t, 1>{9});
    r.copy(0, hal::copy_mode::load, none, whole, data).signal = hal::on(3, 1);
    r.add(0, opcode::fence, {0, static_cast<std::uint32_t>(data) + 0x1'0000, 0, 77});
    r.start();
    c.pass(1200); // behind commands and views, 160 ns for each of 16 pieces
    c.soc().dram.inject_error(data + length - 64);
    c.pass(20'000);
    EXPECT_EQ(r.cause(0), code(hal::tile::error::memory));
    EXPECT_EQ(c.read(reg_of(0, hal::tile::error_index), 4), 1u);
    EXPECT_EQ(c.read(reg_of(0, hal::tile::error_address), 8), data + length - 64);
    EXPECT_EQ(r.byte(data + 0x1'0000), 9u) << "the fence behind it";
  });
}

} // namespace acf::fuzz
