// Zero-bypass compute core (seed_systems.md section 4): y = sum of w x over the pairs with both operands non-zero.
// - lanes / 16 groups of 16 multipliers. A task is one row m of A against 4 neighbouring columns of the output, or one
//   4x4 block of the output when sampled. Tasks are ordered by column group, then row (sampled: as listed); each goes
//   to the group that is free first, the lowest at ties.
// - A task's operands arrive in steps: 4 elements along k of A and 4x4 of B (sampled: one k, 4 elements of A and of
//   B). Blocks of B that are not live never arrive.
// - The front end looks at the zero masks of `depth` consecutive steps per cycle and packs the pairs it finds, over k,
//   into 16 multipliers per cycle. So a task takes max(ceil(pairs / 16), ceil(steps / depth)) cycles, 0 without steps.
// - A side whose zeros may not be skipped counts as non-zero. With neither side skipped the packer is off and a step
//   takes a cycle: the dense twin.
// Loss: a last pack that is not full is "edge", waiting for the front end "front_end", a group that has no task left
// "imbalance". Reads: values with a partner, and mask bits; the twin's groups share a broadcast B.
#include "models/zbcc/clones.hpp"
#include "models/zbcc/engines.hpp"
#include "models/zbcc/gather_order.hpp"

#include <algorithm>
#include <stdexcept>

namespace acf::zbcc {
namespace {

constexpr std::uint64_t pack = 16;
constexpr std::uint32_t own_depth = 16; // steps a cycle: 90 % of blocks and half of the activations zero keep up

// What the masks say about a task.
struct pair_count {
  std::uint64_t pairs = 0;    // both operands count as non-zero
  std::uint64_t a = 0, b = 0; // elements of the operands that have a partner
};

// Every one of `rows` rows of A, `pitch` words apart, against the same four rows of B.
ACF_POPCOUNT_CLONES void count_rows(const std::uint64_t* a, std::size_t pitch, std::size_t rows, const std::uint64_t* b,
                                    std::size_t words, pair_count* found) {
  for (std::size_t m = 0; m < rows; ++m, a += pitch) {
    std::uint64_t pairs = 0, elements = 0;
    for (std::size_t w = 0; w < words; ++w) {
      const std::uint64_t x = a[w], b0 = b[w], b1 = b[words + w], b2 = b[2 * words + w], b3 = b[3 * words + w];
      pairs += static_cast<std::uint64_t>(__builtin_popcountll(x & b0) + __builtin_popcountll(x & b1)) +
               static_cast<std::uint64_t>(__builtin_popcountll(x & b2) + __builtin_popcountll(x & b3));
      elements += static_cast<std::uint64_t>(__builtin_popcountll(x & (b0 | b1 | b2 | b3)));
    }
    found[m] = {pairs, elements, pairs};
  }
}

// Four rows of A against four rows of B.
ACF_POPCOUNT_CLONES pair_count count_block(const std::uint64_t* a, const std::uint64_t* b, std::size_t words) {
  std::uint64_t pairs = 0, elements_a = 0, elements_b = 0;
  for (std::size_t w = 0; w < words; ++w) {
    std::uint64_t any_a = 0, any_b = 0;
    for (std::size_t i = 0; i < 4; ++i) any_a |= a[i * words + w], any_b |= b[i * words + w];
    for (std::size_t i = 0; i < 4; ++i) {
      const std::uint64_t x = a[i * words + w];
      for (std::size_t j = 0; j < 4; ++j)
        pairs += static_cast<std::uint64_t>(__builtin_popcountll(x & b[j * words + w]));
      elements_a += static_cast<std::uint64_t>(__builtin_popcountll(x & any_b));
      elements_b += static_cast<std::uint64_t>(__builtin_popcountll(b[i * words + w] & any_a));
    }
  }
  return {pairs, elements_a, elements_b};
}

class zbcc_engine final : public engine {
public:
  explicit zbcc_engine(const engine_config& c) : lane_count(c.lanes), depth(c.depth ? c.depth : own_depth) {}

  std::uint32_t lanes() const override { return lane_count; }

  chunk_cost cost(const chunk& work) const override {
    schedule s{std::vector<cycles>(lane_count / pack), depth, work.skip.any()};
    if (work.outputs)
      sampled(work, s);
    else
      rows(work, s);
    chunk_cost out = std::move(s.out);
    out.busy = *std::max_element(s.free.begin(), s.free.end());
    for (const cycles finish : s.free) out[stall::imbalance] += (out.busy - finish) * pack;
    out.skipped = work.macs() - out.executed;
    if (s.packing) out.sparse_logic = out.busy;
    return out;
  }

  // Task by task, in their order: values with a partner. Groups of the twin share a broadcast B.
  void gather(const chunk& work, gatherer& to) const override {
    if (work.outputs)
      gather_sampled(work, to);
    else
      gather_rows(work, to);
  }

private:
  struct schedule {
    std::vector<cycles> free; // when each group has finished its tasks
    std::uint64_t depth;
    bool packing;
    chunk_cost out{};

    void task(std::uint64_t pairs, std::uint64_t steps) {
      const cycles packs = packing ? ceil_div(pairs, pack) : steps;
      const cycles time = std::max(packs, packing ? ceil_div(steps, depth) : 0);
      *std::min_element(free.begin(), free.end()) += time;
      out.executed += pairs;
      out[stall::edge] += packs * pack - pairs;
      out[stall::front_end] += (time - packs) * pack;
    }
  };

