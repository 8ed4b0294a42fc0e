// TensorDash (Mahmoud et al., MICRO 2020; here its 4-lane Tensorcore edition): dense processing elements that pull
// effectual pairs forward in time and across lanes.
// - rows x columns elements of L = lanes / (rows * columns) multipliers, all products of an element go to one output.
//   Elements of a tile row share the targeted operand, elements of a column the other one: rows hold `rows` outputs
//   along the targeted operand, columns along the other. Passes go over all groups of both; the stream of a pass is
//   ceil(K / L) steps of L pairs.
// - `depth` steps are staged. Every row has a scheduler that sees which staged pairs are effectual and still pending
//   (tensordash_schedule.hpp); one selection drives all columns. A lane that finds nothing is not enabled.
// - Sliding lockstep: all rows advance by the number of leading steps without pending pairs of the slowest row, up to
//   `depth`, and as many steps are staged anew. What a row took from steps that stay is no longer pending.
// - A pass stages nothing of the next one (the accumulator changes): steps beyond its last one count as drained.
// - Two-sided: every element schedules for itself on pairs whose operands are both non-zero; all advance together,
//   because they share the staging buffers.
// - A targeted operand (almost) without zeros bypasses scheduler and staging: a step a cycle, as the dense twin.
// - Sampled: each listed 4x4 block is a product of its own. BSR blocks that are not live are staged as zeros: operands
//   are stored in dense 4x4 groups.
// Loss: lanes of elements without an output and the last step's missing pairs when dense "edge"; otherwise, by row,
// "imbalance" if it drained more steps than the tile advanced, "window" if it has nothing pending left, else "reach".
#include "models/zbcc/engines.hpp"
#include "models/zbcc/gather_order.hpp"
#include "models/zbcc/tensordash_schedule.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

namespace acf::zbcc {
namespace {

constexpr std::uint32_t own_rows = 4, own_columns = 4, own_depth = 4;
constexpr std::uint32_t table_bits = 16; // staging buffers up to this size are looked up

// What one pass costs: lane slots of one column of elements (two-sided: of all elements).
struct pass_cost {
  cycles busy = 0;
  std::uint64_t taken = 0, imbalance = 0, window = 0, reach = 0;
};

// Rows of bits that may be read 64 bits at a time from any step on.
struct padded_rows {
  std::size_t words = 0;
  std::vector<std::uint64_t> bits;

  explicit padded_rows(const bit_matrix& m) : words(m.words + 2), bits(m.rows * words) {
    for (std::size_t r = 0; r < m.rows; ++r)
      std::copy_n(m.row(r), m.words, bits.begin() + static_cast<std::ptrdiff_t>(r * words));
  }
  const std::uint64_t* row(std::size_t r) const { return bits.data() + r * words; }
};

// The 57 bits or more that start at bit `first`; zeros from `end` bits on.
std::uint64_t bits_from(const std::uint64_t* row, std::size_t first) {
  std::uint64_t x;
  std::memcpy(&x, reinterpret_cast<const char*>(row) + first / 8, sizeof x);
  return x >> first % 8;
}

class tensordash_engine final : public engine {
public:
  tensordash_engine(const engine_config& c, std::uint32_t rows_, std::uint32_t columns_, tensordash_schedule s)
      : rows(rows_),
        columns(columns_),
        width(s.lanes()),
        depth(s.depth()),
        lane_count(c.lanes),
        gate_percent(c.tensordash.gate_percent),
        two_sided(c.tensordash.two_sided),
        schedule(std::move(s)) {
    const std::uint32_t size = width * depth;
    if (size > table_bits) return;
    after.resize(std::size_t{1} << size);
    for (std::uint32_t staged = 0; staged < after.size(); ++staged) {
      staged_bits pending{};
      for (std::uint32_t s_ = 0; s_ < depth; ++s_) pending[s_] = staged >> s_ * width & ((1u << width) - 1);
      schedule.take(pending);
      for (std::uint32_t s_ = 0; s_ < depth; ++s_)
        after[staged] = static_cast<std::uint16_t>(after[staged] | pending[s_] << s_ * width);
    }
  }

  std::uint32_t lanes() const override { return lane_count; }
  grid elements() const override { return {rows, columns}; }

  chunk_cost cost(const chunk& work) const override {
    chunk_cost out;
    const bool both = two_sided && work.skip.a && work.skip.b;
    const oriented o = orient(work, both ? side::b : targeted(work).value_or(side::b));
    if (!work.skip.any() || (!both && bypasses(o))) {
      dense(o, work, out);
      out.mode = work.skip.any() ? "dense: no zeros to skip" : "dense";
    } else if (both) {
      sparse_both(work, out);
      out.mode = "both operands";
    } else {
      sparse(o, out);
      out.mode = targeted(work) == side::a ? "zeros of A" : "zeros of B";
    }
    out.skipped = work.macs() - out.executed;
    out[stall::edge] = out.busy * lane_count - out.executed - out.idle_slots();
    return out;
  }

