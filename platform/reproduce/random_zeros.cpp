#include "platform/reproduce/measured.hpp"
#include "sw_stack/hal/numeric.hpp"

#include <algorithm>

namespace acf::platform {

zbcc::bit_matrix random_zeros(std::size_t rows, std::size_t cols, double zeros, std::uint64_t stream, double spread,
                              std::size_t stretch) {
  zbcc::bit_matrix m(rows, cols);
  constexpr std::uint64_t seed = 1;
  const hal::numeric::random_stream places{seed, 2 * stream}, shares{seed, 2 * stream + 1};
  hal::numeric::philox_counter words{};
  std::uint64_t drawn = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    double share = zeros;
    for (std::size_t k = 0; k < cols; ++k, ++drawn) {
      if (spread > 0 && k % stretch == 0)
        share = std::clamp(zeros + spread * static_cast<double>(shares.normal(r * (cols / stretch + 1) + k / stretch)),
                           0.0, 1.0);
      if (drawn % 4 == 0) words = places.block(drawn / 4);
      if (static_cast<double>(words[drawn % 4]) >= share * 4294967296.0) m.set(r, k);
    }
  }
  return m;
}

zbcc::bit_matrix no_zeros(std::size_t rows, std::size_t cols) { return random_zeros(rows, cols, 0, 0); }

void leave_to_recipes(std::initializer_list<const char*> ids, measurements& out) {
  for (const char* id : ids) out[id] = {{}, how::real, "", needs_training};
}

} // namespace acf::platform
