// A Tensorcore with TensorDash's staging buffers, schedulers and muxes. Every product that a lane makes is marked, so
// one that is made twice or never is found out.
#include "tests/reference/engines/clocked.hpp"

#include <algorithm>
#include <stdexcept>

namespace acf::reference {
namespace {

struct option {
  std::size_t step;
  int lane;
};
using levels = std::vector<std::vector<std::size_t>>;

// As the paper's figures and the fact sheet list them.
std::vector<option> options_of(std::size_t depth, std::size_t lanes) {
  if (depth == 2) return {{0, 0}, {1, 0}, {1, 1}, {1, -1}};
  if (depth == 3 && lanes == 16) return {{0, 0}, {1, 0}, {2, 0}, {1, -1}, {1, 1}, {2, -2}, {2, 2}, {1, -3}};
  if (depth == 3) return {{0, 0}, {1, 0}, {1, 1}, {2, -1}};
  if (depth == 4) return {{0, 0}, {1, 0}, {2, 0}, {3, 0}, {1, 1}, {1, -1}, {2, 2}, {3, 3}};
  return {{0, 0}, {1, 0}, {2, 0}, {1, 1}, {1, -1}, {2, 2}, {3, 3}, {4, 1}};
}

levels levels_of(std::size_t depth, std::size_t lanes) {
  if (lanes == 4) return depth == 3 ? levels{{0, 2}, {1, 3}} : levels{{0}, {1}, {2}, {3}};
  if (lanes == 8 && depth == 4) return {{0, 4}, {1, 5}, {2, 6}, {3, 7}};
  if (lanes == 16 && depth == 4) return {{0, 4, 8, 12}, {1, 5, 9, 13}, {2, 6, 10, 14}, {3, 7, 11, 15}};
  if (lanes == 16 && depth == 3) return {{0, 5, 10}, {1, 6, 11}, {2, 7, 12}, {3, 8, 13}, {4, 9, 14}, {15}};
  if (lanes == 16) return {{0, 3, 6, 9, 12}, {1, 4, 7, 10, 13}, {2, 5, 8, 11, 14}, {15}};
  throw std::logic_error("no levels written down for this machine");
}

// One scheduler with its staged pending bits.
struct scheduler {
  std::vector<std::vector<bool>> pending;                  // [step][lane]
  std::vector<std::pair<std::size_t, std::size_t>> select; // by lane: step, lane
  std::vector<bool> enable;
  std::size_t drained = 0;

  bool nothing_pending() const {
    return std::all_of(pending.begin(), pending.end(),
                       [](const auto& step) { return std::find(step.begin(), step.end(), true) == step.end(); });
  }

  void clock(const std::vector<option>& options, const levels& order, std::size_t left) {
    const std::size_t lanes = pending[0].size();
    select.assign(lanes, {0, 0});
    enable.assign(lanes, false);
    for (const auto& level : order) {
      const auto seen = pending; // all lanes of a level look at the same bits
      for (const std::size_t lane : level)
        for (const option& o : options) {
          const std::size_t from = (lane + lanes + static_cast<std::size_t>(o.lane + static_cast<int>(lanes))) % lanes;
          if (!seen[o.step][from]) continue;
          if (!pending[o.step][from]) throw std::logic_error("two lanes of a level took the same pair");
          pending[o.step][from] = false;
          select[lane] = {o.step, from};
          enable[lane] = true;
          break;
        }
    }
    drained = 0;
    while (drained < left &&
           std::find(pending[drained].begin(), pending[drained].end(), true) == pending[drained].end())
      ++drained;
  }
};

class tile {
public:
  tile(const tensordash_machine& m, const product& p)
      : machine(m), work(p), options(options_of(m.depth, m.lanes)), order(levels_of(m.depth, m.lanes)) {
    both = m.two_sided && p.skip_a && p.skip_b;
    const auto zeros = [](const mask& x) {
      std::size_t n = 0;
      for (const auto& row : x) n += static_cast<std::size_t>(std::count(row.begin(), row.end(), false));
      return n;
    };
    const std::size_t zeros_a = zeros(p.a), zeros_b = zeros(p.b);
    target_b = p.skip_b && (!p.skip_a || zeros_a * p.n <= zeros_b * p.m);
    if (both || (!p.skip_a && !p.skip_b)) target_b = true;
    dense = (!p.skip_a && !p.skip_b) || (!both && (target_b ? zeros_b : zeros_a) == 0);
  }

