// Runs compiled programs on all tiles with the real datapath and proves their order; see fabric.hpp.
#include "sw_stack/compiler/compile.hpp"
#include "sw_stack/compiler/recipe.hpp"
#include "sw_stack/data/digits.hpp"
#include "tests/unit/compiler/program_run.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

using namespace acf;
using namespace acf::compiler;
using namespace acf::test;

namespace {

// Two batches and a half; the larger test set goes through the loop of the evaluate job more than once.
const data_set& digits() {
  static const data_set set = acf::data::generate_digits(160, 1100, 1);
  return set;
}
const data_set& few_digits() {
  static const data_set set = acf::data::generate_digits(160, 50, 1);
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
  EXPECT_EQ(train.first_not_finite, 0u);
  EXPECT_EQ(f.word<std::uint32_t>(f.header().fence_word), f.fence_times.size());
  std::string times;
  for (const auto x : f.fence_times) times += " " + std::to_string(x);
  RecordProperty("fences", times);
}

INSTANTIATE_TEST_SUITE_P(
    meshes, programs,
    testing::Values(shape{1, 1, pattern::dense, storage::bf16}, shape{1, 1, pattern::dense, storage::fp32},
                    shape{1, 1, pattern::block4x4, storage::bf16}, shape{2, 3, pattern::dense, storage::bf16},
                    shape{2, 3, pattern::dense, storage::fp32}, shape{2, 3, pattern::block4x4, storage::bf16},
                    shape{3, 1, pattern::block4x4, storage::fp32}, shape{4, 4, pattern::dense, storage::bf16},
                    shape{4, 4, pattern::dense, storage::fp32}, shape{4, 4, pattern::block4x4, storage::bf16},
                    shape{4, 4, pattern::block4x4, storage::fp32}, shape{8, 8, pattern::dense, storage::bf16},
                    shape{8, 8, pattern::block4x4, storage::bf16}, shape{10, 7, pattern::block4x4, storage::bf16}),
    name_of);

namespace {

std::vector<float> trained(const chip& c, const training& t, std::uint32_t steps, const data_set& data = few_digits()) {
  fabric f(compile(c, t, data).image, {.prove = false, .queue_depth = 8});
  run_all(f, steps);
  EXPECT_EQ(complaints(f), "");
  std::vector<float> all;
  for (std::size_t l = 0; l < f.header().layer_count; ++l) {
    const auto w = f.weights(l);
    all.insert(all.end(), w.begin(), w.end());
  }
  return all;
}

bool equal_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * 4) == 0;
}

class every_mesh : public testing::TestWithParam<shape> {};

} // namespace

TEST_P(every_mesh, trains_the_same_weights) {
  const training t = short_run(GetParam().weights, GetParam().dtype);
  const auto expected = trained(mesh(1, 1), t, 3);
  for (const auto& [width, height] : {std::pair{2u, 3u}, {4u, 4u}, {8u, 8u}, {3u, 1u}, {10u, 7u}})
    EXPECT_TRUE(equal_bits(trained(mesh(width, height), t, 3), expected)) << width << "x" << height;
}

INSTANTIATE_TEST_SUITE_P(kinds, every_mesh,
                         testing::Values(shape{0, 0, pattern::dense, storage::bf16},
                                         shape{0, 0, pattern::dense, storage::fp32},
                                         shape{0, 0, pattern::block4x4, storage::bf16},
                                         shape{0, 0, pattern::block4x4, storage::fp32}),
                         name_of);

TEST(other_networks, are_ordered_and_trained_the_same) {
  for (const auto weights : {pattern::dense, pattern::block4x4}) {
    training t = short_run(weights, storage::bf16);
    t.layers = {784, 62, 30, 10}; // widths that are not multiples of four
    t.batch = 20;
    std::vector<float> first;
    for (const auto& c : {mesh(1, 1), mesh(5, 5), mesh(3, 2)}) { // 25 tiles: five have no rows
      fabric f(compile(c, t, few_digits()).image, {.queue_depth = 16, .skew = 500});
      run_all(f, 5);
      EXPECT_EQ(complaints(f), "");
      std::vector<float> all;
      for (std::size_t l = 0; l < 3; ++l)
        for (const float w : f.weights(l)) all.push_back(w);
      if (first.empty()) first = all;
      EXPECT_TRUE(equal_bits(all, first)) << c.mesh_width;
    }
  }
}

TEST(programs, train_the_same_with_images_that_lie_packed) {
  training t = short_run(pattern::block4x4, storage::bf16);
  const std::size_t plain_bytes = compile(mesh(2, 2), t, few_digits()).image.size();
  const auto plain = trained(mesh(2, 2), t, 5);
  t.pack_images = true;
  const auto built = compile(mesh(2, 2), t, few_digits());
  EXPECT_GE(built.image.size(), plain_bytes); // sizes come on top: packing saves time, not room
  fabric f(built.image, {.queue_depth = 3, .skew = 200});
  run_all(f, 5);
  EXPECT_EQ(complaints(f), "");
  EXPECT_TRUE(equal_bits(trained(mesh(2, 2), t, 5), plain));
}

