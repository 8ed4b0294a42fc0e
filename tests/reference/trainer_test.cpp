// That the reference learns, and that a comparison with it can fail: every small change of the arithmetic or of the
// recipe moves bits.
#include "tests/reference/trainer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace acf::reference {
namespace {

// Images of stripes whose distance is the label, with some noise; half of the pixels are dark.
samples stripes(std::uint32_t n, std::uint32_t pixels, std::uint32_t classes) {
  samples set;
  std::uint32_t noise = 1;
  for (std::uint32_t s = 0; s < n; ++s) {
    const std::uint32_t label = s % classes;
    std::vector<std::uint8_t> image(pixels);
    for (std::uint32_t p = 0; p < pixels; ++p) {
      noise = noise * 1664525 + 1013904223;
      if (p % (label + 2) == 0) image[p] = static_cast<std::uint8_t>(150 + (noise >> 24) % 100);
    }
    set.images.push_back(image);
    set.labels.push_back(static_cast<std::uint8_t>(label));
  }
  return set;
}

settings small(bool bf16, bool sparse) {
  settings s;
  s.widths = {38, 18, 5}; // no multiples of four
  s.batch = 12;
  s.epochs = 6;
  s.bf16 = bf16;
  s.sparse = sparse;
  s.sparsity = 0.5;
  s.regrow_period = 7;
  s.seed = 3;
  return s;
}

const samples& set() {
  static const samples all = stripes(100, 38, 5);
  return all;
}

TEST(reference_trainer, learns_in_every_form) {
  for (const bool bf16 : {false, true})
    for (const bool sparse : {false, true}) {
      const auto t = train(small(bf16, sparse), set());
      EXPECT_NEAR(t.first_loss, 2.2, 0.8);
      EXPECT_LT(t.loss, 0.5 * t.first_loss) << bf16 << sparse;
      EXPECT_EQ(t.mask_changes, sparse ? 5u : 0u); // after 7, 14, ..., 35 of 54 steps
      EXPECT_EQ(t.blocks_moved > 0, sparse);
    }
}

TEST(reference_trainer, keeps_the_number_of_live_weights) {
  auto s = small(true, true);
  s.widths = {40, 16, 8};
  const auto t = train(s, stripes(100, 40, 8));
  float live = 0;
  for (const float m : t.layers[0].mask) live += m;
  EXPECT_EQ(live, 20 * 16); // half of 10 x 4 blocks
}

struct change {
  const char* name;
  bool bf16; // of the good one
  void (*apply)(settings&);
};
void PrintTo(const change& c, std::ostream* out) { *out << c.name; }

class a_changed_reference : public testing::TestWithParam<change> {};

TEST_P(a_changed_reference, differs_in_its_bits) {
  for (const bool sparse : {false, true}) {
    const settings good = small(GetParam().bf16, sparse);
    settings bad = good;
    GetParam().apply(bad);
    const auto expected = train(good, set()).layers;
    EXPECT_EQ(difference(expected, train(good, set()).layers), "");
    EXPECT_NE(difference(expected, train(bad, set()).layers), "");
  }
}

// Storage in bf16 hides most changes of the last bit in so small a network.
constexpr change changes[] = {
    {"bias_first", false, [](settings& s) { s.how.bias_first = true; }},
    {"descending_sums", false, [](settings& s) { s.how.descending = true; }},
    {"fused_products", false, [](settings& s) { s.how.fused_products = true; }},
    {"exp_coefficient", false, [](settings& s) { s.how.exp_quadratic = 0x1.000002p-1f; }},
    {"truncating_storage", true, [](settings& s) { s.how.truncating_storage = true; }},
    {"pixel_scale", true, [](settings& s) { s.how.pixel_scale = 0x1p-8f; }},
    {"storage_type", true, [](settings& s) { s.bf16 = false; }},
    {"momentum", true, [](settings& s) { s.momentum = 0.90000004; }},
    {"learning_rate", true, [](settings& s) { s.lr = 0.05000001; }},
    {"seed", true, [](settings& s) { s.seed = 4; }},
};

INSTANTIATE_TEST_SUITE_P(, a_changed_reference, testing::ValuesIn(changes),
                         [](const auto& p) { return std::string(p.param.name); });

// Where images are dark no gradient tells blocks apart.
TEST(reference_trainer, the_order_of_equal_scores_matters) {
  samples dark = set();
  for (auto& image : dark.images) std::fill(image.begin() + 4, image.end(), std::uint8_t{0});
  const settings good = small(true, true);
  settings bad = good;
  bad.how.ties_to_last = true;
  EXPECT_NE(difference(train(good, dark).layers, train(bad, dark).layers), "");
}

TEST(reference_trainer, a_difference_says_where) {
  auto a = train(small(true, true), set()).layers, b = a;
  b[1].bias[2] = 2.f;
  a[1].bias[2] = 1.f;
  EXPECT_EQ(difference(a, b), "layer2.bias: 1 of 5 differ, first [2][0]: 0x1p+0 (3F800000) and 0x1p+1 (40000000)\n");
}

} // namespace
} // namespace acf::reference
