// A tile as software has it: units that work side by side, counters, errors, abort and reset.
#include "tests/chip/job.hpp"

#include <bit>
#include <gtest/gtest.h>

namespace acf::test {
namespace {

using hal::tile::error;
constexpr std::uint64_t result = data + 0x10'0000;

template <typename function>
void on_chip(function body) {
  chip c("chip", std::array<std::string, 2>{"mesh.width=2", "mesh.height=2"});
  c.run([&] { body(c); });
}

// fp32 views, because the matrix engine has no integers: the bits of small numbers.
constexpr std::uint32_t one = 0x3F80'0000, two = 0x4000'0000;

void floats(job& j, std::uint32_t rows, std::uint32_t columns, std::uint16_t id, std::uint32_t base, chip& c) {
  const hal::view_record v{.base = base,
                           .type = static_cast<std::uint8_t>(hal::element::f32),
                           .dim = {rows, columns, 1, 1},
                           .stride = {4 * columns, 4, 0, 0}};
  const auto at = map::dram + 0x60'0000 + id * sizeof v;
  c.put(at, std::bit_cast<std::array<std::uint8_t, 64>>(v));
  j.add(opcode::defview, {static_cast<std::uint32_t>(at), 0, 1}).view[0] = id;
}

void fill(job& j, std::uint16_t view, std::uint32_t bits, std::uint32_t signal) {
  auto& f = j.add(opcode::ewise, {hal::ewise_fn::fill, bits});
  f.view = {none, none, view, none};
  f.signal = hal::on(signal, 1);
}

// A product of [64, 64] by [64, 64] needs 4096 cycles on 64 lanes; a load of 128 KiB takes half of that time. Together
// they take what the longer one takes.
TEST(tile, matrix_engine_and_dma_work_side_by_side) {
  on_chip([](chip& c) {
    const auto took = [&](bool product, bool load) {
      job j(c);
      floats(j, 64, 64, 0, 0x0000, c);
      floats(j, 64, 64, 1, 0x4000, c);
      floats(j, 64, 64, 2, 0x8000, c);
      fill(j, 0, one, 1);
      fill(j, 1, two, 1);
      j.view(1, 32 * 1024, 0, 3, 0x1'0000);
      j.add(opcode::sem, {0, 0, 1, 2});
      j.ring_doorbell();
      j.finish();
      j.place(64);
      if (product) j.add(opcode::mm).view = {0, 1, 2, none};
      if (load) j.load(3);
      j.ring_doorbell();
      const auto time = j.finish();
      EXPECT_EQ(j.cause(), error::none);
      return time;
    };
    const auto product = took(true, false), load = took(false, true), both = took(true, true);
    EXPECT_GE(product, 64u * 64 * 64 / 64);
    EXPECT_GE(load, 128u * 1024 / 64);
    EXPECT_LT(both, product + load / 4);
    job j(c);
    EXPECT_EQ(j.read(hal::tile::macs_executed), 2u * 64 * 64 * 64);
    EXPECT_EQ(j.read(hal::tile::macs_skipped), 0u);
    EXPECT_GE(j.read(hal::tile::matrix_busy), 2u * 4096);
    EXPECT_LT(j.read(hal::tile::matrix_busy), 2u * 4096 * 11 / 10);
  });
}

TEST(tile, zeros_are_skipped_and_counted_where_the_command_allows_it) {
  on_chip([](chip& c) {
    std::vector<std::uint32_t> numbers(64 * 64, one);
    for (std::size_t n = 0; n < numbers.size(); ++n)
      if (n % 64 < 48) numbers[n] = 0; // three quarters of every row
    put_words(c, data, numbers);
    std::uint64_t busy[2]{};
    for (const bool skip : {false, true}) {
      job j(c, skip);
      floats(j, 64, 64, 0, 0x0000, c);
      floats(j, 64, 64, 1, 0x4000, c);
      floats(j, 64, 64, 2, 0x8000, c);
      j.load(0).signal = hal::on(1, 1);
      fill(j, 1, two, 1);
      auto& mm = j.add(opcode::mm, {skip ? hal::mm_flag::skip_a | hal::mm_flag::skip_b : 0});
      mm.view = {0, 1, 2, none};
      mm.wait[0] = hal::on(1, 2);
      mm.signal = hal::on(2, 1);
      auto& s = j.store(2, result);
      s.wait[0] = hal::on(2, 1);
      j.ring_doorbell();
      j.finish();
      EXPECT_EQ(j.cause(), error::none);
      EXPECT_EQ(words(c, result, 64 * 64), std::vector<std::uint32_t>(64 * 64, 0x4200'0000)); // 16 * 1 * 2 = 32
      EXPECT_EQ(j.read(hal::tile::macs_skipped), skip ? 64u * 64 * 48 : 0u);
      EXPECT_EQ(j.read(hal::tile::macs_executed), 64u * 64 * (skip ? 16 : 64));
      busy[skip] = j.read(hal::tile::matrix_busy);
    }
    EXPECT_GE(busy[1], 64u * 64 * 16 / 64);
    EXPECT_LT(busy[1], busy[0] / 2); // less than a quarter cannot be: the zeros lie together
  });
}

// Commands behind an error do not start; what was running ends; a reset keeps SRAM and the places of rings.
TEST(tile, error_stops_and_reset_starts_again) {
  on_chip([](chip& c) {
    put_words(c, data, std::vector<std::uint32_t>(64, 5));
    put_words(c, result, std::vector<std::uint32_t>(64, 0));
    job j(c);
    j.view(1, 64);
    j.load().signal = hal::on(1, 1);
    j.add(opcode::sem, {0, 0, 1, 1});
    j.add(static_cast<opcode>(222));
    j.store(0, result);
    j.ring_doorbell();
    j.finish();
    EXPECT_EQ(j.cause(), error::bad_opcode);
    EXPECT_EQ(j.read(hal::tile::error_index), 3u);
    EXPECT_EQ(j.read(hal::tile::error_address), 222u);
    c.pass(5000);
    EXPECT_EQ(word(c, result), 0u);
    j.ring_doorbell(1); // does not start either
    c.pass(5000);
    EXPECT_EQ(j.read(hal::tile::error_index), 3u);

    const auto base = j.read(hal::tile::ring_base);
    j.write(hal::tile::semaphore, 3, 9);
    j.write(hal::tile::control, 1);
    EXPECT_TRUE(j.idle());
    EXPECT_EQ(j.cause(), error::none);
    EXPECT_EQ(j.semaphore(9), 0u);
    EXPECT_EQ(j.read(hal::tile::ring_base), base);
    j.place(64);
    j.view(1, 64); // views are forgotten, bytes are not
    j.store(0, result);
    j.ring_doorbell();
    j.finish();
    EXPECT_EQ(words(c, result, 64), std::vector<std::uint32_t>(64, 5));
  });
}

TEST(tile, abort_ends_a_job_that_would_wait_for_ever) {
  on_chip([](chip& c) {
    job j(c);
    j.add(opcode::sem, {0, 0, 3, 1});
    j.ring_doorbell();
    j.finish(3000);
    EXPECT_FALSE(j.idle());
    j.write(hal::tile::control, 2);
    c.pass(100);
    EXPECT_EQ(j.read(hal::tile::status), 1u | 4); // IDLE and ABORTED
    j.ring_doorbell(1);                           // not while ABORTED is set
    EXPECT_TRUE(j.idle());
    j.write(hal::tile::status, 4);
    j.place(64);
    j.add(opcode::setreg, {1, hal::setreg_op::set, 3});
    j.ring_doorbell();
    j.finish();
    EXPECT_EQ(j.scalar(1), 3u);
  });
}

} // namespace
} // namespace acf::test