TEST(programs, keep_their_order_when_little_sram_forces_one_batch_ahead) {
  chip c = mesh(2, 2);
  c.sram_bytes = 660 * 1024;
  const auto built = compile(c, short_run(pattern::dense, storage::bf16), digits());
  EXPECT_EQ(built.plan.where.lookahead, 1u);
  fabric f(built.image);
  run_all(f, 4);
  EXPECT_EQ(complaints(f), "");
}

// The chips of tests/integration/bits.
TEST(programs, keep_their_order_when_masters_of_blocks_are_streamed) {
  struct little {
    chip c;
    std::uint32_t kib;
    storage dtype;
  };
  for (const auto& [c, kib, dtype] : {little{mesh(1, 1), 256, storage::bf16},
                                      {mesh(2, 1), 240, storage::bf16},
                                      {mesh(1, 1), 312, storage::fp32},
                                      {mesh(2, 1), 296, storage::fp32}}) {
    chip small = c;
    small.sram_bytes = kib * 1024;
    const training t = short_run(pattern::block4x4, dtype);
    const auto built = compile(small, t, few_digits());
    EXPECT_FALSE(built.plan.where.masters_resident[0]) << kib;
    EXPECT_TRUE(compile(c, t, few_digits()).plan.where.masters_resident[0]);
    fabric f(built.image, {.queue_depth = 3, .skew = 200});
    run_all(f, 5); // the mask changes after 2 and 4
    EXPECT_EQ(complaints(f), "");
    EXPECT_TRUE(equal_bits(trained(small, t, 5), trained(c, t, 5))) << kib;
  }
}

// A trainer of a few lines in double: the programs do what the recipe says.
TEST(programs, follow_the_recipe) {
  training t = short_run(pattern::dense, storage::fp32);
  const std::uint32_t steps = 4, inputs = 784, hidden = 128, classes = 10;
  const auto r = make_recipe(t, digits().train.size());
  std::vector<double> w[2], v[2];
  std::vector<double> bias[2]{std::vector<double>(hidden, 0), std::vector<double>(12, 0)}, bias_v[2]{bias[0], bias[1]};
  for (int l : {0, 1}) {
    w[l].assign(r.start[l].weights.begin(), r.start[l].weights.end());
    v[l].assign(w[l].size(), 0);
  }
  for (std::uint32_t step = 0; step < steps; ++step) {
    std::vector<double> g[2]{std::vector<double>(w[0].size(), 0), std::vector<double>(w[1].size(), 0)};
    std::vector<double> gb[2]{std::vector<double>(hidden, 0), std::vector<double>(12, 0)};
    for (std::uint32_t row = 0; row < t.batch; ++row) {
      const auto sample = r.order[step * t.batch + row];
      if (sample == digits().train.size()) continue;
      const auto* x = digits().train.images.data() + std::size_t{sample} * inputs;
      std::vector<double> h(hidden), z(classes);
      for (std::uint32_t j = 0; j < hidden; ++j) {
        h[j] = bias[0][j];
        for (std::uint32_t i = 0; i < inputs; ++i) h[j] += x[i] / 255.0 * w[0][j * inputs + i];
        h[j] = std::max(h[j], 0.0);
      }
      double sum = 0;
      for (std::uint32_t k = 0; k < classes; ++k) {
        z[k] = bias[1][k];
        for (std::uint32_t j = 0; j < hidden; ++j) z[k] += h[j] * w[1][k * hidden + j];
        sum += z[k] = std::exp(z[k]);
      }
      for (std::uint32_t k = 0; k < classes; ++k) {
        const double d = (z[k] / sum - (digits().train.labels[sample] == k)) * double{r.inverse_batch[step]};
        gb[1][k] += d;
        for (std::uint32_t j = 0; j < hidden; ++j) g[1][k * hidden + j] += d * h[j];
        z[k] = d;
      }
      for (std::uint32_t j = 0; j < hidden; ++j) {
        double d = 0;
        for (std::uint32_t k = 0; k < classes; ++k) d += z[k] * w[1][k * hidden + j];
        if (h[j] <= 0) continue;
        gb[0][j] += d;
        for (std::uint32_t i = 0; i < inputs; ++i) g[0][j * inputs + i] += d * x[i] / 255.0;
      }
    }
    const auto update = [&](std::vector<double>& weights, std::vector<double>& speed,
                            const std::vector<double>& slope) {
      for (std::size_t i = 0; i < weights.size(); ++i) {
        speed[i] = double{t.momentum} * speed[i] + slope[i];
        weights[i] -= double{r.rate[step]} * speed[i];
      }
    };
    for (int l : {0, 1}) update(w[l], v[l], g[l]), update(bias[l], bias_v[l], gb[l]);
  }
  std::vector<double> expected;
  for (int l : {0, 1}) {
    expected.insert(expected.end(), w[l].begin(), w[l].end());
    expected.insert(expected.end(), bias[l].begin(), bias[l].end());
  }
  const auto found = trained(mesh(2, 2), t, steps);
  ASSERT_EQ(found.size(), expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i) worst = std::max(worst, std::abs(found[i] - expected[i]));
  EXPECT_LT(worst, 1e-5);
}
