// SAT (BDWP, arXiv 2309.13015): a systolic array of value-serial elements for N:M sparse weights.
// - rows x columns elements with one multiplier-accumulator each. An element works on a group of M operand pairs in N
//   cycles, one kept weight after the other, its index selecting the activation; a dense group takes M cycles.
// - Weight-stationary: element (r, c) holds a group of output c's weights, so a pass covers rows groups along K of
//   columns outputs, and every row of A streams through it. Output-stationary: an element holds one output; a tile is
//   rows x columns outputs (rows of A down, outputs' columns across) over all K. Each product takes the cheaper
//   dataflow (weight-stationary at ties): the offline scheduler.
// - The accumulator needs `accumulate_cycles`; an element deals with `interleave` independent outputs in turn (rows of
//   A, or tiles). They are dealt into batches of that many, the last one takes the remainder; a batch of i takes as
//   long per weight as max(i, accumulate_cycles) products.
// - Every pass or tile fills and empties the array: rows + columns - 2 cycles.
// - N:M holds for the weights, B of forward and input-gradient products, in groups along K, the last one padded with
//   zeros. Found: the M of 2, 4, 8, 16 for which every full group has exactly the same number N < M of non-zeros, the
//   fewest cycles first, then the smallest M; a B of zeros only is 1:16. Given by configuration: every group has at
//   most N. Everything else runs dense: weight gradients, which have no weight operand and so no M of their own
//   (large groups would leave rows of the array empty, for they are few along a batch), and 4x4 blocks.
// Loss: "fill", waiting for the accumulator "latency", unused elements and padding of groups "edge".
#include "models/zbcc/clones.hpp"
#include "models/zbcc/engines.hpp"
#include "models/zbcc/gather_order.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

namespace acf::zbcc {
namespace {

struct pattern {
  std::uint32_t kept, group;
};

// The smallest and largest number of ones in the full groups of `group` bits, and the largest of all groups.
struct group_range {
  std::uint32_t least = ~0u, most = 0, most_with_tail = 0;
};

ACF_POPCOUNT_CLONES group_range count_groups(const bit_matrix& m, std::uint32_t group) {
  group_range out;
  const std::uint64_t all = (std::uint64_t{1} << group) - 1;
  const std::size_t full = m.cols / group;
  for (std::size_t r = 0; r < m.rows; ++r) {
    const std::uint64_t* row = m.row(r);
    for (std::size_t g = 0; g < full; ++g) { // groups do not straddle words: 64 is a multiple of each
      const auto n = static_cast<std::uint32_t>(__builtin_popcountll(row[g * group / 64] >> g * group % 64 & all));
      out.least = std::min(out.least, n), out.most = std::max(out.most, n);
    }
    out.most_with_tail = std::max(out.most_with_tail, out.most);
    if (full * group < m.cols)
      out.most_with_tail =
          std::max(out.most_with_tail,
                   static_cast<std::uint32_t>(__builtin_popcountll(row[full * group / 64] >> full * group % 64 & all)));
  }
  return out;
}

class sat_engine final : public engine {
public:
  sat_engine(const engine_config& c, std::uint32_t rows_, std::uint32_t columns_)
      : rows(rows_), columns(columns_), options(c.sat) {}

  std::uint32_t lanes() const override { return rows * columns; }
  grid elements() const override { return {rows, columns}; }

  chunk_cost cost(const chunk& work) const override {
    const bool weights = has_weights(work);
    const std::optional<pattern> found = weights ? find(work) : std::nullopt;
    const bool sparse = found && work.skip.b;
    const pattern p = used(work, found);
    chunk_cost out = cheapest(work, p);
    out.mode += sparse     ? ", " + std::to_string(p.kept) + ":" + std::to_string(p.group)
                : !weights ? ", dense: no weight operand"
                : !found   ? ", dense: the operand is not N:M"
                           : ", dense";
    out.executed = work.outputs ? work.macs() : work.m * work.n * kept_along_k(work.k, p);
    out.skipped = work.macs() - out.executed;
    out[stall::edge] = out.busy * lanes() - out.executed - out.idle_slots();
    if (sparse) out.sparse_logic = out.busy;
    return out;
  }

