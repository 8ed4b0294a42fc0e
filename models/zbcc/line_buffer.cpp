#include "models/zbcc/line_buffer.hpp"

#include <algorithm>

namespace acf::zbcc {

window_bytes through_line_buffer(const tensor& image, const window& w, std::uint64_t buffer_bytes) {
  const std::uint64_t pixel = image.dim[3] * image.size(), line = image.dim[2] * pixel;
  const std::uint64_t room = line == 0 ? 0 : buffer_bytes / line; // lines
  // Of a line: pixels that the taps of all positions across ask for, and different ones among them.
  std::vector<bool> met(image.dim[2]);
  std::uint64_t asked = 0, different = 0, at = 0;
  for (std::uint64_t q = 0; q < w.positions[1]; ++q)
    for (std::uint64_t s = 0; s < w.kernel[1]; ++s)
      if (w.inside(1, q, s, image.dim[2], at)) {
        ++asked;
        if (!met[at]) met[at] = true, ++different;
      }
  std::vector<std::uint64_t> kept; // lines, the last used one at the end
  std::uint64_t visits = 0, fetches = 0;
  for (std::uint64_t p = 0; p < w.positions[0]; ++p)
    for (std::uint64_t r = 0; r < w.kernel[0]; ++r) {
      if (!w.inside(0, p, r, image.dim[1], at)) continue;
      ++visits;
      const auto known = std::find(kept.begin(), kept.end(), at);
      if (known != kept.end())
        kept.erase(known);
      else
        ++fetches;
      kept.push_back(at);
      if (kept.size() > room) kept.erase(kept.begin());
    }
  const std::uint64_t samples = image.dim[0] * pixel;
  const std::uint64_t delivered = samples * visits * asked;
  return {delivered, room == 0 ? delivered : samples * fetches * different};
}

} // namespace acf::zbcc
