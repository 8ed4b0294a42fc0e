// The line buffer between SRAM and matrix engine, which serves windows (views with taps) of convolutions: it keeps
// whole lines of an image, so taps that meet the same pixels again find them there. Least recently used lines go first.
//
//   SRAM --fetched, once per line and visit--> [ line | line | line ] --delivered, once per tap--> engine
//
// With a kernel of R x S and stride 1 a single line serves the S taps across it: delivered / fetched = S. R - 1 lines
// are the full buffer: the rows of a kernel meet the lines of the position above, and every pixel is fetched once: R S,
// but for the edges. 1 x 1 has nothing to reuse. What is no window passes by.
#pragma once

#include "models/zbcc/windows.hpp"

namespace acf::zbcc {

struct window_bytes {
  std::uint64_t delivered = 0, fetched = 0; // padding is neither
};

// One pass over all positions of all samples of `image` [samples, height, width, channels]; nothing is kept from sample
// to sample. A buffer of less than a line keeps nothing.
window_bytes through_line_buffer(const tensor& image, const window& w, std::uint64_t buffer_bytes);

// The lines that are there, while a pass goes on.
class kept_lines {
public:
  kept_lines(const tensor& image, std::uint64_t buffer_bytes);
  std::uint64_t room() const { return room_; } // lines
  // The row of positions `p` meets its lines from top to bottom. Calls f(line, whether it has to be fetched).
  template <typename F>
  void meet(const window& w, std::uint64_t height, std::uint64_t p, F f) {
    if (p == 0) kept_.clear();
    std::uint64_t line = 0;
    for (std::uint64_t r = 0; r < w.kernel[0]; ++r)
      if (w.inside(0, p, r, height, line)) f(line, visit(line));
  }

private:
  bool visit(std::uint64_t line);

  std::uint64_t room_;
  std::vector<std::uint64_t> kept_; // the last used one at the end
};

} // namespace acf::zbcc
