// README's recipe for an engine: one that is written against models/zbcc/engine.hpp alone is held to what holds for
// every engine, together with those of the product.
#include "tests/integration/readme/vector_skip.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <functional>
#include <ostream>
#include <random>
#include <stdexcept>
#include <string>

namespace {

using namespace acf::zbcc;

enum class form { plain, blocked, sampled };

bit_matrix random_bits(std::mt19937& g, std::size_t rows, std::size_t columns) {
  const unsigned percent = g() % 101;
  bit_matrix bits(rows, columns);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c)
      if (g() % 100 < percent) bits.set(r, c);
  return bits;
}

// B as BSR 4x4: some blocks live; the others' bits go.
void keep_some_blocks(std::mt19937& g, chunk& work) {
  sparse_rows live{{0}, {}};
  bit_matrix kept(work.n, work.k);
  for (std::uint32_t r = 0; r < work.n / 4; ++r) {
    for (std::uint32_t c = 0; c < work.k / 4; ++c) {
      if (g() % 3) continue;
      live.entries.push_back({c, static_cast<std::uint32_t>(live.entries.size())});
      for (std::size_t i = 0; i < 16; ++i)
        if (work.b.test(4 * r + i / 4, 4 * c + i % 4)) kept.set(4 * r + i / 4, 4 * c + i % 4);
    }
    live.first.push_back(static_cast<std::uint32_t>(live.entries.size()));
  }
  work.b = kept;
  work.live = live;
}

chunk any_chunk() {
  std::mt19937 g(*rc::gen::arbitrary<std::uint32_t>());
  const auto what = static_cast<form>(g() % 3);
  const std::size_t step = what == form::plain ? 1 : 4;
  chunk work;
  work.m = step * (1 + g() % (24 / step)), work.n = step * (1 + g() % (24 / step)),
  work.k = step * (1 + g() % (90 / step));
  work.a = random_bits(g, work.m, work.k), work.b = random_bits(g, work.n, work.k);
  work.skip = {g() % 2 == 0, g() % 2 == 0};
  work.what = static_cast<phase>(g() % 3), work.a_is_gradient = g() % 2 == 0;
  if (what == form::blocked) keep_some_blocks(g, work);
  if (what == form::sampled) {
    work.outputs.emplace();
    for (std::uint32_t r = 0; r < work.m / 4; ++r)
      for (std::uint32_t c = 0; c < work.n / 4; ++c)
        if (g() % 2) work.outputs->push_back({r, c});
  }
  return work;
}

struct maker {
  std::string name;
  std::function<std::unique_ptr<engine>()> make;
};

void PrintTo(const maker& m, std::ostream* out) { *out << m.name; }

std::vector<maker> all_engines() {
  std::vector<maker> list;
  for (const auto name : engine_names())
    list.push_back({std::string(name), [name] {
                      engine_config config;
                      config.name = name;
                      return make_engine(config);
                    }});
  list.push_back({"vector_skip", [] { return make_vector_skip({}); }});
  return list;
}

struct readme_engine : testing::TestWithParam<maker> {
  const std::unique_ptr<engine> machine = GetParam().make();
};

TEST_P(readme_engine, accounts_for_every_product_and_every_lane_slot) {
  EXPECT_TRUE(rc::check([this] {
    const chunk work = any_chunk();
    const chunk_cost c = machine->cost(work);
    RC_ASSERT(c.executed + c.skipped == work.macs());
    RC_ASSERT(c.executed + c.idle_slots() == c.busy * machine->lanes());
  }));
}

TEST_P(readme_engine, still_accounts_for_all_when_sram_is_slow) {
  EXPECT_TRUE(rc::check([this] {
    chunk_cost c = machine->cost(any_chunk());
    limit_by_sram(c, machine->lanes(), 16);
    RC_ASSERT(c.executed + c.idle_slots() == c.busy * machine->lanes());
    RC_ASSERT(c.busy * 16 >= c.bytes_read);
  }));
}

TEST_P(readme_engine, never_takes_longer_than_its_dense_twin) {
  EXPECT_TRUE(rc::check([this] {
    chunk work = any_chunk();
    const auto with = [&](sides s) {
      work.skip = s;
      return machine->cost(work);
    };
    const chunk_cost twin = with({});
    for (const sides s : {sides{true, false}, sides{false, true}, sides{true, true}}) {
      const chunk_cost c = with(s);
      RC_ASSERT(c.busy <= twin.busy && c.executed <= twin.executed);
    }
  }));
}

TEST_P(readme_engine, is_a_function_of_the_masks) {
  EXPECT_TRUE(rc::check([this] {
    const chunk work = any_chunk();
    const chunk_cost first = machine->cost(work), again = GetParam().make()->cost(work);
    RC_ASSERT(first.busy == again.busy && first.executed == again.executed && first.idle == again.idle);
  }));
}

INSTANTIATE_TEST_SUITE_P(all, readme_engine, testing::ValuesIn(all_engines()),
                         [](const auto& test) { return test.param.name; });

// Two rows of A against 3 columns on 2 lanes: every element of A takes 2 cycles, the second with one lane idle.
TEST(readme_vector_skip, passes_over_zeros_of_a_in_no_time) {
  engine_config config;
  config.lanes = 2;
  chunk work;
  work.m = 2, work.n = 3, work.k = 2;
  work.a = bit_matrix(2, 2), work.b = bit_matrix(3, 2);
  work.a.set(0, 1);
  work.skip.a = true;
  const chunk_cost sparse = make_vector_skip(config)->cost(work);
  EXPECT_EQ(sparse.busy, 2U);
  EXPECT_EQ(sparse.executed, 3U);
  EXPECT_EQ(sparse[stall::edge], 1U);
  work.skip.a = false;
  EXPECT_EQ(make_vector_skip(config)->cost(work).busy, 8U);
}

TEST(readme_vector_skip, refuses_a_configuration_it_cannot_build) {
  engine_config config;
  config.lanes = 0;
  EXPECT_THROW(make_vector_skip(config), std::invalid_argument);
}

} // namespace
