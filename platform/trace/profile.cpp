#include "platform/trace/instruction_counts.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace acf::platform {

namespace {

using count = instruction_counts::count;

void add(count& to, const count& what) {
  to.retired += what.retired;
  to.cycles += what.cycles;
  to.asleep += what.asleep;
}

void table(std::ostream& to, const std::map<std::string, count>& rows, const count& all, const char* what) {
  std::vector<std::pair<std::string, count>> order(rows.begin(), rows.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second.cycles > b.second.cycles; });
  to << fmt::format("{:>14} {:>7} {:>14} {:>14}  {}\n", "cycles", "share", "asleep", "instructions", what);
  const auto line = [&](const std::string& name, const count& n) {
    const double share = all.cycles ? 100.0 * static_cast<double>(n.cycles) / static_cast<double>(all.cycles) : 0;
    to << fmt::format("{:>14} {:>6.2f}% {:>14} {:>14}  {}\n", n.cycles, share, n.asleep, n.retired, name);
  };
  for (const auto& [name, n] : order) line(name, n);
  line("all", all);
}

} // namespace

void write_profile(std::ostream& to, const instruction_counts& counts, const program* program) {
  std::map<std::string, count> functions, lines;
  count all;
  for (const auto& [pc, n] : counts.by_pc()) {
    const auto where = program ? program->symbols.locate(pc) : code_location{pc, {}, 0, {}, 0};
    add(functions[where.function.empty() ? hex(pc) : where.function], n);
    if (where.line) add(lines[fmt::format("{}:{}", where.file, where.line)], n);
    add(all, n);
  }
  table(to, functions, all, "function");
  if (lines.empty()) return;
  to << '\n';
  table(to, lines, all, "line");
}

} // namespace acf::platform