  tally run() {
    if (work.sampled)
      for (const auto& [row, column] : work.blocks)
        target_b ? passes(4 * column, 4 * column + 4, 4 * row, 4 * row + 4)
                 : passes(4 * row, 4 * row + 4, 4 * column, 4 * column + 4);
    else
      target_b ? passes(0, work.n, 0, work.m) : passes(0, work.m, 0, work.n);
    const std::size_t outputs = work.sampled ? work.blocks.size() * 16 : work.m * work.n;
    t.skipped = outputs * work.k - t.executed;
    return t;
  }

private:
  const tensordash_machine& machine;
  const product& work;
  std::vector<option> options;
  levels order;
  bool both = false, target_b = true, dense = false;
  tally t;

  // i counts along the targeted operand (tile rows), j along the other one (tile columns).
  bool effectual(std::size_t i, std::size_t j, std::size_t k) const {
    if (k >= work.k) return false;
    const bool a = target_b ? work.a[j][k] : work.a[i][k], b = target_b ? work.b[i][k] : work.b[j][k];
    if (dense) return true;
    if (both) return a && b;
    return target_b ? b : a;
  }

  void passes(std::size_t i0, std::size_t i1, std::size_t j0, std::size_t j1) {
    for (std::size_t i = i0; i < i1; i += machine.rows)
      for (std::size_t j = j0; j < j1; j += machine.columns)
        pass(i, std::min(i + machine.rows, i1), j, std::min(j + machine.columns, j1));
  }

  void pass(std::size_t i0, std::size_t i1, std::size_t j0, std::size_t j1) {
    const std::size_t lanes = machine.lanes, depth = machine.depth, steps = (work.k + lanes - 1) / lanes;
    const std::size_t high = i1 - i0, wide = j1 - j0;
    std::vector<std::vector<std::vector<int>>> made(high,
                                                    std::vector<std::vector<int>>(wide, std::vector<int>(work.k)));
    if (dense) {
      for (std::size_t step = 0; step < steps; ++step, ++t.cycles)
        for (std::size_t r = 0; r < machine.rows; ++r)
          for (std::size_t c = 0; c < machine.columns; ++c)
            for (std::size_t lane = 0; lane < lanes; ++lane)
              r < high&& c < wide&& step* lanes + lane < work.k ? ++t.executed : ++t.idle["edge"];
      return;
    }
    // Two-sided: a scheduler per element; otherwise one per row, whose selection drives all elements of the row.
    const std::size_t beside = both ? wide : 1;
    std::vector<scheduler> schedulers(high * beside);
    const auto stage = [&](std::size_t s, std::size_t step) {
      std::vector<bool> bits(lanes);
      for (std::size_t lane = 0; lane < lanes; ++lane)
        bits[lane] = step < steps && effectual(i0 + s / beside, j0 + s % beside, step * lanes + lane);
      return bits;
    };
    for (std::size_t s = 0; s < schedulers.size(); ++s)
      for (std::size_t d = 0; d < depth; ++d) schedulers[s].pending.push_back(stage(s, d));
    for (std::size_t at = 0; at < steps; ++t.cycles) {
      std::size_t advance = std::min(depth, steps - at);
      for (scheduler& s : schedulers) {
        s.clock(options, order, std::min(depth, steps - at));
        advance = std::min(advance, s.drained);
      }
      if (advance == 0) throw std::logic_error("the tile does not advance");
      for (std::size_t r = 0; r < machine.rows; ++r)
        for (std::size_t c = 0; c < machine.columns; ++c)
          for (std::size_t lane = 0; lane < lanes; ++lane) {
            if (r >= high || c >= wide) {
              ++t.idle["edge"];
              continue;
            }
            const scheduler& s = schedulers[r * beside + (both ? c : 0)];
            if (s.enable[lane]) {
              ++t.executed;
              ++made[r][c][(at + s.select[lane].first) * lanes + s.select[lane].second];
            } else {
              ++t.idle[s.drained > advance ? "imbalance" : s.nothing_pending() ? "window" : "reach"];
            }
          }
      for (std::size_t s = 0; s < schedulers.size(); ++s)
        for (std::size_t d = 0; d < advance; ++d) {
          schedulers[s].pending.erase(schedulers[s].pending.begin());
          schedulers[s].pending.push_back(stage(s, at + depth + d));
        }
      at += advance;
    }
    for (std::size_t r = 0; r < high; ++r)
      for (std::size_t c = 0; c < wide; ++c)
        for (std::size_t k = 0; k < work.k; ++k)
          if (made[r][c][k] != (effectual(i0 + r, j0 + c, k) ? 1 : 0))
            throw std::logic_error("a product is missing or double");
  }
};

} // namespace

tally run(const tensordash_machine& machine, const product& p) { return tile(machine, p).run(); }

} // namespace acf::reference
