#include "tests/reference/random.hpp"

#include <utility>

namespace acf::reference {
namespace {
std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }
} // namespace

words4 philox(words4 c, std::array<std::uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c[0], p1 = std::uint64_t{0xCD9E8D57} * c[2];
    c = {high(p1) ^ c[1] ^ k[0], low(p1), high(p0) ^ c[3] ^ k[1], low(p0)};
    k[0] += 0x9E3779B9;
    k[1] += 0xBB67AE85;
  }
  return c;
}

words4 random_numbers::block(std::uint64_t b) const {
  return philox({low(b), high(b), low(stream), high(stream)}, {low(seed), high(seed)});
}

std::uint32_t random_numbers::below(std::uint64_t i, std::uint32_t n) const {
  const std::uint64_t word = block(i / 4)[i % 4];
  return high(word * n);
}

float random_numbers::normal(std::uint64_t i) const {
  const words4 first = block(2 * i), second = block(2 * i + 1);
  std::int64_t sum = 0;
  for (const std::uint32_t w : {first[0], first[1], first[2], first[3], second[0], second[1]})
    sum += (w & 0xFFFF) + (w >> 16);
  return static_cast<float>(sum - 393210) / 65536.f;
}

std::vector<std::uint32_t> random_numbers::draw(std::uint32_t n, std::uint32_t m) const {
  std::vector<std::uint32_t> all(n);
  for (std::uint32_t i = 0; i < n; ++i) all[i] = i;
  for (std::uint32_t i = 0; i < m; ++i) std::swap(all[i], all[i + below(i, n - i)]);
  all.resize(m);
  return all;
}

} // namespace acf::reference
