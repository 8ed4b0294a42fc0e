// One DRAM channel command by command: latencies that a pencil gives, and the rules that make them.
#include "models/dram/bank_channel.hpp"
#include "models/dram/replay.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <stdexcept>

extern "C" int sc_main(int, char**) { return 0; } // libsystemc wants one; the tests do not simulate

namespace {

using namespace acf::dram;

// Round numbers; refresh is far away.
device simple() {
  device d;
  d.name = "simple";
  d.bank_groups = 2;
  d.banks_per_group = 4;
  d.cl = 20, d.cwl = 10, d.rcd_read = d.rcd_write = 15, d.rp = 12, d.ras = 40;
  d.rrd_s = 4, d.rrd_l = 6, d.faw = 40, d.ccd_s = 4, d.ccd_l = 8, d.wtr_s = 4, d.wtr_l = 9, d.wr = 16, d.rtp = 8;
  d.rfc = 300, d.refi = 1'000'000;
  return d;
}

struct lab {
  bank_channel channel;
  std::uint64_t now = 0, tag = 0;
  std::map<std::uint64_t, std::uint64_t> done;

  explicit lab(const device& d) : channel(d) {}
  std::uint64_t add(place p, bool write = false) {
    channel.add(tag, p, write, now);
    return tag++;
  }
  void run(std::uint64_t until) {
    std::vector<bank_channel::completion> list;
    for (; now < until; ++now) {
      channel.tick(now, list);
      for (const auto& c : list) done[c.tag] = c.at;
      list.clear();
    }
  }
  std::uint64_t latency(place p, bool write = false) {
    const auto start = now;
    const auto t = add(p, write);
    run(now + 500);
    return done.at(t) - start;
  }
};

TEST(bank_channel, closed_row_hit_and_conflict) {
  lab l(simple());
  const place a{0, 0, 0, 0, 7, 0}, hit{0, 0, 0, 0, 7, 1}, conflict{0, 0, 0, 0, 8, 0};
  EXPECT_EQ(l.latency(a), 1u + 15 + 20 + 4);
  EXPECT_EQ(l.latency(hit), 1u + 20 + 4);
  EXPECT_EQ(l.latency(conflict), 1u + 12 + 15 + 20 + 4);
  EXPECT_EQ(l.latency(conflict, true), 1u); // posted
  EXPECT_EQ(l.channel.activity().activates, 2u);
}

TEST(bank_channel, a_slower_parameter_moves_the_latency_by_its_own_clocks) {
  const place a{0, 0, 0, 0, 7, 0}, conflict{0, 0, 0, 0, 8, 0};
  const auto measure = [&](const device& d) {
    lab l(d);
    const auto closed = l.latency(a);
    return std::pair(closed, l.latency(conflict));
  };
  const auto [closed, conflicting] = measure(simple());
  auto d = simple();
  d.rcd_read += 5;
  EXPECT_EQ(measure(d), std::pair(closed + 5, conflicting + 5));
  d = simple();
  d.rp += 3;
  EXPECT_EQ(measure(d), std::pair(closed, conflicting + 3));
  d = simple();
  d.cl += 2;
  EXPECT_EQ(measure(d), std::pair(closed + 2, conflicting + 2));
}

TEST(bank_channel, four_activates_a_window) {
  lab l(simple());
  std::vector<std::uint64_t> tags;
  for (std::uint32_t b = 0; b < 8; ++b) tags.push_back(l.add({0, 0, b % 2, b / 2, 1, 0}));
  l.run(500);
  // Groups take turns, so activates follow each other every tRRD_S; the fifth waits for the window of the first.
  std::vector<std::uint64_t> times;
  for (const auto t : tags) times.push_back(l.done[t]);
  std::ranges::sort(times);
  EXPECT_EQ(times[3] - times[0], 3u * 4);
  EXPECT_EQ(times[4] - times[0], 40u);
}

TEST(bank_channel, columns_of_one_group_are_further_apart) {
  for (const bool same : {true, false}) {
    lab l(simple());
    l.latency({0, 0, 0, 0, 1, 0});
    l.latency({0, 0, same ? 0u : 1u, 1, 1, 0});
    const auto a = l.add({0, 0, 0, 0, 1, 1}), b = l.add({0, 0, same ? 0u : 1u, 1, 1, 1});
    l.run(l.now + 300);
    EXPECT_EQ(l.done[b] > l.done[a] ? l.done[b] - l.done[a] : l.done[a] - l.done[b], same ? 8u : 4u);
  }
}

TEST(bank_channel, row_hits_pass_a_conflict_but_not_for_ever) {
  auto d = simple();
  d.hit_cap = 4;
  lab l(d);
  l.add({0, 0, 0, 0, 1, 0});
  l.run(20); // the row is open, and must be for tRAS
  const auto conflict = l.add({0, 0, 0, 0, 2, 0});
  std::vector<std::uint64_t> hits;
  for (std::uint32_t i = 1; i <= 7; ++i) hits.push_back(l.add({0, 0, 0, 0, 1, i}));
  l.run(l.now + 2000);
  std::uint32_t before = 0;
  for (const auto h : hits) before += l.done[h] < l.done[conflict];
  EXPECT_GE(before, 1u);
  EXPECT_LT(before, 7u); // the row was closed for the oldest after the cap
}

TEST(bank_channel, a_read_of_a_buffered_write_is_answered_from_the_buffer) {
  lab l(simple());
  const place p{0, 0, 0, 0, 5, 0};
  l.add(p, true);
  const auto start = l.now;
  const auto t = l.add(p);
  l.run(100);
  EXPECT_EQ(l.done[t] - start, 1u);
  EXPECT_EQ(l.channel.activity().reads, 0u);
}

TEST(bank_channel, a_full_write_buffer_refuses_and_drains) {
  auto d = simple();
  d.transactions = 16;
  lab l(d);
  for (std::uint32_t i = 0; i < 16; ++i) {
    ASSERT_TRUE(l.channel.accepts(true));
    l.add({0, 0, 0, 0, 5, i}, true);
  }
  EXPECT_FALSE(l.channel.accepts(true));
  EXPECT_TRUE(l.channel.accepts(false));
  l.run(1000);
  EXPECT_TRUE(l.channel.accepts(true));
  EXPECT_EQ(l.channel.activity().writes, 16u);
  EXPECT_EQ(l.channel.activity().activates, 1u);
}

TEST(bank_channel, reading_after_writing_waits_for_the_turnaround) {
  auto d = simple();
  d.transactions = 1; // drains at once
  lab l(d);
  l.latency({0, 0, 0, 0, 1, 0});
  const auto start = l.now;
  l.add({0, 0, 0, 0, 1, 1}, true);
  l.run(l.now + 2); // the write command has gone one clock ago
  const auto t = l.add({0, 0, 0, 0, 1, 2});
  l.run(l.now + 500);
  EXPECT_EQ(l.done[t] - start, 1u + (10 + 4 + 9) + 20 + 4); // write, its data, tWTR_L, read
}

TEST(bank_channel, a_refresh_closes_rows_and_takes_its_time) {
  auto d = simple();
  d.refi = 2000;
  lab l(d);
  l.latency({0, 0, 0, 0, 1, 0});
  l.run(2000);
  const auto t = l.add({0, 0, 0, 0, 1, 1});
  l.run(3000);
  EXPECT_EQ(l.done[t], 2000u + 12 + 300 + 15 + 20 + 4); // precharge, refresh, and all over again
  EXPECT_EQ(l.channel.activity().refreshes, 1u);
}

TEST(bank_channel, a_closed_page_costs_an_activate_but_no_precharge) {
  auto d = simple();
  d.page = page_policy::closed;
  lab l(d);
  EXPECT_EQ(l.latency({0, 0, 0, 0, 7, 0}), 1u + 15 + 20 + 4);
  EXPECT_EQ(l.latency({0, 0, 0, 0, 8, 0}), 1u + 15 + 20 + 4);
  EXPECT_EQ(l.latency({0, 0, 0, 0, 8, 1}), 1u + 15 + 20 + 4);
}

TEST(bank_channel, clocks_in_which_nothing_can_happen_may_be_left_out) {
  auto d = simple();
  d.refi = 3000;
  access_load load;
  load.pattern = access_pattern::mix_rand_2r1w;
  load.outstanding = 4;
  load.requests = 3000;
  load.left_out = 100;
  const auto skipping = run_accesses(d, load);
  // The same by hand, every clock ticked.
  EXPECT_GT(skipping.clocks, 10'000u);
  lab every(d), some(d);
  std::vector<bank_channel::completion> list;
  for (std::uint32_t i = 0; i < 24; ++i) {
    const place p{0, 0, i % 2, i % 4, i * 7 % 5, i % 16};
    every.add(p, i % 3 == 0);
    some.add(p, i % 3 == 0);
  }
  every.run(20'000);
  for (; some.now < 20'000; ++some.now) {
    if (some.channel.next_work() > some.now) continue;
    some.channel.tick(some.now, list);
    for (const auto& c : list) some.done[c.tag] = c.at;
    list.clear();
  }
  EXPECT_EQ(every.done, some.done);
}

TEST(bank_channel, energy_grows_with_commands) {
  lab busy(simple()), lazy(simple());
  for (std::uint32_t i = 0; i < 20; ++i) busy.latency({0, 0, 0, 0, i, 0});
  lazy.run(busy.now);
  const double per_activate = busy.channel.energy_pj(busy.now).activate - lazy.channel.energy_pj(lazy.now).activate;
  EXPECT_GT(per_activate, 0);
  EXPECT_EQ(lazy.channel.energy_pj(lazy.now).total(), lazy.channel.energy_pj(lazy.now).standby);
  EXPECT_GT(lazy.channel.energy_pj(lazy.now).standby, 0);
}

TEST(device, constraints_are_checked_by_name) {
  const auto complaint = [](auto change) -> std::string {
    auto d = simple();
    change(d);
    try {
      d.validate();
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(complaint([](device&) {}), "");
  EXPECT_NE(complaint([](device& d) { d.channels = 0; }).find("simple.channels: 0"), std::string::npos);
  EXPECT_NE(complaint([](device& d) { d.ccd_l = 2; }).find("tCCD_L"), std::string::npos);
  EXPECT_NE(complaint([](device& d) { d.ras = 3; }).find("tRAS"), std::string::npos);
  EXPECT_NE(complaint([](device& d) { d.refi = 10; }).find("tREFI"), std::string::npos);
  EXPECT_NE(complaint([](device& d) { d.banks_per_group = 3; }).find("power of two"), std::string::npos);
  EXPECT_NE(complaint([](device& d) { d.order = "rochrababg"; }).find("gap"), std::string::npos);
  EXPECT_NE(complaint([](device& d) { d.order = "rochrababgcoba"; }).find("twice"), std::string::npos);
  EXPECT_NE(complaint([](device& d) { d.order = "rochrababgco9 co"; }).find("overlap"), std::string::npos);
  EXPECT_NE(complaint([](device& d) { d.order = "rochrabaxxco"; }).find("'xx'"), std::string::npos);
}

TEST(address_order, every_address_is_one_place_and_every_place_one_address) {
  auto d = simple();
  d.rows = 16;
  d.columns = 8;
  d.channels = 2;
  d.ranks = 2;
  for (const char* order : {"rochrababgco", "ro ba bg ra co ch", "ro co1 ba bg co ra ch"}) {
    d.order = order;
    const address_order map(d);
    std::map<std::array<std::uint32_t, 6>, std::uint64_t> seen;
    for (std::uint64_t a = 0; a < d.capacity(); a += d.access_bytes()) {
      const auto p = map.find(a);
      EXPECT_TRUE(seen.emplace(std::array{p.channel, p.rank, p.group, p.bank, p.row, p.column}, a).second) << a;
    }
  }
}

} // namespace
