#include "sw_stack/data/colours.hpp"

#include "sw_stack/data/generated_set.hpp"
#include "sw_stack/hal/numeric.hpp"

#include <algorithm>
#include <array>

namespace acf::data {
namespace {

constexpr std::uint32_t side = 32, channels = 3, pixels = side * side;
constexpr std::uint64_t colours_stream = 0x636f'6c6f'7572'0000; // "colour"
constexpr std::uint64_t draws_per_sample = 4096;                // words of the stream kept for one sample

enum pattern : std::uint32_t { across, down, aslant, chequer, disc, patterns };
using colour = std::array<float, channels>;

class sample {
public:
  sample(const hal::numeric::random_stream& s, std::uint64_t index) : random(s), next(index * draws_per_sample) {}

  void draw(std::uint32_t label, std::uint8_t* to) {
    choose(static_cast<pattern>(label % patterns));
    const colour ink = label / patterns ? colour{range(0.f, 0.35f), range(0.2f, 0.7f), range(0.55f, 1.f)}
                                        : colour{range(0.55f, 1.f), range(0.2f, 0.7f), range(0.f, 0.35f)};
    const float grey = range(0.1f, 0.6f), noise = range(0.05f, 0.3f);
    const colour patch{unit(), unit(), unit()};
    const float left = range(0.f, 28.f), top = range(0.f, 28.f), width = range(3.f, 10.f), height = range(3.f, 10.f);
    for (std::uint32_t p = 0; p < pixels; ++p) {
      const auto x = static_cast<float>(p % side), y = static_cast<float>(p / side);
      const bool hidden = x >= left && x < left + width && y >= top && y < top + height, on = inside(x, y);
      for (std::uint32_t c = 0; c < channels; ++c) {
        const float v = (hidden ? patch[c] : on ? ink[c] : grey) + noise * (unit() - 0.5f);
        to[p * channels + c] = static_cast<std::uint8_t>(std::clamp(v, 0.f, 1.f) * 255.f);
      }
    }
  }

private:
  float unit() {
    if (next % 4 == 0 || !filled) block = random.block(next / 4), filled = true;
    return static_cast<float>(block[next++ % 4] >> 8) * 0x1p-24f;
  }
  float range(float low, float high) { return low + (high - low) * unit(); }

  void choose(pattern which) {
    shape = which;
    period = range(5.f, 11.f);
    shift = range(0.f, period), other_shift = range(0.f, period);
    lean = range(-0.2f, 0.2f);
    if (which == aslant) lean = unit() < 0.5f ? range(0.8f, 1.2f) : range(-1.2f, -0.8f);
    radius = range(5.f, 11.f);
    centre_x = range(8.f, 24.f), centre_y = range(8.f, 24.f);
  }

  // Whether a stripe covers `at`, across its direction.
  bool striped(float at, float from) const {
    const float turns = (at + from) / period + 64.f; // more than nothing, so that cutting off rounds down
    return turns - static_cast<float>(static_cast<int>(turns)) < 0.5f;
  }

  bool inside(float x, float y) const {
    switch (shape) {
    case across:
    case aslant: return striped(y + lean * x, shift);
    case down: return striped(x + lean * y, shift);
    case chequer: return striped(y + lean * x, shift) != striped(x - lean * y, other_shift);
    case disc:
    case patterns: break;
    }
    const float dx = x - centre_x, dy = y - centre_y;
    return dx * dx + dy * dy < radius * radius;
  }

  const hal::numeric::random_stream& random;
  std::uint64_t next;
  hal::numeric::philox_counter block{};
  bool filled = false;
  pattern shape = across;
  float period = 1, shift = 0, other_shift = 0, lean = 0, radius = 1, centre_x = 0, centre_y = 0;
};

} // namespace

data_set generate_colours(std::uint32_t train, std::uint32_t test, std::uint64_t seed) {
  return generated_set<sample>(train, test, {channels, side, side}, seed, colours_stream);
}

} // namespace acf::data
