// REDUCE: sums over tiles in rank order, in both timings; what it refuses; and chains that cross each other.
#include "tests/chip/job.hpp"

#include <bit>
#include <gtest/gtest.h>
#include <memory>
#include <random>

namespace acf::test {
namespace {

using hal::tile::error;
constexpr std::uint64_t result = data + 0x40'0000;
constexpr std::uint32_t terms_at = 0x0000, partial_at = 0x1'0000, result_at = 0x2'0000; // in SRAM
constexpr std::uint32_t here = 10, chain = 20, done = 30;                               // semaphores

void floats(chip& c, job& j, std::uint16_t id, std::uint32_t base, std::uint32_t rows, std::uint32_t columns) {
  const hal::view_record v{.base = base,
                           .type = static_cast<std::uint8_t>(hal::element::f32),
                           .dim = {rows, columns, 1, 1},
                           .stride = {4 * columns, 4, 0, 0}};
  static std::uint32_t records = 0;
  const auto at = map::dram + 0x60'0000 + records++ * sizeof v;
  c.put(at, std::bit_cast<std::array<std::uint8_t, 64>>(v));
  j.add(opcode::defview, {static_cast<std::uint32_t>(at), 0, 1}).view[0] = id;
}

// Numbers whose sum depends on the order of additions.
std::vector<float> terms(std::uint32_t seed, std::size_t count) {
  std::mt19937 random(seed);
  std::vector<float> all(count);
  for (auto& x : all)
    x = std::ldexp(static_cast<float>(random() % 2000) - 1000.f, static_cast<int>(random() % 40) - 20);
  return all;
}

std::vector<std::uint32_t> bits(const std::vector<float>& x) {
  std::vector<std::uint32_t> all;
  for (const float f : x) all.push_back(std::bit_cast<std::uint32_t>(f));
  return all;
}

std::uint64_t terms_in_dram(std::uint32_t tile) { return data + tile * 0x1'0000; }

struct rectangle {
  std::uint32_t x0, y0, x1, y1;
  std::uint32_t set() const { return hal::tile_set(x0, y0, x1, y1); }
  std::vector<std::uint32_t> tiles(std::uint32_t width) const {
    std::vector<std::uint32_t> all;
    for (auto y = y0; y <= y1; ++y)
      for (auto x = x0; x <= x1; ++x) all.push_back(y * width + x);
    return all;
  }
};

// Tile t of `from` has rows_of(t) rows of n terms; the tiles of `to` store the result.
template <typename function>
void reduce(chip& c, std::uint32_t width, const rectangle& from, const rectangle& to, std::uint32_t n, function rows_of,
            std::uint64_t* took = nullptr) {
  std::vector<std::unique_ptr<job>> all;
  std::vector<float> expected(n, 0.f);
  const auto sources = from.tiles(width), receivers = to.tiles(width);
  for (std::uint32_t tile = 0; tile < c.soc().tiles.size(); ++tile) {
    const bool gives = std::ranges::count(sources, tile), gets = std::ranges::count(receivers, tile);
    if (!gives && !gets) continue;
    auto& j = *all.emplace_back(std::make_unique<job>(c, tile));
    const std::uint32_t rows = gives ? rows_of(tile) : 0;
    if (gives) {
      const auto mine = terms(tile, std::size_t{rows} * n);
      put_words(c, terms_in_dram(tile), bits(mine));
      for (std::size_t i = 0; i < mine.size(); ++i) expected[i % n] += mine[i];
      floats(c, j, 0, terms_at, rows, n);
      floats(c, j, 1, partial_at, 1, n);
      floats(c, j, 2, result_at, n, 1);
      if (rows) j.load(0, terms_in_dram(tile)).signal = hal::on(here, 1);
      auto& r = j.add(opcode::reduce, {chain, 0, 0, 0, from.set(), to.set()});
      r.view = {0, 1, 2, none};
      r.flags = hal::flag::signal_remote;
      r.wait[0] = hal::on(here, rows ? 1 : 0);
      r.signal = hal::on(done, 1);
    }
    if (gets) {
      j.view(1, n, 0, 3, result_at);
      auto& s = j.store(3, result + tile * 0x1'0000);
      s.flags = hal::flag::channel; // channel 0 may still wait for its part of the chain
      s.wait[0] = hal::on(done, 1);
    }
  }
  const auto start = now();
  for (auto& j : all) j->ring_doorbell();
  for (auto& j : all) {
    j->finish();
    EXPECT_EQ(j->cause(), error::none) << n << " at " << j->read(hal::tile::error_index) << " byte "
                                       << j->read(hal::tile::error_address);
    EXPECT_TRUE(j->idle());
  }
  if (took != nullptr) *took = now() - start;
  for (const auto tile : receivers) EXPECT_EQ(words(c, result + tile * 0x1'0000, n), bits(expected)) << tile;
}

void many_shapes(const char* timing) {
  chip c("chip", std::vector<std::string>{"mesh.width=4", "mesh.height=2", std::string("timing=") + timing});
  c.run([&] {
    const auto one = [](auto) { return 1u; };
    reduce(c, 4, {0, 0, 3, 1}, {0, 0, 3, 1}, 700, one);                          // to everybody
    reduce(c, 4, {1, 0, 2, 1}, {0, 0, 0, 0}, 256, one);                          // to a tile outside
    reduce(c, 4, {0, 0, 3, 0}, {3, 0, 3, 0}, 513, one);                          // to the last rank itself
    reduce(c, 4, {2, 1, 2, 1}, {2, 1, 3, 1}, 100, one);                          // of one tile
    reduce(c, 4, {0, 0, 3, 1}, {0, 0, 3, 1}, 300, [](auto t) { return t % 3; }); // rows differ, some have none
    reduce(c, 4, {0, 0, 3, 1}, {0, 0, 3, 1}, 3, [](auto) { return 0u; });        // nobody has any
  });
}

TEST(reduce, sums_in_rank_order_have_the_same_bits_everywhere) { many_shapes("lt"); }
TEST(reduce_at, sums_have_the_same_bits_as_in_lt) { many_shapes("at"); }

// A rank works on a packet while the one behind it is still under way. 16 packets instead of one take longer by their
// load, one passage and their store; each of seven hops for itself would be another 7 times 225 flits.
void overlap(const char* timing) {
  chip c("chip", std::vector<std::string>{"mesh.width=4", "mesh.height=2", std::string("timing=") + timing});
  c.run([&] {
    constexpr std::uint32_t packet = 240, flits = 16 * packet * 4 / 64;
    std::uint64_t one = 0, many = 0;
    const auto first_only = [](auto tile) { return tile == 0 ? 1u : 0u; }; // nobody else waits for DRAM
    reduce(c, 4, {0, 0, 3, 1}, {3, 1, 3, 1}, packet, first_only, &one);
    reduce(c, 4, {0, 0, 3, 1}, {3, 1, 3, 1}, 16 * packet, first_only, &many);
    EXPECT_LT(many, one + 7 * flits);
  });
}

TEST(reduce, packets_of_a_chain_overlap) { overlap("lt"); }
TEST(reduce_at, packets_of_a_chain_overlap) { overlap("at"); }

// -0 and NaN as the arithmetic has them.
TEST(reduce, starts_at_plus_zero_and_writes_one_nan) {
  chip c("chip", std::vector<std::string>{"mesh.width=2", "mesh.height=1"});
  c.run([&] {
    std::vector<std::unique_ptr<job>> all;
    for (const std::uint32_t tile : {0u, 1u}) {
      put_words(c, terms_in_dram(tile), {0x8000'0000, tile == 0 ? 0x7F80'0000 : 0xFF80'0000, 0xFFFF'FFFF});
      auto& j = *all.emplace_back(std::make_unique<job>(c, tile));
      floats(c, j, 0, terms_at, 1, 3);
      floats(c, j, 1, partial_at, 1, 3);
      floats(c, j, 2, result_at, 1, 3);
      j.load(0, terms_in_dram(tile)).signal = hal::on(here, 1);
      auto& r = j.add(opcode::reduce, {chain, 0, 0, 0, hal::tile_set(0, 0, 1, 0), hal::tile_set(1, 0, 1, 0)});
      r.view = {0, 1, 2, none};
      r.wait[0] = hal::on(here, 1);
      r.signal = hal::on(done, 1);
      if (tile == 1) j.store(2, result).wait[0] = hal::on(done, 1);
      j.ring_doorbell();
    }
    for (auto& j : all) j->finish();
    EXPECT_EQ(words(c, result, 3), (std::vector<std::uint32_t>{0, 0x7FC0'0000, 0x7FC0'0000}));
  });
}

void refused(chip& c, std::function<void(hal::command&)> change, error cause, std::uint64_t address) {
  job j(c);
  j.write(hal::tile::control, 1);
  j.place(64);
  floats(c, j, 0, terms_at, 1, 8);
  floats(c, j, 1, partial_at, 1, 8);
  floats(c, j, 2, result_at, 1, 8);
  floats(c, j, 3, result_at, 1, 9);
  floats(c, j, 4, 0x1000'0000, 1, 8);
  j.view(1, 8, 0, 5, terms_at); // u32
  auto& r = j.add(opcode::reduce, {chain, 0, 0, 0, hal::tile_set(0, 0, 0, 0), hal::tile_set(0, 0, 1, 0)});
  r.view = {0, 1, 2, none};
  change(r);
  j.ring_doorbell();
  j.finish();
  EXPECT_EQ(j.cause(), cause);
  EXPECT_EQ(j.read(hal::tile::error_address), address);
}

TEST(reduce, refuses_what_makes_no_sum) {
  chip c("chip", std::vector<std::string>{"mesh.width=2", "mesh.height=1"});
  c.run([&] {
    const auto both = hal::tile_set(0, 0, 1, 0);
    refused(
        c, [](auto& r) { r.param[0] = hal::tile::semaphores; }, error::bad_parameter, 0);
    refused(
        c, [](auto& r) { r.param[4] = hal::tile_set(1, 0, 1, 0); }, error::bad_parameter, 4); // this tile is not in
    refused(
        c, [](auto& r) { r.param[4] = hal::tile_set(0, 0, 2, 0); }, error::bad_parameter, 4);
    refused(
        c, [](auto& r) { r.param[5] = hal::tile_set(1, 0, 0, 0); }, error::bad_parameter, 5);
    refused(
        c, [](auto& r) { r.view[0] = none; }, error::bad_view, 16);
    refused(
        c, [](auto& r) { r.view[0] = 5; }, error::bad_view, 16);
    refused(
        c, [&](auto& r) { r.param[4] = both, r.view[1] = none; }, error::bad_view, 17);
    refused(
        c, [&](auto& r) { r.param[4] = both, r.view[1] = 3; }, error::shape, 17);
    refused(
        c, [&](auto& r) { r.param[4] = both, r.view[1] = 4; }, error::range, 0x1000'0020);
    refused(
        c, [](auto& r) { r.view[2] = 5; }, error::bad_view, 18);
    refused(
        c, [](auto& r) { r.view[2] = 3; }, error::shape, 18);
    refused(
        c, [](auto& r) { r.view[2] = 0; }, error::overlap, terms_at); // over its own terms
  });
}

// A rank that waits for one that never comes: named, and gone with an abort.
TEST(reduce, waits_for_the_rank_before_and_says_so) {
  chip c("chip", std::vector<std::string>{"mesh.width=2", "mesh.height=1"});
  c.run([&] {
    job j(c, 1);
    floats(c, j, 0, terms_at, 1, 8);
    floats(c, j, 1, partial_at, 1, 8);
    floats(c, j, 2, result_at, 1, 8);
    j.add(opcode::reduce, {chain, 0, 0, 0, hal::tile_set(0, 0, 1, 0), hal::tile_set(1, 0, 1, 0)}).view = {0, 1, 2,
                                                                                                          none};
    j.ring_doorbell();
    j.finish(5000);
    EXPECT_FALSE(j.idle());
    const auto why = c.soc().tiles[1]->why_stuck();
    EXPECT_NE(why.find("REDUCE"), std::string::npos) << why;
    EXPECT_NE(why.find("SEMAPHORE[20] >= 1"), std::string::npos) << why;
    j.write(hal::tile::control, 2);
    c.pass(100);
    EXPECT_TRUE(j.idle());
  });
}

// Chains over rows, columns and rectangles that cross each other, both ways around, among multicasts, in a mesh with
// the smallest buffers: all of them end, with the right sums.
void crossing(const char* timing) {
  chip c("chip", std::vector<std::string>{"mesh.width=4", "mesh.height=4", "mesh.virtual_channels=1",
                                          "mesh.buffer_flits=1", std::string("timing=") + timing});
  c.run([&] {
    constexpr std::uint32_t n = 600;
    std::vector<rectangle> chains{{0, 0, 3, 3}};
    for (std::uint32_t i = 0; i < 4; ++i) chains.push_back({0, i, 3, i}), chains.push_back({i, 0, i, 3});
    std::vector<std::unique_ptr<job>> all;
    std::vector<std::vector<float>> sums(chains.size(), std::vector<float>(n, 0.f));
    for (std::uint32_t tile = 0; tile < 16; ++tile) {
      const auto mine = terms(tile, n);
      put_words(c, terms_in_dram(tile), bits(mine));
      auto& j = *all.emplace_back(std::make_unique<job>(c, tile));
      floats(c, j, 0, terms_at, 1, n);
      j.load(0, terms_in_dram(tile)).signal = hal::on(here, 1);
      j.add(opcode::sem, {0, 0, here, 1});
      std::uint32_t stores = 0;
      for (std::uint32_t k = 0; k < chains.size(); ++k) {
        if (!std::ranges::count(chains[k].tiles(4), tile)) continue;
        for (std::size_t i = 0; i < n; ++i) sums[k][i] += mine[i];
        const auto view = static_cast<std::uint16_t>(1 + 2 * k % 14);
        floats(c, j, view, partial_at + k * 0x1000, 1, n);
        floats(c, j, static_cast<std::uint16_t>(view + 1), result_at + k * 0x1000, 1, n);
        // Results go back to all who took part, against the direction of the chain.
        auto& r = j.add(opcode::reduce, {chain + k, 0, 0, 0, chains[k].set(), chains[k].set()});
        r.view = {0, view, static_cast<std::uint16_t>(view + 1), none};
        r.flags = hal::flag::signal_remote;
        r.signal = hal::on(done, 1);
        ++stores;
      }
      j.add(opcode::sem, {0, 0, done, stores});
      for (std::uint32_t k = 0; k < chains.size(); ++k)
        if (chains[k].tiles(4).back() == tile) {
          j.view(1, n, 0, 15, result_at + k * 0x1000);
          j.store(15, result + k * 0x1'0000);
        }
    }
    for (auto& j : all) j->ring_doorbell();
    for (auto& j : all) {
      j->finish();
      EXPECT_TRUE(j->idle());
      EXPECT_EQ(j->cause(), error::none);
    }
    for (std::size_t k = 0; k < chains.size(); ++k)
      EXPECT_EQ(words(c, result + k * 0x1'0000, n), bits(sums[k])) << "chain " << k;
  });
}

TEST(reduce, chains_that_cross_end) { crossing("lt"); }
TEST(reduce_at, chains_that_cross_end) { crossing("at"); }

} // namespace
} // namespace acf::test
