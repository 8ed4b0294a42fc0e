// SAT's array: a rotation counter deals products to accumulators, elements see every slot of it as many cycles later as
// they are away from the corner.
#include "tests/reference/engines/clocked.hpp"

#include <algorithm>
#include <optional>

namespace acf::reference {
namespace {

struct ratio {
  std::size_t kept, group;
};

std::optional<ratio> exact_ratio(const product& p, std::size_t group) {
  std::optional<std::size_t> same;
  for (const auto& row : p.b) {
    for (std::size_t g = 0; (g + 1) * group <= p.k; ++g) {
      std::size_t ones = 0;
      for (std::size_t i = 0; i < group; ++i) ones += row[g * group + i];
      if (same && *same != ones) return std::nullopt;
      same = ones;
    }
  }
  if (!same || *same == 0 || *same == group) return std::nullopt;
  for (const auto& row : p.b) { // the rest of a row is a group that is filled up with zeros
    std::size_t ones = 0;
    for (std::size_t k = p.k / group * group; k < p.k; ++k) ones += row[k];
    if (ones > *same) return std::nullopt;
  }
  return ratio{*same, group};
}

// Sizes of the batches that `count` outputs are dealt into.
std::vector<std::size_t> batches(std::size_t count, std::size_t turn) {
  std::vector<std::size_t> out;
  while (count >= 2 * turn) out.push_back(turn), count -= turn;
  if (count > 0) out.push_back(count);
  return out;
}

class array {
public:
  array(const sat_machine& m, const product& p, ratio r) : machine(m), work(p), by(r) {}

  // A slot of the rotation: does it carry a product at element (row, column)?
  template <typename F>
  void stream(std::size_t batch, std::size_t weights, F real) {
    const std::size_t turn = std::max(batch, machine.latency);
    for (std::size_t w = 0; w < weights; ++w)
      for (std::size_t slot = 0; slot < turn; ++slot, ++t.cycles)
        for (std::size_t r = 0; r < machine.rows; ++r)
          for (std::size_t c = 0; c < machine.columns; ++c)
            if (slot >= batch)
              ++t.idle["latency"];
            else
              real(r, c, w, slot) ? ++t.executed : ++t.idle["edge"];
  }
  void fill_and_empty() {
    // Element (r, c) starts r + c cycles after the corner and ends as much later: all wait as long as the last one.
    const std::size_t last = machine.rows - 1 + machine.columns - 1;
    t.cycles += last;
    for (std::size_t r = 0; r < machine.rows; ++r)
      for (std::size_t c = 0; c < machine.columns; ++c) t.idle["fill"] += (r + c) + (last - r - c);
  }

  // Whether the w-th weight of a group stands for an element of the operand or for padding.
  bool real_weight(std::size_t group, std::size_t w) const {
    const std::size_t first = group * by.group;
    return first < work.k && w < std::min(by.group, work.k - first);
  }

  tally weight_stationary() {
    const std::size_t groups = (work.k + by.group - 1) / by.group;
    for (std::size_t g = 0; g < groups && work.m > 0; g += machine.rows)
      for (std::size_t n = 0; n < work.n; n += machine.columns) {
        for (const std::size_t batch : batches(work.m, machine.interleave))
          stream(batch, by.kept, [&](std::size_t r, std::size_t c, std::size_t w, std::size_t) {
            return g + r < groups && n + c < work.n && real_weight(g + r, w);
          });
        fill_and_empty();
      }
    return t;
  }

  struct outputs {
    std::size_t m0, high, n0, wide; // what of the array's rows and columns a tile uses
    std::size_t elements = 0;       // sampled: how many elements are used, wherever they are
  };
  tally output_stationary(const std::vector<outputs>& tiles) {
    std::size_t first = 0;
    const std::size_t groups = (work.k + by.group - 1) / by.group;
    if (groups == 0) return t;
    for (const std::size_t batch : batches(tiles.size(), machine.interleave)) {
      for (std::size_t g = 0; g < groups; ++g)
        stream(batch, by.kept, [&](std::size_t r, std::size_t c, std::size_t w, std::size_t slot) {
          const outputs& o = tiles[first + slot];
          const bool used = o.elements ? r * machine.columns + c < o.elements : r < o.high && c < o.wide;
          return used && real_weight(g, w);
        });
      for (std::size_t i = 0; i < batch; ++i) fill_and_empty();
      first += batch;
    }
    return t;
  }

  tally best() {
    if (work.sampled) return output_stationary(sampled_tiles());
    std::vector<outputs> tiles;
    for (std::size_t m = 0; m < work.m; m += machine.rows)
      for (std::size_t n = 0; n < work.n; n += machine.columns)
        tiles.push_back({m, std::min(machine.rows, work.m - m), n, std::min(machine.columns, work.n - n)});
    const tally ws = array(machine, work, by).weight_stationary();
    const tally os = array(machine, work, by).output_stationary(tiles);
    return os.cycles < ws.cycles ? os : ws;
  }

private:
  const sat_machine& machine;
  const product& work;
  ratio by;
  tally t;

  // Blocks side by side, in list order; a block that is larger than the array takes several tiles.
  std::vector<outputs> sampled_tiles() const {
    const std::size_t beside =
        std::max<std::size_t>(1, machine.rows / 4) * std::max<std::size_t>(1, machine.columns / 4);
    std::vector<outputs> tiles;
    for (std::size_t i = 0; i < work.blocks.size(); i += beside) {
      const std::size_t together = std::min(beside, work.blocks.size() - i);
      for (std::size_t r = 0; r < 4; r += machine.rows)
        for (std::size_t c = 0; c < 4; c += machine.columns)
          tiles.push_back(
              {0, 0, 0, 0,
               together * std::min<std::size_t>(machine.rows, 4 - r) * std::min<std::size_t>(machine.columns, 4 - c)});
    }
    return tiles;
  }
};

} // namespace

tally run(const sat_machine& machine, const product& p) {
  std::optional<ratio> found;
  std::uint64_t least = 0;
  std::size_t ones = 0;
  for (const auto& row : p.b) ones += static_cast<std::size_t>(std::count(row.begin(), row.end(), true));
  if (p.phase != 2 && !p.sampled) {
    if (ones == 0 && p.n * p.k > 0) found = ratio{1, 16};
    for (const std::size_t group : {2, 4, 8, 16})
      if (const auto r = exact_ratio(p, group)) {
        const std::uint64_t cycles = array(machine, p, *r).best().cycles;
        if (!found || cycles < least) found = r, least = cycles;
      }
  }
  ratio by = found.value_or(ratio{machine.dense_group, machine.dense_group});
  if (!p.skip_b) by.kept = by.group;
  tally t = array(machine, p, by).best();
  const std::size_t outputs = p.sampled ? p.blocks.size() * 16 : p.m * p.n;
  t.skipped = outputs * p.k - t.executed;
  return t;
}

} // namespace acf::reference
