// Operands hop through registers from the left and the top edge; an element multiplies when both have arrived.
#include "tests/reference/engines/clocked.hpp"

#include <algorithm>
#include <optional>

namespace acf::reference {
namespace {

// One pass over high x wide outputs and `steps` steps; step s holds `filled(s)` of the depth pairs.
template <typename F>
void pass(const systolic_machine& machine, std::size_t high, std::size_t wide, std::size_t steps, F filled, tally& t) {
  using reg = std::optional<std::size_t>; // the step that an operand belongs to
  std::vector<std::vector<reg>> left(machine.rows, std::vector<reg>(machine.columns)), top = left;
  std::size_t made = 0, clocks = 0, waiting = 0;
  for (std::size_t clock = 0; made < machine.rows * machine.columns * steps; ++clock, ++clocks) {
    for (std::size_t r = machine.rows; r-- > 0;)
      for (std::size_t c = machine.columns; c-- > 0;) {
        left[r][c] = c > 0 ? left[r][c - 1] : clock >= r && clock - r < steps ? reg(clock - r) : reg();
        top[r][c] = r > 0 ? top[r - 1][c] : clock >= c && clock - c < steps ? reg(clock - c) : reg();
      }
    for (std::size_t r = 0; r < machine.rows; ++r)
      for (std::size_t c = 0; c < machine.columns; ++c) {
        if (!left[r][c] || left[r][c] != top[r][c]) {
          waiting += machine.depth;
          continue;
        }
        ++made;
        const std::size_t pairs = r < high && c < wide ? filled(*left[r][c]) : 0;
        t.executed += pairs;
        t.idle["edge"] += machine.depth - pairs;
      }
  }
  t.cycles += clocks;
  t.idle["fill"] += waiting;
}

} // namespace

tally run(const systolic_machine& machine, const product& p) {
  tally t;
  const std::size_t steps = (p.k + machine.depth - 1) / machine.depth;
  const auto filled = [&](std::size_t s) { return std::min(machine.depth, p.k - s * machine.depth); };
  for (std::size_t n = 0; n < p.n; n += machine.columns)
    for (std::size_t m = 0; m < p.m; m += machine.rows)
      pass(machine, std::min(machine.rows, p.m - m), std::min(machine.columns, p.n - n), steps, filled, t);
  t.skipped = p.m * p.n * p.k - t.executed;
  return t;
}

} // namespace acf::reference