  // Compressed weights: those that are not zero. Weight-stationary: those of a pass, then all rows of A past them.
  void gather(const chunk& work, gatherer& to) const override {
    const std::optional<pattern> found = has_weights(work) ? find(work) : std::nullopt;
    const pattern p = used(work, found);
    const bit_matrix* kept = p.kept < p.group ? &work.b : nullptr;
    if (work.outputs) return gather_blocks(work, to, side::b, std::min(columns, 4u), std::min(rows, 4u), nullptr, kept);
    const bool stationary = cheapest(work, p).mode == "ws";
    const std::size_t part = stationary ? std::size_t{rows} * p.group : work.k, down = stationary ? 1 : rows;
    for (std::size_t n = 0; n < work.n; n += columns)
      for (std::size_t k = 0; k < work.k; k += part) {
        const std::size_t end = std::min(k + part, work.k);
        gathered_rows weights{side::b, n, std::min<std::size_t>(n + columns, work.n), kept, nullptr};
        for (std::size_t m = 0; m < work.m; m += down) {
          gather_together(to, weights, {side::a, m, std::min(m + down, work.m), nullptr, nullptr}, k, end);
          if (stationary) weights.end = weights.first; // they stay
        }
      }
  }

private:
  static bool has_weights(const chunk& work) { return work.what != phase::weight_gradient && !work.outputs; }

  pattern used(const chunk& work, const std::optional<pattern>& found) const {
    const std::uint32_t group = found                                ? found->group
                                : has_weights(work) && options.group ? options.group
                                                                     : options.dense_group;
    return {found && work.skip.b ? found->kept : group, group};
  }

  std::optional<pattern> find(const chunk& work) const {
    const std::uint64_t ones = work.b.count();
    if (options.kept) {
      const pattern p{options.kept, options.group};
      return count_groups(work.b, p.group).most_with_tail <= p.kept ? std::optional(p) : std::nullopt;
    }
    if (ones == 0) return work.n * work.k == 0 ? std::nullopt : std::optional(pattern{1, 16});
    std::optional<pattern> best;
    cycles least = 0;
    for (const std::uint32_t group : {2u, 4u, 8u, 16u}) {
      if (work.k < group) continue;
      const group_range r = count_groups(work.b, group);
      const pattern p{r.most, group};
      if (r.least != r.most || r.most == 0 || r.most == group || r.most_with_tail > r.most) continue;
      const cycles busy = cheapest(work, p).busy;
      if (!best || busy < least) best = p, least = busy;
    }
    return best;
  }

  static std::uint64_t kept_along_k(std::uint64_t k, pattern p) {
    return k / p.group * p.kept + std::min<std::uint64_t>(k % p.group, p.kept);
  }

  chunk_cost cheapest(const chunk& work, pattern p) const {
    if (work.outputs) {
      const std::uint64_t beside = std::max(1u, rows / 4) * std::max(1u, columns / 4);
      const std::uint64_t per_block = ceil_div(4, rows) * ceil_div(4, columns);
      return output_stationary(ceil_div(work.outputs->size(), beside) * per_block, work, p);
    }
    const std::uint64_t tiles = ceil_div(work.m, rows) * ceil_div(work.n, columns);
    if (options.flow == dataflow::weight_stationary) return weight_stationary(work, p);
    if (options.flow == dataflow::output_stationary) return output_stationary(tiles, work, p);
    const chunk_cost ws = weight_stationary(work, p), os = output_stationary(tiles, work, p);
    return os.busy < ws.busy ? os : ws;
  }

  // `count` things dealt into batches: products' time per weight, in cycles.
  cycles dealt(std::uint64_t count) const {
    if (count == 0) return 0;
    const std::uint64_t turn = options.interleave, latency = options.accumulate_cycles;
    const std::uint64_t whole = std::max<std::uint64_t>(1, count / turn) - 1; // batches before the last one
    return whole * std::max(turn, latency) + std::max(count - whole * turn, latency);
  }

