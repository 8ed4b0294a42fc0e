// A vector machine that skips zeros of A. README shows it to people who add an engine; it is not part of the product.
// - `lanes` multipliers stand side by side along the columns of C. A cycle takes one element of A and multiplies it
// with
//   the elements of B that meet it, at most `lanes` of them; if there are more, it takes as many cycles as needed.
// - An element of A that is zero is passed over, in no time, if A's side may be skipped. B's zeros are multiplied.
// - B as BSR 4x4: only columns in live blocks meet an element of A.
// - Sampled: an element of A meets the 4 columns of its block.
// Lanes without a column are "edge"; there is no other loss.
#include "tests/integration/readme/vector_skip.hpp"

#include <stdexcept>

namespace acf::zbcc {
namespace {

class vector_skip final : public engine {
public:
  explicit vector_skip(const engine_config& c) : lane_count(c.lanes) {}

  std::uint32_t lanes() const override { return lane_count; }

  chunk_cost cost(const chunk& work) const override {
    chunk_cost out;
    if (work.outputs)
      for (const output_block& block : *work.outputs)
        for (std::size_t i = 0; i < 4; ++i)
          for (std::size_t k = 0; k < work.k; ++k) element(work, 4 * std::size_t{block.row} + i, k, 4, out);
    else {
      const auto columns = columns_that_meet(work);
      for (std::size_t m = 0; m < work.m; ++m)
        for (std::size_t k = 0; k < work.k; ++k) element(work, m, k, columns[k], out);
    }
    out.skipped = work.macs() - out.executed;
    out[stall::edge] = out.busy * lane_count - out.executed;
    return out;
  }

private:
  void element(const chunk& work, std::size_t m, std::size_t k, std::uint64_t columns, chunk_cost& out) const {
    if (columns == 0 || (work.skip.a && !work.a.test(m, k))) return;
    out.busy += (columns + lane_count - 1) / lane_count;
    out.executed += columns;
    out.bytes_read += work.bytes_a + columns * work.bytes_b;
  }

  // For every k: how many columns of C its elements contribute to.
  static std::vector<std::uint64_t> columns_that_meet(const chunk& work) {
    std::vector<std::uint64_t> columns(work.k, work.live ? 0 : work.n);
    if (work.live)
      for (const block_entry& live : work.live->entries)
        for (std::size_t k = 0; k < 4; ++k) columns[4 * std::size_t{live.column} + k] += 4;
    return columns;
  }

  std::uint32_t lane_count;
};

} // namespace

std::unique_ptr<engine> make_vector_skip(const engine_config& c) {
  if (c.lanes == 0) throw std::invalid_argument("engine 'vector_skip': lanes must be at least 1");
  return std::make_unique<vector_skip>(c);
}

} // namespace acf::zbcc
