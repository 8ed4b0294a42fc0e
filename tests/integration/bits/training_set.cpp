#include "tests/integration/bits/training_set.hpp"

#include <cstdlib>
#include <fstream>
#include <random>

namespace acf::reference {

samples make_samples(std::uint32_t n, std::uint32_t side, std::uint64_t seed) {
  std::mt19937_64 random(seed); // the same on every host
  const auto below = [&](std::uint32_t bound) { return static_cast<std::uint32_t>(random() % bound); };
  samples set;
  for (std::uint32_t s = 0; s < n; ++s) {
    const std::uint32_t label = below(10), size = side / 4 + label % 3 * side / 8;
    const std::uint32_t top = label / 5 * side / 3 + below(3), left = label % 5 * side / 8 + below(3);
    std::vector<std::uint8_t> image(std::size_t{side} * side);
    for (std::uint32_t y = 0; y < side; ++y)
      for (std::uint32_t x = 0; x < side; ++x) {
        const bool inside = y >= top && y < top + size && x >= left && x < left + size;
        const bool noise = below(5) < 2;
        if (inside || noise) image[y * side + x] = static_cast<std::uint8_t>((inside ? 128 : 1) + below(100));
      }
    set.images.push_back(image);
    set.labels.push_back(static_cast<std::uint8_t>(below(5) == 0 ? below(10) : label));
  }
  return set;
}

void write_idx(const std::filesystem::path& folder, const std::string& part, const samples& set, std::uint32_t side) {
  const auto word = [](std::ofstream& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out.put(static_cast<char>(value >> shift & 0xFF));
  };
  std::ofstream images(folder / (part + "-images-idx3-ubyte"), std::ios::binary);
  std::ofstream labels(folder / (part + "-labels-idx1-ubyte"), std::ios::binary);
  const auto n = static_cast<std::uint32_t>(set.labels.size());
  for (const std::uint32_t value : {0x803u, n, side, side}) word(images, value);
  for (const std::uint32_t value : {0x801u, n}) word(labels, value);
  for (const auto& image : set.images)
    images.write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.size()));
  labels.write(reinterpret_cast<const char*>(set.labels.data()), n);
}

} // namespace acf::reference
