// SparTANN: the backward half of convolution training, sparse serial and dense parallel (seed: SparTANN, section 3).
// - T = lanes multipliers compute alpha x + y: one element of the sparse operand (the gradient) times a vector of T
//   neighbouring outputs along the other operand, per cycle. The products go to one vector of outputs.
// - The sparse operand comes in compressed columns: (value, gap) pairs, gap = places since the last entry (the start of
//   the column counts as place -1), `gap_bits` wide. Larger gaps take fillers of value 0: floor(gap / 2^gap_bits) of
//   them, a cycle each. The end of a column is a count in the stream's header and takes no time (column_cycles).
// - Input gradients: a column is one stream of the gradient (a pixel), its entries lie along K (output channels); the
//   dense buffer holds `dense_vectors` vectors, one per k, so longer K is cut into parts of that many, and gaps start
//   anew in each. Weight gradients: a column is one k (a pixel), entries lie along the gradient's streams (output
//   channels); the dense buffer holds the outputs being summed, one vector per stream, so streams are cut likewise.
// - For every T outputs along the other operand the sparse operand is streamed once more.
// - Forward products, and those whose gradient may not be skipped, run on the dense twin: every element takes a cycle.
// - Sampled blocks: the listed blocks of four streams are gathered T / 4 at a time into vectors.
// Loss: "filler"; lanes beyond the other operand's size "edge".
#include "models/zbcc/engines.hpp"
#include "models/zbcc/gather_order.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <stdexcept>

namespace acf::zbcc {
namespace {

struct entry_count {
  std::uint64_t entries = 0, fillers = 0;
};

class spartann_engine final : public engine {
public:
  explicit spartann_engine(const engine_config& c) : width(c.lanes), options(c.spartann) {}

  std::uint32_t lanes() const override { return width; }

  chunk_cost cost(const chunk& work) const override {
    chunk_cost out;
    const side gradient = work.a_is_gradient ? side::a : side::b;
    const bool allowed = gradient == side::a ? work.skip.a : work.skip.b;
    const oriented o = orient(work, gradient);
    if (work.what == phase::forward || !allowed)
      dense(o, work, out);
    else if (work.outputs)
      sampled(o, out);
    else
      columns(o, work.what == phase::input_gradient, out);
    out.mode = work.what == phase::forward ? "dense: forward" : !allowed ? "dense" : "sparse gradient";
    out.skipped = work.macs() - out.executed;
    out[stall::edge] = out.busy * width - out.executed - out.idle_slots();
    return out;
  }

  // For every vector of outputs the dense buffer is filled and the sparse operand streamed past it, part by part.
  void gather(const chunk& work, gatherer& to) const override {
    const side sparse = work.a_is_gradient ? side::a : side::b, dense_side = sparse == side::a ? side::b : side::a;
    const oriented o = orient(work, sparse);
    const bool skips = work.what != phase::forward && (sparse == side::a ? work.skip.a : work.skip.b);
    const bit_matrix* entries = skips ? &o.sparse : nullptr;
    const gathered_rows none{sparse, 0, 0, nullptr, nullptr};
    if (work.outputs) return gather_sampled(work, sparse, entries, to);
    const bool along_k = work.what == phase::input_gradient;
    const std::size_t k_part = skips && along_k ? options.dense_vectors : std::max<std::size_t>(o.k, 1);
    const std::size_t streams = !skips          ? o.streams
                                : !along_k      ? options.dense_vectors
                                : k_part >= o.k ? o.streams
                                                : options.output_vectors;
    for (std::size_t v = 0; v < o.shared; v += width) {
      const gathered_rows vector{dense_side, v, std::min<std::size_t>(v + width, o.shared), nullptr, nullptr};
      for (std::size_t s = 0; s < o.streams; s += streams)
        for (std::size_t k = 0; k < o.k; k += k_part) {
          const std::size_t end = std::min(k + k_part, o.k), last = std::min(s + streams, o.streams);
          gather_together(to, vector, none, k, end);
          if (along_k || !skips) // a column of the format is a stream
            for (std::size_t r = s; r < last; ++r)
              gather_together(to, none, {sparse, r, r + 1, entries, nullptr}, k, end);
          else
            gather_together(to, none, {sparse, s, last, entries, nullptr}, k, end);
        }
    }
  }

private:
  // The blocks that meet four streams, gathered `width` outputs at a time. The twin reads the dense operand once.
  void gather_sampled(const chunk& work, side sparse, const bit_matrix* entries, gatherer& to) const {
    const side other = sparse == side::a ? side::b : side::a;
    std::map<std::uint32_t, std::vector<std::uint32_t>> blocks; // of the other operand, by block of streams
    for (const output_block& b : *work.outputs)
      blocks[sparse == side::a ? b.row : b.column].push_back(sparse == side::a ? b.column : b.row);
    const gathered_rows none{sparse, 0, 0, nullptr, nullptr};
    if (!entries)
      gather_together(to, {other, 0, other == side::a ? work.m : work.n, nullptr, nullptr}, none, 0, work.k);
    for (const auto& [four, met] : blocks)
      for (std::size_t at = 0; at < 4 * met.size(); at += width) {
        for (std::size_t i = at; entries && i < std::min<std::size_t>(at + width, 4 * met.size()); ++i) {
          const std::size_t row = 4 * std::size_t{met[i / 4]} + i % 4;
          gather_together(to, {other, row, row + 1, nullptr, nullptr}, none, 0, work.k);
        }
        const std::size_t first = 4 * std::size_t{four};
        gather_together(to, none, {sparse, first, first + 4, entries, nullptr}, 0, work.k);
      }
  }

