#include "models/dram/backing_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <systemc>

using namespace acf::dram;

int sc_main(int, char**) { return 0; }

namespace {

constexpr std::uint64_t mib = 1 << 20, chunk = backing_store::chunk, page = backing_store::page;

std::vector<std::uint8_t> bytes_at(backing_store& s, std::uint64_t at, std::size_t length) {
  std::vector<std::uint8_t> bytes(length);
  s.read(at, bytes);
  return bytes;
}

const std::vector<std::uint8_t> some{1, 2, 3, 4};

} // namespace

TEST(backing_store, power_on_contents_depend_on_the_seed_and_not_on_the_order_of_touching) {
  backing_store a(4 * mib, 7), b(4 * mib, 7), other(4 * mib, 8);
  const auto up = bytes_at(a, mib - 100, 200);
  b.write(2 * mib, some, origin::fabric); // touches something else first
  ASSERT_TRUE(b.direct(mib, false));      // and one of the two chunks by DMI
  EXPECT_EQ(bytes_at(b, mib - 100, 200), up);
  EXPECT_NE(bytes_at(other, mib - 100, 200), up);
  EXPECT_NE(bytes_at(a, 0, 200), bytes_at(a, chunk, 200)) << "chunks differ";
}

TEST(backing_store, power_on_contents_look_random) {
  backing_store s(mib, 1);
  const auto bytes = bytes_at(s, 0, mib);
  std::array<int, 256> count{};
  for (const auto b : bytes) ++count[b];
  EXPECT_GT(*std::ranges::min_element(count), 3700); // 4096 each, standard deviation 64
  EXPECT_LT(*std::ranges::max_element(count), 4500);
}

TEST(backing_store, a_write_keeps_the_random_rest_of_its_chunk) {
  backing_store a(mib, 3), b(mib, 3);
  a.write(1000, some, origin::host);
  EXPECT_EQ(bytes_at(a, 1000, 4), some);
  EXPECT_EQ(bytes_at(a, 0, 1000), bytes_at(b, 0, 1000));
}

TEST(backing_store, zero_when_configured_so) {
  backing_store s(mib, {});
  EXPECT_EQ(bytes_at(s, 12345, 100), std::vector<std::uint8_t>(100, 0));
}

TEST(backing_store, many_gibibytes_cost_only_what_is_touched) {
  backing_store s(std::uint64_t{64} << 30, 1);
  s.write((std::uint64_t{64} << 30) - 4, some, origin::host);
  EXPECT_EQ(bytes_at(s, (std::uint64_t{64} << 30) - 4, 4), some);
  EXPECT_EQ(s.resident_chunks(), 1);
}

TEST(backing_store, direct_access_covers_the_chunk_and_its_touched_neighbours) {
  backing_store s(mib, 1);
  auto d = s.direct(chunk * 5 + 17, true);
  ASSERT_TRUE(d);
  EXPECT_EQ(d->where.begin, chunk * 5);
  EXPECT_EQ(d->where.end, chunk * 6);
  EXPECT_TRUE(d->writable);
  d->data[17] = 99;
  EXPECT_EQ(bytes_at(s, chunk * 5 + 17, 1)[0], 99);
  bytes_at(s, chunk * 3, 1);
  bytes_at(s, chunk * 6, 1);
  d = s.direct(chunk * 5, false);
  EXPECT_EQ(d->where.begin, chunk * 5) << "chunk 4 does not exist yet";
  EXPECT_EQ(d->where.end, chunk * 7);
  EXPECT_FALSE(s.direct(mib, false));
}

TEST(backing_store, host_watches_take_writable_pointers_away) {
  backing_store s(mib, 1);
  std::vector<range> revoked;
  s.on_revoke = [&](range r) { revoked.push_back(r); };
  std::vector<std::uint64_t> seen;
  const auto id = s.watch({chunk + 2 * page + 8, chunk + 2 * page + 16}, {.host = true},
                          [&](origin, std::uint64_t at, std::uint64_t) { seen.push_back(at); });
  ASSERT_EQ(revoked.size(), 1u);
  EXPECT_EQ(revoked[0].begin, chunk + 2 * page);
  EXPECT_EQ(revoked[0].end, chunk + 3 * page);

  EXPECT_FALSE(s.direct(chunk + 2 * page, true));
  const auto read = s.direct(chunk + 2 * page, false);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->writable);
  const auto before = s.direct(chunk, true), behind = s.direct(chunk + 3 * page, true);
  ASSERT_TRUE(before && behind);
  EXPECT_EQ(before->where.end, chunk + 2 * page);
  EXPECT_EQ(behind->where.begin, chunk + 3 * page);
  EXPECT_EQ(behind->where.end, 2 * chunk);

  s.write(chunk + 2 * page + 5, some, origin::host); // ends inside
  s.write(chunk + 2 * page + 4, some, origin::host); // ends in front
  s.write(chunk + 2 * page + 8, some, origin::fabric);
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{chunk + 2 * page + 5}));
  s.unwatch(id);
  EXPECT_TRUE(s.direct(chunk + 2 * page, true));
}

TEST(backing_store, observers_of_fabric_writes_leave_direct_access_alone) {
  backing_store s(mib, 1);
  int fabric = 0, debug = 0;
  s.watch({0, mib}, {.fabric = true, .debug = true},
          [&](origin who, std::uint64_t, std::uint64_t) { ++(who == origin::fabric ? fabric : debug); });
  EXPECT_TRUE(s.direct(0, true));
  s.write(0, some, origin::fabric);
  s.write(0, some, origin::host);
  s.poke(0, some);
  EXPECT_EQ(fabric, 1);
  EXPECT_EQ(debug, 1);
}

TEST(backing_store, an_observer_may_end_its_own_watch) {
  backing_store s(mib, 1);
  int calls = 0;
  backing_store::watch_id id = 0;
  id = s.watch({0, 64}, {.fabric = true}, [&](origin, std::uint64_t, std::uint64_t) {
    ++calls;
    s.unwatch(id);
  });
  s.write(0, some, origin::fabric);
  s.write(0, some, origin::fabric);
  EXPECT_EQ(calls, 1);
}

TEST(backing_store, bad_lines_fail_until_written_whole) {
  backing_store s(mib, 1);
  s.poison(page + 100);
  EXPECT_EQ(s.poisoned(page + 127, 1, false), page + 64);
  EXPECT_EQ(s.poisoned(page, 64, false), std::nullopt);
  EXPECT_EQ(s.poisoned(page + 128, 64, false), std::nullopt);
  EXPECT_EQ(s.poisoned(page + 120, 64, true), page + 64) << "part of the line cannot be merged";
  EXPECT_EQ(s.poisoned(page, 4096, true), std::nullopt);
  EXPECT_FALSE(s.direct(page, false));
  EXPECT_TRUE(s.direct(0, false));
  s.write(page + 64, std::vector<std::uint8_t>(64), origin::fabric);
  EXPECT_EQ(s.poisoned(page, 4096, false), std::nullopt);
  EXPECT_TRUE(s.direct(page, true));
}
