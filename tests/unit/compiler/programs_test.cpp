// Runs compiled programs on all tiles with the real datapath and proves their order; see fabric.hpp.
#include "sw_stack/compiler/compile.hpp"
#include "sw_stack/compiler/digits.hpp"
#include "tests/unit/compiler/fabric.hpp"

#include <gtest/gtest.h>

using namespace acf;
using namespace acf::compiler;
using test::fabric;

namespace {

const data_set& digits() {
  static const data_set set = generate_digits(160, 1100, 1); // two batches and a half
  return set;
}

training short_run(pattern weights, storage dtype) {
  training t;
  t.weights = weights;
  t.dtype = dtype;
  t.regrow_period = 2;
  t.epochs = 4; // 12 steps, of which tests run some
  t.seed = 3;
  return t;
}

chip mesh(std::uint32_t width, std::uint32_t height) {
  chip c;
  c.mesh_width = width;
  c.mesh_height = height;
  return c;
}

// setup, four steps with mask changes where the image says so, evaluation
std::string complaints(const fabric& f) {
  std::string all;
  for (const auto& c : f.complaints) all += c + "\n";
  return all;
}

void run_all(fabric& f, std::uint32_t steps) {
  f.run(hal::job::setup);
  for (std::uint32_t s = 1; s <= steps; ++s) {
    f.run(hal::job::step);
    for (std::uint32_t i = 0; i < f.header().regrow_count; ++i)
      if (f.word<std::uint32_t>(f.header().regrow_steps + i * 4) == s) f.run(hal::job::regrow);
  }
  f.run(hal::job::evaluate);
  f.finish();
}

struct shape {
  std::uint32_t width, height;
  pattern weights;
  storage dtype;
};

std::string name_of(const testing::TestParamInfo<shape>& i) {
  return std::string(i.param.weights == pattern::dense ? "dense" : "sparse") +
         (i.param.dtype == storage::bf16 ? "_bf16_" : "_fp32_") + std::to_string(i.param.width) + "x" +
         std::to_string(i.param.height);
}

class programs : public testing::TestWithParam<shape> {};

} // namespace

TEST_P(programs, are_ordered_whatever_the_timing) {
  const auto& p = GetParam();
  const auto built = compile(mesh(p.width, p.height), short_run(p.weights, p.dtype), digits());
  fabric f(built.image, {.queue_depth = 2});
  run_all(f, 4);
  EXPECT_EQ(complaints(f), "");
  const auto test = f.total(f.header().test_stats), train = f.total(f.header().train_stats);
  EXPECT_EQ(test.rows, digits().test.size());
  EXPECT_EQ(train.rows, 64u + 64 + 32 + 64);
  EXPECT_EQ(train.not_finite, 0u);
  EXPECT_EQ(f.word<std::uint32_t>(f.header().fence_word), f.fence_times.size());
  std::string times;
  for (const auto x : f.fence_times) times += " " + std::to_string(x);
  RecordProperty("fences", times);
  if (std::getenv("SHOW")) fprintf(stderr, "%s\n%s\n", times.c_str(), describe(built.plan).c_str());
}

INSTANTIATE_TEST_SUITE_P(
    meshes, programs,
    testing::Values(shape{1, 1, pattern::dense, storage::bf16}, shape{1, 1, pattern::dense, storage::fp32},
                    shape{1, 1, pattern::block4x4, storage::bf16}, shape{2, 3, pattern::dense, storage::bf16},
                    shape{2, 3, pattern::dense, storage::fp32}, shape{2, 3, pattern::block4x4, storage::bf16},
                    shape{3, 1, pattern::block4x4, storage::fp32}, shape{4, 4, pattern::dense, storage::bf16},
                    shape{4, 4, pattern::dense, storage::fp32}, shape{4, 4, pattern::block4x4, storage::bf16},
                    shape{4, 4, pattern::block4x4, storage::fp32}, shape{8, 8, pattern::dense, storage::bf16},
                    shape{8, 8, pattern::block4x4, storage::bf16}),
    name_of);