  std::uint64_t vectors(const oriented& o) const { return ceil_div(o.shared, width); }

  void dense(const oriented& o, const chunk& work, chunk_cost& out) const {
    if (work.outputs)
      for (const std::uint64_t blocks : o.blocks_of) out.busy += ceil_div(4 * blocks, width) * 4 * o.k;
    else
      out.busy = vectors(o) * o.streams * o.k;
    out.executed = work.macs();
    out.bytes_read = out.busy * o.bytes_sparse + vectors(o) * o.k * width * o.bytes_shared;
  }

  void columns(const oriented& o, bool along_k, chunk_cost& out) const {
    const bit_matrix turned = along_k ? bit_matrix{} : transposed(o.sparse);
    const bit_matrix& m = along_k ? o.sparse : turned; // a row of bits is a column of the format
    const std::uint64_t parts = ceil_div(m.cols, options.dense_vectors), passes = vectors(o);
    entry_count n;
    for (std::size_t r = 0; r < m.rows; ++r)
      for (std::size_t from = 0; from < m.cols; from += options.dense_vectors)
        count(m.row(r), from, std::min<std::size_t>(from + options.dense_vectors, m.cols), n);
    const std::uint64_t headers = m.rows * parts, lost = n.fillers + headers * options.column_cycles;
    out.busy = passes * (n.entries + lost);
    out.executed = n.entries * o.shared;
    out[stall::filler] = passes * lost * width;
    out.sparse_logic = out.busy;
    const std::uint64_t stream =
        (n.entries + n.fillers) * (o.bytes_sparse + ceil_div(options.gap_bits, 8)) + 2 * headers;
    // Partial sums of `output_vectors` streams wait in the output buffer while the dense buffer takes the next part of
    // K, so with several parts it is loaded once per so many streams.
    const std::uint64_t loads = !along_k ? parts : parts > 1 ? ceil_div(o.streams, options.output_vectors) : 1;
    out.bytes_read = passes * (stream + loads * o.k * width * o.bytes_shared);
  }

  // Entries and fillers of the places [from, to) of one column.
  void count(const std::uint64_t* row, std::size_t from, std::size_t to, entry_count& n) const {
    std::size_t next = from; // the place where a gap of 0 would lead
    for (std::size_t w = from / 64; w * 64 < to; ++w) {
      std::uint64_t bits = row[w];
      if (w * 64 < from) bits &= ~std::uint64_t{0} << from % 64;
      if (to - w * 64 < 64) bits &= (std::uint64_t{1} << (to - w * 64)) - 1;
      if (bits == 0) continue;
      n.entries += static_cast<std::uint64_t>(std::popcount(bits));
      if (options.gap_bits < 6) { // a gap that needs a filler fits into a word
        for (; bits != 0; bits &= bits - 1) {
          const std::size_t place = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
          n.fillers += (place - next) >> options.gap_bits;
          next = place + 1;
        }
        continue;
      }
      n.fillers += (w * 64 + static_cast<std::size_t>(std::countr_zero(bits)) - next) >> options.gap_bits;
      next = w * 64 + 64 - static_cast<std::size_t>(std::countl_zero(bits));
    }
  }

  void sampled(const oriented& o, chunk_cost& out) const {
    for (std::size_t block = 0; block < o.blocks_of.size(); ++block) {
      if (o.blocks_of[block] == 0) continue;
      std::uint64_t entries = 0;
      for (std::size_t r = 4 * block; r < 4 * block + 4; ++r)
        for (std::size_t w = 0; w < o.sparse.words; ++w)
          entries += static_cast<std::uint64_t>(std::popcount(o.sparse.row(r)[w]));
      const std::uint64_t passes = ceil_div(4 * o.blocks_of[block], width);
      out.busy += passes * entries;
      out.executed += entries * 4 * o.blocks_of[block];
      out.bytes_read +=
          passes * (entries * (o.bytes_sparse + ceil_div(options.gap_bits, 8)) + o.k * width * o.bytes_shared);
    }
    out.sparse_logic = out.busy;
  }

  std::uint32_t width;
  spartann_options options;
};

} // namespace

std::unique_ptr<engine> make_spartann(const engine_config& c) {
  const auto refuse = [](const std::string& rule) { throw std::invalid_argument("engine 'spartann': " + rule); };
  if (c.lanes == 0) refuse("lanes must be at least 1");
  if (c.rows > 1 || (c.columns != 0 && c.columns != c.lanes))
    refuse("rows x columns (" + std::to_string(c.rows) + " x " + std::to_string(c.columns) +
           ") must be 1 x lanes: the array is one vector");
  const spartann_options& o = c.spartann;
  if (o.gap_bits == 0 || o.gap_bits > 16) refuse("gap bits (" + std::to_string(o.gap_bits) + ") must be 1 to 16");
  if (o.dense_vectors == 0 || o.output_vectors == 0) refuse("buffers must hold at least one vector");
  return std::make_unique<spartann_engine>(c);
}

} // namespace acf::zbcc