  void rows(const chunk& work, schedule& s) const {
    const bit_matrix live = work.live ? live_elements(work) : bit_matrix(1, work.k);
    std::vector<std::uint64_t> every(live.words);
    for (std::size_t k = 0; k < work.k; ++k) every[k / 64] |= std::uint64_t{1} << k % 64;
    std::vector<std::uint64_t> four(4 * live.words); // B's rows of a task; those beyond N stay zero
    std::vector<pair_count> found(work.m);
    for (std::size_t n = 0; n < work.n; n += 4) {
      const std::uint64_t* present = work.live ? live.row(n / 4) : every.data();
      const std::uint64_t steps =
          work.live ? work.live->first[n / 4 + 1] - work.live->first[n / 4] : ceil_div(work.k, 4);
      for (std::size_t j = 0; j < 4; ++j)
        for (std::size_t w = 0; w < live.words; ++w)
          four[j * live.words + w] = n + j >= work.n ? 0 : work.skip.b ? work.b.row(n + j)[w] : present[w];
      if (work.skip.a)
        count_rows(work.a.bits.data(), live.words, work.m, four.data(), live.words, found.data());
      else
        count_rows(present, 0, work.m, four.data(), live.words, found.data());
      for (const pair_count& f : found) {
        s.task(f.pairs, steps);
        if (s.packing) s.out.bytes_read += f.a * work.bytes_a + f.b * work.bytes_b + mask_bytes(steps * 20);
      }
      if (!s.packing)
        s.out.bytes_read += steps * (work.m * 4 * work.bytes_a + ceil_div(work.m, s.free.size()) * 16 * work.bytes_b);
    }
  }

  void sampled(const chunk& work, schedule& s) const {
    const std::size_t words = work.a.words;
    std::vector<std::uint64_t> every(4 * words);
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t k = 0; k < work.k; ++k) every[i * words + k / 64] |= std::uint64_t{1} << k % 64;
    for (const output_block& block : *work.outputs) {
      const pair_count found =
          count_block(work.skip.a ? work.a.row(4 * std::size_t{block.row}) : every.data(),
                      work.skip.b ? work.b.row(4 * std::size_t{block.column}) : every.data(), words);
      s.task(found.pairs, work.k);
      s.out.bytes_read += found.a * work.bytes_a + found.b * work.bytes_b;
      if (s.packing) s.out.bytes_read += mask_bytes(work.k * 8);
    }
  }

  void gather_rows(const chunk& work, gatherer& to) const {
    const bit_matrix live = work.live ? live_elements(work) : bit_matrix{};
    std::vector<std::uint64_t> present((work.k + 63) / 64);
    for (std::size_t n = 0; n < work.n; n += 4) {
      const std::size_t end = std::min(n + 4, work.n);
      for (std::size_t w = 0; w < present.size(); ++w)
        present[w] = work.live ? live.row(n / 4)[w] : columns_in(w, 0, work.k);
      if (!work.skip.any()) {
        const std::size_t groups = lane_count / pack;
        for (std::size_t m = 0; m < work.m; m += groups)
          gather_together(to, {side::a, m, std::min(m + groups, work.m), nullptr, &present},
                          {side::b, n, end, nullptr, &present}, 0, work.k);
        continue;
      }
      for (std::size_t m = 0; m < work.m; ++m)
        for (std::size_t w = 0; w < present.size(); ++w) {
          const std::uint64_t x = present[w] & (work.skip.a ? work.a.row(m)[w] : ~std::uint64_t{0});
          std::uint64_t any = 0;
          for (std::size_t j = n; j < end; ++j) any |= work.skip.b ? work.b.row(j)[w] : present[w];
          to.ask(side::a, m, w, x & any);
          for (std::size_t j = n; j < end; ++j)
            to.ask(side::b, j, w, x & (work.skip.b ? work.b.row(j)[w] : present[w]));
        }
    }
  }

  void gather_sampled(const chunk& work, gatherer& to) const {
    for (const output_block& block : *work.outputs)
      for (std::size_t w = 0; w < work.a.words; ++w) {
        const std::uint64_t all = columns_in(w, 0, work.k);
        const std::size_t m = 4 * std::size_t{block.row}, n = 4 * std::size_t{block.column};
        std::uint64_t any_a = 0, any_b = 0;
        for (std::size_t i = 0; i < 4; ++i) {
          any_a |= work.skip.a ? work.a.row(m + i)[w] : all;
          any_b |= work.skip.b ? work.b.row(n + i)[w] : all;
        }
        for (std::size_t i = 0; i < 4; ++i)
          to.ask(side::a, m + i, w, any_b & (work.skip.a ? work.a.row(m + i)[w] : all));
        for (std::size_t i = 0; i < 4; ++i)
          to.ask(side::b, n + i, w, any_a & (work.skip.b ? work.b.row(n + i)[w] : all));
      }
  }

  static std::uint64_t mask_bytes(std::uint64_t bits) { return ceil_div(bits, 8); }

  // Row r: the elements along k that block row r's live blocks cover.
  static bit_matrix live_elements(const chunk& work) {
    bit_matrix out(work.live->block_rows(), work.k);
    for (std::uint32_t r = 0; r < work.live->block_rows(); ++r)
      for (std::uint32_t e = work.live->first[r]; e < work.live->first[r + 1]; ++e)
        for (std::size_t k = 0; k < 4; ++k) out.set(r, std::size_t{work.live->entries[e].column} * 4 + k);
    return out;
  }

  std::uint32_t lane_count, depth;
};

} // namespace

std::unique_ptr<engine> make_zbcc(const engine_config& c) {
  if (c.lanes == 0 || c.lanes % pack != 0)
    throw std::invalid_argument("engine 'zbcc': lanes (" + std::to_string(c.lanes) + ") must be a multiple of 16");
  return std::make_unique<zbcc_engine>(c);
}

} // namespace acf::zbcc
