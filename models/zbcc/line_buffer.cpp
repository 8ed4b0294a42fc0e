#include "models/zbcc/line_buffer.hpp"

#include <algorithm>

namespace acf::zbcc {
namespace {

std::uint64_t line_bytes(const tensor& image) { return image.dim[2] * image.dim[3] * image.size(); }

} // namespace

kept_lines::kept_lines(const tensor& image, std::uint64_t buffer_bytes)
    : room_(line_bytes(image) == 0 ? 0 : buffer_bytes / line_bytes(image)) {}

bool kept_lines::visit(std::uint64_t line) {
  const auto known = std::find(kept_.begin(), kept_.end(), line);
  const bool fetched = known == kept_.end();
  if (!fetched) kept_.erase(known);
  kept_.push_back(line);
  if (kept_.size() > room_) kept_.erase(kept_.begin());
  return fetched;
}

window_bytes through_line_buffer(const tensor& image, const window& w, std::uint64_t buffer_bytes) {
  // Of a line: pixels that the taps of all positions across ask for, and different ones among them.
  std::vector<bool> met(image.dim[2]);
  std::uint64_t asked = 0, different = 0, at = 0;
  for (std::uint64_t q = 0; q < w.positions[1]; ++q)
    for (std::uint64_t s = 0; s < w.kernel[1]; ++s)
      if (w.inside(1, q, s, image.dim[2], at)) {
        ++asked;
        if (!met[at]) met[at] = true, ++different;
      }
  kept_lines lines(image, buffer_bytes);
  std::uint64_t visits = 0, fetches = 0;
  for (std::uint64_t p = 0; p < w.positions[0]; ++p)
    lines.meet(w, image.dim[1], p, [&](std::uint64_t, bool fetched) { ++visits, fetches += fetched; });
  const std::uint64_t samples = image.dim[0] * image.dim[3] * image.size();
  const std::uint64_t delivered = samples * visits * asked;
  return {delivered, lines.room() == 0 ? delivered : samples * fetches * different};
}

} // namespace acf::zbcc
