// The loops of every instruction set that this host has, bit for bit, beside one product after the other.
#include "models/zbcc/vector_kernels.hpp"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

namespace acf::zbcc {
namespace {

class values {
public:
  explicit values(bool all_finite) : finite(all_finite) {}

  // Zeros of both signs, denormals and, where they are allowed, what is not finite.
  std::vector<float> operator()(std::size_t n) {
    std::vector<float> out(n);
    for (float& x : out) {
      const auto kind = draw() % 16;
      if (kind < 4)
        x = kind % 2 ? 0.0f : -0.0f;
      else if (kind == 4)
        x = std::numeric_limits<float>::denorm_min() * static_cast<float>(draw() % 1000);
      else if (kind == 5 && !finite)
        x = draw() % 2 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
      else
        x = static_cast<float>(static_cast<std::int32_t>(draw())) * 0x1p-30f;
    }
    return out;
  }
  std::size_t below(std::size_t n) { return draw() % n; }

private:
  bool finite;
  std::mt19937 draw{1};
};

void add(float& sum, float a, float b, bool finite) {
  if (finite || (a != 0 && b != 0)) sum += a * b;
}

void expect_same(const std::vector<float>& found, const std::vector<float>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (!std::isnan(expected[i]) || !std::isnan(found[i])) {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(found[i]), std::bit_cast<std::uint32_t>(expected[i])) << "at " << i;
    }
}

template <typename body>
void for_all_sets(body check) {
  for (const vector_kernel_set& set : vector_kernel_sets_of_host())
    for (const bool finite : {false, true}) {
      SCOPED_TRACE(std::string(set.name) + (finite ? ", finite" : ""));
      for (int i = 0; i < 300; ++i) check(set.kernels[finite], finite);
    }
}

TEST(vector_kernels, strips_add_products_in_order) {
  values draw[] = {values(false), values(true)};
  for_all_sets([&](const vector_kernels& kernels, bool finite) {
    values& v = draw[finite];
    const std::size_t rows = 1 + v.below(11), depth = v.below(40), width = 1 + v.below(2 * lanes),
                      pitch = width + v.below(5);
    const auto a = v(rows * depth), b = v(2 * depth * lanes);
    std::vector<float> c = v(rows * pitch), expected = c;
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t n = 0; n < width; ++n)
        for (std::size_t k = 0; k < depth; ++k)
          add(expected[r * pitch + n], a[r * depth + k], b[(n / lanes * depth + k) * lanes + n % lanes], finite);
    kernels.strip(a.data(), rows, depth, b.data(), width, c.data(), pitch);
    expect_same(c, expected);
  });
}

TEST(vector_kernels, blocks_add_outer_products_in_order) {
  values draw[] = {values(false), values(true)};
  for_all_sets([&](const vector_kernels& kernels, bool finite) {
    values& v = draw[finite];
    const std::size_t groups = 1 + v.below(batch), columns = 1 + v.below(9), n = v.below(12),
                      pitch = columns * 4 * lanes;
    std::vector<float> a;
    for (const float x : v(groups * pitch / 4)) a.insert(a.end(), 4, x);
    const auto b = v(16 * n + beyond);
    std::vector<block_entry> entries(n);
    for (auto& e : entries) e.column = static_cast<std::uint32_t>(v.below(columns));
    std::vector<float> sums = v(groups * lanes), expected = sums;
    for (std::size_t g = 0; g < groups; ++g)
      for (std::size_t e = 0; e < n; ++e)
        for (std::size_t k = 0; k < 4; ++k)
          for (std::size_t i = 0; i < lanes; ++i)
            add(expected[g * lanes + i], a[g * pitch + (entries[e].column * 4 + k) * lanes + i],
                b[16 * e + 4 * k + i % 4], finite);
    kernels.blocks(a.data(), groups, pitch, entries.data(), n, b.data(), sums.data());
    expect_same(sums, expected);
  });
}

TEST(vector_kernels, samples_add_outer_products_in_order) {
  values draw[] = {values(false), values(true)};
  for_all_sets([&](const vector_kernels& kernels, bool finite) {
    values& v = draw[finite];
    const std::size_t n = v.below(10), depth = v.below(30);
    std::vector<std::vector<float>> a, b;
    std::vector<sampled_pair> pairs;
    for (std::size_t i = 0; i < n; ++i) a.push_back(v(depth * lanes)), b.push_back(v(depth * 4 + beyond));
    for (std::size_t i = 0; i < n; ++i) pairs.push_back({a[i].data(), b[i].data()});
    std::vector<float> d = v(n * lanes), expected = d;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < depth; ++k)
        for (std::size_t j = 0; j < lanes; ++j)
          add(expected[i * lanes + j], a[i][k * lanes + j], b[i][k * 4 + j % 4], finite);
    kernels.sampled(pairs.data(), n, depth, d.data());
    expect_same(d, expected);
  });
}

} // namespace
} // namespace acf::zbcc