  void spend(std::uint64_t passes, cycles products, cycles time, chunk_cost& out) const {
    const cycles fill = rows + columns - 2;
    out.busy = passes * fill + time;
    out[stall::fill] = passes * fill * lanes();
    out[stall::latency] = (time - products) * lanes();
  }

  // Bytes of a group of weights: values and, when compressed, their indices. What lies in SRAM with its zeros is read
  // with them, and compressed on the way.
  double weight_bytes(const chunk& work, pattern p) const {
    if (!work.b_in_groups) return p.group * work.bytes_b;
    const double index = p.kept < p.group ? std::bit_width(p.group - 1) / 8.0 : 0;
    return p.kept * (work.bytes_b + index);
  }

  chunk_cost weight_stationary(const chunk& work, pattern p) const {
    chunk_cost out;
    out.mode = "ws";
    const std::uint64_t groups = ceil_div(work.k, p.group), along_k = ceil_div(groups, rows);
    const std::uint64_t passes = work.m ? along_k * ceil_div(work.n, columns) : 0;
    spend(passes, passes * work.m * p.kept, passes * dealt(work.m) * p.kept, out);
    const std::uint64_t partial = along_k > 1 ? (along_k - 1) * work.m * work.n * 4 : 0;
    out.bytes_read = passes * (work.m * rows * p.group * work.bytes_a +
                               static_cast<std::uint64_t>(std::ceil(rows * columns * weight_bytes(work, p)))) +
                     partial;
    out.bytes_written = partial;
    return out;
  }

  chunk_cost output_stationary(std::uint64_t tiles, const chunk& work, pattern p) const {
    chunk_cost out;
    out.mode = "os";
    const std::uint64_t serial = ceil_div(work.k, p.group) * p.kept;
    if (serial == 0) tiles = 0;
    spend(tiles, tiles * serial, dealt(tiles) * serial, out);
    const std::uint64_t groups = ceil_div(work.k, p.group);
    out.bytes_read =
        tiles * groups *
        (rows * p.group * work.bytes_a + static_cast<std::uint64_t>(std::ceil(columns * weight_bytes(work, p))));
    return out;
  }

  std::uint32_t rows, columns;
  sat_options options;
};

// Rows of the array nearest to a square: 8 x 8 of 64 lanes, 32 x 32 of 1024.
std::uint32_t squarest(std::uint32_t lanes) {
  std::uint32_t rows = 0;
  for (std::uint32_t r = 1; r * r <= lanes; ++r)
    if (lanes % r == 0) rows = r;
  return rows;
}

bool is_group(std::uint32_t m) { return m == 2 || m == 4 || m == 8 || m == 16; }

} // namespace

std::unique_ptr<engine> make_sat(const engine_config& c) {
  std::uint32_t rows = c.rows, columns = c.columns;
  if (rows == 0 && columns == 0)
    rows = squarest(c.lanes), columns = rows ? c.lanes / rows : 0;
  else if (rows == 0)
    rows = c.lanes / columns;
  else if (columns == 0)
    columns = c.lanes / rows;
  if (std::uint64_t{rows} * columns != c.lanes || c.lanes == 0)
    throw std::invalid_argument("engine 'sat': rows x columns (" + std::to_string(rows) + " x " +
                                std::to_string(columns) + ") must be lanes (" + std::to_string(c.lanes) +
                                "): an element has one multiplier");
  const sat_options& o = c.sat;
  if ((o.kept != 0 || o.group != 0) && (!is_group(o.group) || o.kept == 0 || o.kept > o.group))
    throw std::invalid_argument("engine 'sat': N:M (" + std::to_string(o.kept) + ":" + std::to_string(o.group) +
                                ") must have M of 2, 4, 8 or 16 and N from 1 to M");
  if (!is_group(o.dense_group))
    throw std::invalid_argument("engine 'sat': the dense group (" + std::to_string(o.dense_group) +
                                ") must be 2, 4, 8 or 16");
  if (o.accumulate_cycles == 0 || o.interleave == 0)
    throw std::invalid_argument("engine 'sat': accumulator latency and interleave must be at least 1");
  return std::make_unique<sat_engine>(c, rows, columns);
}

} // namespace acf::zbcc
