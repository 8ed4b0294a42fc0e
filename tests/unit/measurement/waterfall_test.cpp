// The waterfall counts every cycle twice, by what engines did and by the clock; an account that is wrong shows as
// cycles without a cause, and the report's checks find it.
#include "platform/report/accounts.hpp"
#include "platform/soc/loss_of_ideal.hpp"
#include "sw_stack/hal/command_names.hpp"

#include <gtest/gtest.h>

// The SystemC library refers to it.
int sc_main(int, char**) { return 0; }

namespace acf::platform {
namespace {

using common::activity_kind;

constexpr std::array<std::uint32_t, 2> lanes{4, 4};
const std::uint16_t forward = hal::tagged(hal::tag::forward, 0), loss = hal::tag::loss;

// Two tiles, 1000 cycles: in `forward` 600 busy with 1800 products and 600 lane slots lost, 200 waiting; the rest of
// the time waits in `loss`.
struct accounts {
  reading begin, end;

  accounts() {
    begin.at = 5000;
    end.at = 6000;
    for (std::size_t t = 0; t < lanes.size(); ++t) {
      begin.phases.emplace_back();
      auto& p = end.phases.emplace_back();
      p[forward].lanes.slots = 2400;
      p[forward].lanes.executed = 1800;
      p[forward].lanes.idle[0] = 600;
      of(p[forward], activity_kind::busy) = 600;
      of(p[forward], activity_kind::mesh) = 200;
      of(p[loss], activity_kind::vector) = 200;
    }
  }
  static common::cycles& of(tile::phase_cycles& p, activity_kind k) { return p.matrix[static_cast<std::size_t>(k)]; }

  std::vector<waterfall> waterfalls() const { return make_waterfalls(lanes, begin, end, "training"); }
  std::vector<std::string> defects() const {
    run_result r;
    r.waterfalls = waterfalls();
    return find_defects(r);
  }
};

std::int64_t loss_of(const waterfall& w, const std::string& name) {
  for (const auto& [cause, cycles] : w.losses)
    if (cause == name) return cycles;
  return 0;
}

TEST(waterfall, of_sound_accounts_adds_up_and_leaves_nothing) {
  const accounts a;
  const auto list = a.waterfalls();
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].ideal, 450u);
  EXPECT_EQ(list[0].achieved, 1000u);
  EXPECT_EQ(loss_of(list[0], "lanes: edge"), 150);
  EXPECT_EQ(loss_of(list[0], "matrix engine waits: mesh"), 200);
  EXPECT_EQ(loss_of(list[0], "unattributed"), 0);
  EXPECT_TRUE(a.defects().empty());
}

TEST(waterfall, of_products_that_are_not_counted_is_a_defect) {
  accounts a;
  for (auto& p : a.end.phases) p[forward].lanes.executed = 1620;
  EXPECT_EQ(loss_of(a.waterfalls()[0], "unattributed"), 45);
  EXPECT_FALSE(a.defects().empty());
}

TEST(waterfall, of_cycles_that_nobody_owns_is_a_defect) {
  accounts a;
  accounts::of(a.end.phases[0][forward], activity_kind::mesh) = 160;
  EXPECT_EQ(loss_of(a.waterfalls()[0], "unattributed"), 20);
  EXPECT_FALSE(a.defects().empty());
}

TEST(waterfall, of_cycles_that_are_counted_twice_is_a_defect) {
  accounts a;
  accounts::of(a.end.phases[1][loss], activity_kind::vector) = 240;
  EXPECT_EQ(loss_of(a.waterfalls()[0], "unattributed"), -20);
  EXPECT_EQ(a.waterfalls()[0].achieved, 1000u);
  EXPECT_FALSE(a.defects().empty());
}

TEST(waterfall, of_a_product_that_is_cut_off_names_it) {
  accounts a;
  for (auto& p : a.end.phases) {
    accounts::of(p[forward], activity_kind::busy) += 50;
    accounts::of(p[loss], activity_kind::vector) -= 50;
  }
  EXPECT_EQ(loss_of(a.waterfalls()[0], "products without a result"), 50);
  EXPECT_TRUE(a.defects().empty());
  for (auto& p : a.end.phases) p[forward].lanes.slots += 400; // claims more slots than the engine was busy
  EXPECT_FALSE(a.defects().empty());
}

TEST(waterfall, may_learn_after_its_beginning_what_was_waited_for) {
  accounts a;
  const std::uint16_t update = hal::tag::update;
  for (auto& p : a.begin.phases) accounts::of(p[update], activity_kind::peer) = 50; // it looked like that,
  for (auto& p : a.end.phases) accounts::of(p[forward], activity_kind::mesh) += 50; // and was this
  const auto list = a.waterfalls();
  EXPECT_EQ(list[0].achieved, 1000u);
  EXPECT_EQ(loss_of(list[0], "matrix engine waits: mesh"), 250);
  EXPECT_EQ(loss_of(list[0], "matrix engine waits: peer"), -50);
  EXPECT_EQ(loss_of(list[0], "unattributed"), 0);
  EXPECT_TRUE(a.defects().empty());
}

TEST(waterfall, may_leave_a_percent) {
  accounts a;
  accounts::of(a.end.phases[0][loss], activity_kind::vector) = 184; // 8 of 1000 cycles; 8 of 200 of nobody's row
  const auto list = a.waterfalls();
  EXPECT_EQ(loss_of(list[0], "unattributed"), 8);
  run_result r;
  r.waterfalls = {list[0]};
  EXPECT_TRUE(find_defects(r).empty());
}

} // namespace
} // namespace acf::platform
