#include "platform/report/accounts.hpp"

#include "platform/config/expectation.hpp"
#include "platform/report/waterfall_causes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace acf::platform {
namespace {

// Of `all` cycles so many have no cause, or a second one. A single one may be left by rounding.
void check_unattributed(std::int64_t count, std::uint64_t all, const std::string& of, std::vector<std::string>& out) {
  const auto size = static_cast<std::uint64_t>(count < 0 ? -count : count);
  if (size > 1 && size * 100 > all)
    out.push_back(fmt::format("{}: {} of {} cycles have no cause; at most 1 % may", of, count, all));
}

void check_block(const block_account& b, const std::string& where, std::vector<std::string>& out) {
  std::uint64_t total = b.busy;
  for (const auto& [name, count] : b.stalls) {
    total += count;
    if (name == causes::unattributed)
      check_unattributed(static_cast<std::int64_t>(count), b.cycles, where + b.name, out);
  }
  if (total != b.cycles)
    out.push_back(fmt::format("{}{}: busy and stalled cycles are {}, but the block has {} cycles", where, b.name, total,
                              b.cycles));
}

void check_waterfall(const waterfall& w, const std::string& where, std::vector<std::string>& out) {
  std::int64_t reached = static_cast<std::int64_t>(w.ideal);
  for (const auto& [name, cycles] : w.losses) {
    reached += cycles;
    if (name == causes::unattributed)
      check_unattributed(cycles, w.achieved, fmt::format("{}waterfall {}", where, w.name), out);
  }
  if (reached != static_cast<std::int64_t>(w.achieved))
    out.push_back(fmt::format("{}waterfall {}: ideal and losses are {} cycles, but {} were achieved", where, w.name,
                              reached, w.achieved));
}

void check(const std::vector<block_account>& blocks, const std::vector<waterfall>& waterfalls, const std::string& where,
           std::vector<std::string>& out) {
  std::set<std::string> names;
  for (const block_account& b : blocks) {
    if (!names.insert(b.name).second) out.push_back(fmt::format("{}{}: two blocks have this name", where, b.name));
    check_block(b, where, out);
  }
  for (const waterfall& w : waterfalls) check_waterfall(w, where, out);
}

} // namespace

std::vector<std::string> find_defects(const run_result& r) {
  std::vector<std::string> out = r.defects;
  check(r.blocks, r.waterfalls, "", out);
  if (r.twin) check(r.twin->blocks, r.twin->waterfalls, "twin: ", out);
  return out;
}

std::vector<judged_expectation> judge(const config& c, const run_result& r) {
  std::vector<judged_expectation> out;
  for (const std::string& text : c.expect) {
    const auto parsed = parse_expectation(text);
    if (const auto* wrong = std::get_if<std::string>(&parsed)) { // a configuration that nobody checked
      out.push_back({text + " (" + *wrong + ")", std::nullopt, false});
      continue;
    }
    const auto& e = std::get<expectation>(parsed);
    if (e.applies_to(c)) out.push_back({e.text, r.figures[e.what], e.holds(r.figures)});
  }
  return out;
}

int exit_code(const config& c, const run_result& r, bool guest_code) {
  constexpr int stopped = 3;
  const int beside = r.twin_exit_code.value_or(r.failed_run_exit_code);
  if (!ended_by_guest(r.end.reason) || !r.incomplete.empty() || !find_defects(r).empty() || beside == stopped)
    return stopped;
  if (guest_code) return static_cast<int>(r.end.guest_exit_code.value_or(0) & 0xFF);
  const auto judged = judge(c, r);
  const bool met = std::all_of(judged.begin(), judged.end(), [](const judged_expectation& e) { return e.ok; });
  return !r.end.failed() && met ? beside : 1;
}

} // namespace acf::platform