  // All values are staged, with or without a partner.
  void gather(const chunk& work, gatherer& to) const override {
    const bool both = two_sided && work.skip.a && work.skip.b;
    const side sparse_side = both ? side::b : targeted(work).value_or(side::b);
    if (work.outputs)
      gather_blocks(work, to, sparse_side, std::min(rows, 4u), std::min(columns, 4u));
    else
      gather_tiles(work, to, sparse_side, rows, columns);
  }

private:
  bool bypasses(const oriented& o) const {
    const double elements = static_cast<double>(o.streams * o.k);
    return (elements - static_cast<double>(o.sparse.count())) * 100 <= gate_percent * elements;
  }

  std::uint64_t steps(std::size_t k) const { return ceil_div(k, width); }

  void reads(const oriented& o, std::uint64_t passes, chunk_cost& out) const {
    out.bytes_read += passes * steps(o.k) * width * (rows * o.bytes_sparse + columns * o.bytes_shared);
  }

  void dense(const oriented& o, const chunk& work, chunk_cost& out) const {
    const std::uint64_t passes = work.outputs ? work.outputs->size() * ceil_div(4, rows) * ceil_div(4, columns)
                                              : ceil_div(o.streams, rows) * ceil_div(o.shared, columns);
    out.busy = passes * steps(o.k);
    out.executed = work.macs();
    reads(o, passes, out);
  }

  // One-sided: a group of streams costs the same against every group of the shared operand.
  void sparse(const oriented& o, chunk_cost& out) const {
    const padded_rows streams(o.sparse);
    const bool sampled = !o.blocks_of.empty() || o.streams == 0;
    const std::size_t group = sampled ? 4 : std::max<std::size_t>(o.streams, 1);
    for (std::size_t first = 0; first < o.streams; first += group) {
      const std::uint64_t blocks = sampled ? o.blocks_of[first / 4] : 1, shared = sampled ? 4 : o.shared;
      if (blocks == 0 || shared == 0) continue;
      for (std::size_t r = first; r < std::min(first + group, o.streams); r += rows) {
        const std::size_t n = std::min<std::size_t>({rows, first + group - r, o.streams - r});
        const pass_cost p =
            pass(n, steps(o.k), [&](std::size_t i, std::size_t bit) { return bits_from(streams.row(r + i), bit); });
        const std::uint64_t passes = blocks * ceil_div(shared, columns);
        add(p, passes, blocks * shared, out);
        reads(o, passes, out);
      }
    }
    out.sparse_logic = out.busy;
  }

  void sparse_both(const chunk& work, chunk_cost& out) const {
    const oriented o = orient(work, side::b);
    const padded_rows a(work.a), b(work.b);
    const auto tile = [&](std::size_t m0, std::size_t m1, std::size_t n0, std::size_t n1) {
      for (std::size_t n = n0; n < n1; n += rows)
        for (std::size_t m = m0; m < m1; m += columns) {
          const std::size_t high = std::min<std::size_t>(rows, n1 - n), wide = std::min<std::size_t>(columns, m1 - m);
          add(pass(high * wide, steps(work.k),
                   [&](std::size_t i, std::size_t bit) {
                     return bits_from(b.row(n + i / wide), bit) & bits_from(a.row(m + i % wide), bit);
                   }),
              1, 1, out);
          reads(o, 1, out);
        }
    };
    if (work.outputs)
      for (const output_block& block : *work.outputs)
        tile(4 * std::size_t{block.row}, 4 * std::size_t{block.row} + 4, 4 * std::size_t{block.column},
             4 * std::size_t{block.column} + 4);
    else
      tile(0, work.m, 0, work.n);
    out.sparse_logic = out.busy;
  }

  static void add(const pass_cost& p, std::uint64_t passes, std::uint64_t outputs, chunk_cost& out) {
    out.busy += p.busy * passes;
    out.executed += p.taken * outputs;
    out[stall::imbalance] += p.imbalance * outputs;
    out[stall::window] += p.window * outputs;
    out[stall::reach] += p.reach * outputs;
  }

  // n schedulers in lockstep over `length` steps; fetch(i, bit) gives the stream of scheduler i from that bit on.
  template <typename F>
  pass_cost pass(std::size_t n, std::uint64_t length, F fetch) const {
    return after.empty() ? pass_by_levels(n, length, fetch) : pass_by_table(n, length, fetch);
  }

