#include "platform/reproduce/reproduce.hpp"

#include "platform/config/input_error.hpp"
#include "platform/loader/input_file.hpp"
#include "platform/report/files.hpp"
#include "platform/reproduce/measured.hpp"
#include "platform/reproduce/targets.hpp"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <fstream>
#include <iostream>

namespace acf::platform {
namespace {

constexpr double conditional_percent = 10;

std::string_view name_of(how method) {
  constexpr std::array<std::string_view, 4> names{"real", "random", "table", "derived"};
  return names[static_cast<std::size_t>(method)];
}

enum class verdict : std::size_t { reproduced, conditional, differs, not_measurable, count };
constexpr std::array<std::string_view, static_cast<std::size_t>(verdict::count)> verdict_names{
    "reproduced", "conditional", "differs", "not_measurable"};

struct judged {
  verdict what = verdict::not_measurable;
  std::optional<double> deviation_percent;
  std::string reason;
};

judged judge(const target& published, const measured& m) {
  if (m.ours.empty()) return {verdict::not_measurable, std::nullopt, m.reason};
  const claim c = parse_claim(published.value);
  if (c.numbers.empty() || !m.relation.empty()) { // in words: ours says which relation it was measured against
    const bool same = m.relation == published.value;
    const auto what = !same || !m.holds          ? verdict::differs
                      : m.conditional_on.empty() ? verdict::reproduced
                                                 : verdict::conditional;
    return {what, std::nullopt, same ? m.reason : fmt::format("measured against '{}'; {}", m.relation, m.reason)};
  }
  const auto r = compare(c, m.ours);
  if (!r) return {verdict::differs, std::nullopt, "not as many figures as ours; " + m.reason};
  const double off = std::abs(r->deviation_percent.value_or(0));
  const auto what = m.conditional_on.empty()                 ? (r->holds ? verdict::reproduced : verdict::differs)
                    : r->holds || off <= conditional_percent ? verdict::conditional
                                                             : verdict::differs;
  return {what, r->deviation_percent, m.reason};
}

std::string numbers(const std::vector<double>& values) {
  std::string out;
  for (const double x : values) out += (out.empty() ? "" : " / ") + fmt::format("{:.4g}", x);
  return out;
}

measurements measure(const config& c) {
  measurements all;
  const std::pair<std::string_view, void (*)(const config&, measurements&)> systems[] = {
      {"tensordash", measure_tensordash}, {"spartann", measure_spartann}, {"sat", measure_sat}, {"acf", measure_acf}};
  for (const auto& [name, run] : systems)
    if (c.reproduce.system == "all" || c.reproduce.system == name) run(c, all);
  return all;
}

// What a training said that ended before it had a report; empty: it has begun, or it did not end by itself.
std::string refusal(const std::filesystem::path& folder, std::string_view how_it_ended) {
  if (std::filesystem::exists(folder / "report.json") || how_it_ended.find("exit code") == std::string_view::npos)
    return {};
  std::ifstream log(folder / "log.txt");
  std::string last;
  for (std::string line; std::getline(log, line);)
    if (!line.empty()) last = line;
  return last;
}

} // namespace

int run_reproduce(const config& c, const std::filesystem::path& out, const trainer& train) {
  measurements ours = measure(c);
  run_result result;
  trained_tables trained;
  if (c.reproduce.training == "on") {
    const trainer checked = [&](const config& own, const std::string& name) {
      try {
        return train(own, name);
      } catch (const input_error& error) {
        if (const std::string why = refusal(out / name, error.what()); !why.empty())
          throw training_refused{fmt::format("the training {} cannot be set up: {}", name, why)};
        throw;
      }
    };
    trained = measure_trained(c, checked, ours);
    write_file(out / "trained.csv", trained.trainings, result);
  }
  const std::vector<target> published = read_targets(c.reproduce.targets);
  for (const std::string& file : {c.reproduce.targets, c.reproduce.tensordash, c.reproduce.spartann})
    result.inputs.push_back({std::filesystem::path(file).filename().string(), sha256(read_file(file))});

  std::array<std::size_t, static_cast<std::size_t>(verdict::count)> number{};
  std::string csv = "id,published,ours,deviation_percent,verdict,method,conditional_on,reason\n";
  for (const target& t : published) {
    const auto at = ours.find(t.id);
    measured none;
    none.reason = c.reproduce.system == "all" ? "nothing of ours measures it"
                                              : fmt::format("not asked for: reproduce.system = {}", c.reproduce.system);
    const measured& m = at == ours.end() ? none : at->second;
    const judged j = judge(t, m);
    ++number[static_cast<std::size_t>(j.what)];
    const std::string deviation = j.deviation_percent ? fmt::format("{:.2f}", *j.deviation_percent) : "";
    csv += fmt::format("{},{},{},{},{},{},{},{}\n", csv_field(t.id), csv_field(t.value), csv_field(numbers(m.ours)),
                       deviation, verdict_names[static_cast<std::size_t>(j.what)],
                       m.ours.empty() ? "" : name_of(m.method), csv_field(m.conditional_on), csv_field(j.reason));
    std::cerr << fmt::format("{}  {:<15} {:>28}  ours {:<24} {}\n", t.id,
                             verdict_names[static_cast<std::size_t>(j.what)], t.value.substr(0, 28), numbers(m.ours),
                             t.quantity);
  }
  write_file(out / "reproduce.csv", csv, result);
  if (c.reproduce.system == "all" || c.reproduce.system == "tensordash")
    write_file(out / "tensordash_surface.csv", tensordash_surface(c) + trained.surface_points, result);
  for (std::size_t i = 0; i < number.size(); ++i)
    result.extra.emplace_back(fmt::format("rows_{}", verdict_names[i]), static_cast<double>(number[i]));
  return conclude(out, c, result, false);
}

} // namespace acf::platform
