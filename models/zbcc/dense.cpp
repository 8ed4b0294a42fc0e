// Dense array: rows x columns processing elements, each with its own share of the multipliers along k and one fp32
// accumulator (4 x 4 elements of 4 lanes by default, as the baseline Tensorcore; 1 x 64 x 1 is a vector machine).
// - Elements of a row share an operand of A, elements of a column one of B; all advance together.
// - One pass computes rows x columns outputs of C in ceil(K / depth) cycles, depth = lanes / (rows * columns).
// - Passes follow each other without a gap; results leave through the output registers meanwhile.
// - B as BSR 4x4: the memory engine delivers only those runs of `depth` elements along k in which some block row of
//   the pass's columns has a live block; the array itself never looks for zeros.
// - Sampled: a 4x4 output block takes ceil(4/rows) ceil(4/columns) passes; an array that is larger than a block works
//   on floor(rows/4) floor(columns/4) of them side by side (at least 1 per direction), in list order.
// - Systolic: operands enter at two edges and hop from element to element, so the last element starts
//   rows + columns - 2 cycles after the first one. Results leave through shadow registers, but the next pass enters
//   only when the array is empty: every pass takes rows + columns - 2 cycles more, the loss "fill".
// Every other slot that carries no element of the operands is "edge"; there is no other loss.
#include "models/zbcc/engines.hpp"
#include "models/zbcc/gather_order.hpp"

#include <algorithm>
#include <stdexcept>

namespace acf::zbcc {
namespace {

class dense_engine final : public engine {
public:
  dense_engine(const engine_config& c, std::uint32_t rows_, std::uint32_t columns_)
      : lane_count(c.lanes),
        rows(rows_),
        columns(columns_),
        depth(c.lanes / (rows * columns)),
        fill(c.dense.systolic ? rows + columns - 2 : 0) {}

  std::uint32_t lanes() const override { return lane_count; }
  grid elements() const override { return {rows, columns}; }

  chunk_cost cost(const chunk& work) const override {
    chunk_cost out;
    if (work.outputs)
      sampled(work, out);
    else if (work.live)
      blocked(work, out);
    else
      pass(work, ceil_div(work.k, depth), work.k, work.m, work.n, out);
    out.skipped = work.macs() - out.executed;
    out[stall::edge] = out.busy * lane_count - out.executed - out[stall::fill];
    return out;
  }

  void gather(const chunk& work, gatherer& to) const override {
    if (work.outputs) return gather_blocks(work, to, side::b, std::min(columns, 4u), std::min(rows, 4u));
    if (!work.live) return gather_tiles(work, to, side::b, columns, rows);
    for (std::size_t n = 0; n < work.n; n += columns) {
      const std::size_t width = std::min<std::size_t>(columns, work.n - n);
      const bit_matrix runs = live_runs(work, n, width);
      const std::vector<std::uint64_t>& of = runs.bits;
      for (std::size_t m = 0; m < work.m; m += rows)
        gather_together(to, {side::b, n, n + width, nullptr, &of},
                        {side::a, m, std::min<std::size_t>(m + rows, work.m), nullptr, &of}, 0, work.k);
    }
  }

private:
  // Columns of the runs in which a block of the outputs [n, n + width) is live: one row.
  bit_matrix live_runs(const chunk& work, std::size_t n, std::size_t width) const {
    bit_matrix out(1, work.k);
    for (std::size_t r = n / 4; r <= (n + width - 1) / 4; ++r)
      for (std::uint32_t e = work.live->first[r]; e < work.live->first[r + 1]; ++e) {
        const std::size_t from = std::size_t{work.live->entries[e].column} * 4, end = std::min(from + 4, work.k);
        const std::size_t last = std::min((end - 1) / depth * depth + depth, work.k);
        for (std::size_t k = from / depth * depth; k < last; ++k) out.set(0, k);
      }
    return out;
  }

  // All passes over m x n outputs that take `steps` cycles each and hold `k` elements along k.
  void pass(const chunk& work, std::uint64_t steps, std::uint64_t k, std::uint64_t m, std::uint64_t n,
            chunk_cost& out) const {
    if (steps == 0) return;
    passes(work, ceil_div(m, rows) * ceil_div(n, columns), steps, out);
    out.executed += m * n * k;
  }

  void passes(const chunk& work, std::uint64_t number, std::uint64_t steps, chunk_cost& out) const {
    out.busy += number * (steps + fill);
    out[stall::fill] += number * fill * lane_count;
    out.bytes_read += number * steps * depth * (rows * work.bytes_a + columns * work.bytes_b);
  }

  void blocked(const chunk& work, chunk_cost& out) const {
    const std::size_t runs = ceil_div(work.k, depth);
    std::vector<std::uint32_t> seen(runs, 0);
    std::uint32_t stamp = 0;
    for (std::size_t n = 0; n < work.n; n += columns) {
      const std::size_t width = std::min<std::size_t>(columns, work.n - n);
      ++stamp;
      std::uint64_t steps = 0, k = 0;
      for (std::size_t r = n / 4; r <= (n + width - 1) / 4; ++r)
        for (std::uint32_t e = work.live->first[r]; e < work.live->first[r + 1]; ++e) {
          const std::size_t from = std::size_t{work.live->entries[e].column} * 4;
          for (std::size_t run = from / depth; run * depth < std::min(from + 4, work.k); ++run)
            if (seen[run] != stamp) {
              seen[run] = stamp;
              ++steps;
              k += std::min<std::size_t>(depth, work.k - run * depth);
            }
        }
      pass(work, steps, k, work.m, width, out);
    }
  }

  void sampled(const chunk& work, chunk_cost& out) const {
    const std::uint64_t beside = std::max(1u, rows / 4) * std::max(1u, columns / 4);
    const std::uint64_t per_block = ceil_div(4, rows) * ceil_div(4, columns), steps = ceil_div(work.k, depth);
    if (steps == 0) return;
    passes(work, ceil_div(work.outputs->size(), beside) * per_block, steps, out);
    out.executed = work.macs();
  }

  std::uint32_t lane_count, rows, columns, depth;
  std::uint64_t fill; // cycles of every pass in which a systolic array fills and empties
};

} // namespace

std::unique_ptr<engine> make_dense(const engine_config& c) {
  const std::uint32_t rows = c.rows ? c.rows : 4, columns = c.columns ? c.columns : 4;
  require_shape(c, rows, columns);
  return std::make_unique<dense_engine>(c, rows, columns);
}

} // namespace acf::zbcc
