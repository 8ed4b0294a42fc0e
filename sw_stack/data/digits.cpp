#include "sw_stack/data/digits.hpp"

#include "sw_stack/data/generated_set.hpp"
#include "sw_stack/hal/numeric.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace acf::data {
namespace {

constexpr int side = 28;
constexpr std::uint64_t digits_stream = 0x6469'6769'7400'0000; // "digit"
constexpr std::uint32_t draws_per_sample = 1024;               // words of the stream kept for one sample

struct point {
  float x, y;
};
struct stroke {
  point from, to;
};

// Strokes in a box of 1 x 2, y downwards. Corners are cut, so that digits share most of their ink.
constexpr point a{0.15f, 0.f}, b{0.85f, 0.f}, c{1.f, 0.2f}, d{1.f, 0.8f}, e{0.8f, 1.f}, f{0.2f, 1.f}, g{0.f, 0.8f},
    h{0.f, 0.2f}, i{1.f, 1.2f}, j{1.f, 1.8f}, k{0.85f, 2.f}, l{0.15f, 2.f}, m{0.f, 1.8f}, n{0.f, 1.2f};

const std::vector<std::vector<stroke>>& glyphs() {
  static const std::vector<std::vector<stroke>> all{
      {{a, b}, {b, c}, {c, j}, {j, k}, {k, l}, {l, m}, {m, h}, {h, a}},                                    // 0
      {{{0.25f, 0.4f}, {0.6f, 0.f}}, {{0.6f, 0.f}, {0.6f, 2.f}}},                                          // 1
      {{h, a}, {a, b}, {b, c}, {c, d}, {d, m}, {m, {0.f, 2.f}}, {{0.f, 2.f}, {1.f, 2.f}}},                 // 2
      {{h, a}, {a, b}, {b, c}, {c, d}, {d, e}, {e, {0.35f, 1.f}}, {e, i}, {i, j}, {j, k}, {k, l}, {l, m}}, // 3
      {{{0.75f, 2.f}, {0.75f, 0.f}}, {{0.75f, 0.f}, {0.f, 1.3f}}, {{0.f, 1.3f}, {1.f, 1.3f}}},             // 4
      {{{1.f, 0.f}, {0.f, 0.f}},
       {{0.f, 0.f}, {0.f, 0.9f}},
       {{0.f, 0.9f}, e},
       {e, i},
       {i, j},
       {j, k},
       {k, l},
       {l, m}},                                                                                 // 5
      {{c, b}, {b, a}, {a, h}, {h, m}, {m, l}, {l, k}, {k, j}, {j, i}, {i, e}, {e, f}, {f, n}}, // 6
      {{{0.f, 0.f}, {1.f, 0.f}}, {{1.f, 0.f}, {0.35f, 2.f}}},                                   // 7
      {{a, b},
       {b, c},
       {c, d},
       {d, e},
       {e, f},
       {f, g},
       {g, h},
       {h, a},
       {e, i},
       {i, j},
       {j, k},
       {k, l},
       {l, m},
       {m, n},
       {n, f}},                                                                                 // 8
      {{e, f}, {f, g}, {g, h}, {h, a}, {a, b}, {b, c}, {c, j}, {j, k}, {k, l}, {l, m}, {d, e}}, // 9
  };
  return all;
}

class sample {
public:
  sample(const hal::numeric::random_stream& s, std::uint64_t index) : random(s), next(index * draws_per_sample) {}

  void draw(std::uint8_t digit, std::uint8_t* to) {
    const float scale_x = range(7.f, 12.f), scale_y = range(7.5f, 10.5f), slant = range(-0.3f, 0.35f);
    const float turn = range(-0.08f, 0.08f); // of half a turn
    const auto cosine = static_cast<float>(hal::numeric::cos_pi(turn));
    const auto sine = static_cast<float>(hal::numeric::cos_pi(0.5 - turn));
    const float centre_x = 14.f + range(-3.f, 3.f), centre_y = 14.f + range(-2.5f, 2.5f);
    const auto place = [&](point p) {
      p = {p.x + range(-0.09f, 0.09f), p.y + range(-0.09f, 0.09f)}; // an unsteady hand
      const float x = (p.x - 0.5f) * scale_x - slant * (p.y - 1.f) * scale_y * 0.6f, y = (p.y - 1.f) * scale_y;
      return point{centre_x + x * cosine - y * sine, centre_y + x * sine + y * cosine};
    };
    half_width = range(0.5f, 1.5f);
    softness = range(0.6f, 1.6f); // blur: how slowly ink ends
    for (const auto& s : glyphs()[digit]) {
      const point p = place(s.from), q = place(s.to);
      line(p, q, 1.f);
    }
    for (int stray = 0; stray < 2; ++stray) { // strokes that belong to no digit
      const point p{range(0.f, 28.f), range(0.f, 28.f)}, q{p.x + range(-6.f, 6.f), p.y + range(-6.f, 6.f)};
      line(p, q, range(0.2f, 0.8f));
    }
    const float contrast = range(0.5f, 1.f), noise = range(0.02f, 0.16f);
    for (std::size_t p = 0; p < ink.size(); ++p) {
      float v = ink[p] * contrast;
      if (v > 0.f || p % 3 == 0) v += noise * (unit() - 0.4f);
      to[p] = static_cast<std::uint8_t>(std::clamp(v, 0.f, 1.f) * 255.f);
    }
  }

private:
  float unit() {
    if (next % 4 == 0 || !filled) block = random.block(next / 4), filled = true;
    return static_cast<float>(block[next++ % 4] >> 8) * 0x1p-24f;
  }
  float range(float low, float high) { return low + (high - low) * unit(); }

  void line(point p, point q, float darkness) {
    const float reach = half_width + softness;
    const auto low = [&](float u, float v) { return std::max(0, static_cast<int>(std::min(u, v) - reach)); };
    const auto high = [&](float u, float v) {
      return std::min(side - 1, static_cast<int>(std::max(u, v) + reach) + 1);
    };
    const float dx = q.x - p.x, dy = q.y - p.y, length2 = dx * dx + dy * dy + 1e-6f;
    for (int y = low(p.y, q.y); y <= high(p.y, q.y); ++y)
      for (int x = low(p.x, q.x); x <= high(p.x, q.x); ++x) {
        const float px = static_cast<float>(x) - p.x, py = static_cast<float>(y) - p.y;
        const float t = std::clamp((px * dx + py * dy) / length2, 0.f, 1.f);
        const float ex = px - t * dx, ey = py - t * dy;
        const float away = std::sqrt(ex * ex + ey * ey) - half_width;
        auto& pixel = ink[static_cast<std::size_t>(y * side + x)];
        pixel = std::max(pixel, darkness * std::clamp(1.f - away / softness, 0.f, 1.f));
      }
  }

  const hal::numeric::random_stream& random;
  std::uint64_t next;
  hal::numeric::philox_counter block{};
  bool filled = false;
  float half_width = 1.f, softness = 1.f;
  std::array<float, side * side> ink{};
};

} // namespace

data_set generate_digits(std::uint32_t train, std::uint32_t test, std::uint64_t seed) {
  return generated_set<sample>(train, test, {1, side, side}, seed, digits_stream);
}

} // namespace acf::data