  template <typename F>
  pass_cost pass_by_table(std::size_t n, std::uint64_t length, F fetch) const {
    const std::uint32_t all = (1u << width * depth) - 1;
    pass_cost out;
    std::vector<std::uint32_t> staged(n);
    for (std::size_t i = 0; i < n; ++i) staged[i] = static_cast<std::uint32_t>(fetch(i, 0)) & all;
    std::vector<std::uint32_t> drained(n);
    for (std::uint64_t at = 0; at < length; ++out.busy) {
      const auto left = static_cast<std::uint32_t>(std::min<std::uint64_t>(depth, length - at));
      std::uint32_t advance = left;
      for (std::size_t i = 0; i < n; ++i) {
        const std::uint32_t before = staged[i], pending = after[before];
        out.taken += static_cast<std::uint64_t>(std::popcount(before) - std::popcount(pending));
        drained[i] = pending == 0
                         ? left
                         : std::min<std::uint32_t>(left, static_cast<std::uint32_t>(std::countr_zero(pending)) / width);
        advance = std::min(advance, drained[i]);
        staged[i] = before | pending << 16; // both, until the tile's advance is known
      }
      for (std::size_t i = 0; i < n; ++i) {
        const std::uint32_t before = staged[i] & 0xFFFF, pending = staged[i] >> 16;
        lost(out, drained[i] > advance, pending == 0,
             width - static_cast<std::uint32_t>(std::popcount(before) - std::popcount(pending)));
        const std::uint32_t kept = pending >> advance * width;
        const auto fresh = static_cast<std::uint32_t>(fetch(i, (at + depth) * width)) << (depth - advance) * width;
        staged[i] = (kept | fresh) & all;
      }
      at += advance;
    }
    return out;
  }

  template <typename F>
  pass_cost pass_by_levels(std::size_t n, std::uint64_t length, F fetch) const {
    const std::uint64_t lane_bits = (std::uint64_t{1} << width) - 1;
    pass_cost out;
    const auto step = [&](std::size_t i, std::uint64_t t) {
      return t < length ? static_cast<std::uint32_t>(fetch(i, t * width) & lane_bits) : 0;
    };
    struct row {
      staged_bits pending{};
      std::uint32_t drained = 0, idle = 0;
      bool empty = false;
    };
    std::vector<row> row_of(n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::uint32_t s = 0; s < depth; ++s) row_of[i].pending[s] = step(i, s);
    for (std::uint64_t at = 0; at < length; ++out.busy) {
      const auto left = static_cast<std::uint32_t>(std::min<std::uint64_t>(depth, length - at));
      std::uint32_t advance = left;
      for (row& r : row_of) {
        int taken = 0;
        for (std::uint32_t s = 0; s < depth; ++s) taken += std::popcount(r.pending[s]);
        schedule.take(r.pending);
        for (std::uint32_t s = 0; s < depth; ++s) taken -= std::popcount(r.pending[s]);
        out.taken += static_cast<std::uint64_t>(taken);
        r.idle = width - static_cast<std::uint32_t>(taken);
        r.drained = 0;
        while (r.drained < left && r.pending[r.drained] == 0) ++r.drained;
        r.empty = std::all_of(r.pending.begin(), r.pending.end(), [](std::uint32_t x) { return x == 0; });
        advance = std::min(advance, r.drained);
      }
      for (std::size_t i = 0; i < n; ++i) {
        row& r = row_of[i];
        lost(out, r.drained > advance, r.empty, r.idle);
        for (std::uint32_t s = 0; s < depth; ++s)
          r.pending[s] = s + advance < depth ? r.pending[s + advance] : step(i, at + advance + s);
      }
      at += advance;
    }
    return out;
  }

  static void lost(pass_cost& out, bool held, bool empty, std::uint32_t idle) {
    (held ? out.imbalance : empty ? out.window : out.reach) += idle;
  }

  std::uint32_t rows, columns, width, depth, lane_count;
  double gate_percent;
  bool two_sided;
  tensordash_schedule schedule;
  std::vector<std::uint16_t> after; // what is pending after a cycle, by what is staged; step 0 in the low bits
};

} // namespace

std::unique_ptr<engine> make_tensordash(const engine_config& c) {
  const std::uint32_t rows = c.rows ? c.rows : own_rows, columns = c.columns ? c.columns : own_columns;
  const std::uint32_t depth = c.depth ? c.depth : own_depth;
  require_shape(c, rows, columns);
  const std::uint32_t width = c.lanes / (rows * columns);
  if (width < 2 || width > widest_element)
    throw std::invalid_argument("engine 'tensordash': lanes / (rows x columns) (" + std::to_string(width) +
                                ") must be 2 to 32 multipliers per element");
  if (depth < 2 || depth > 5)
    throw std::invalid_argument("engine 'tensordash': depth (" + std::to_string(depth) +
                                ") must be 2 to 5 staged steps");
  const auto& own = c.tensordash.movements;
  return std::make_unique<tensordash_engine>(c, rows, columns,
                                             tensordash_schedule(width, depth,
                                                                 own.empty() ? published_movements(depth, width) : own,
                                                                 c.tensordash.lanes_descending));
}

} // namespace acf::zbcc
