#include "platform/reference/reference.hpp"

#include "platform/config/input_error.hpp"
#include "platform/report/accounts.hpp"
#include "platform/report/files.hpp"
#include "platform/report/text.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <fmt/format.h>
#include <iostream>
#include <mutex>
#include <thread>

namespace acf::platform {
namespace {

std::vector<replayed_row> replay(const csv_table& points, const row_replayer& row, unsigned threads) {
  std::vector<replayed_row> results(points.rows());
  std::atomic<std::size_t> next = 0;
  std::mutex guard;
  std::exception_ptr failed;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < results.size();) try {
        results[i] = row(i);
      } catch (const std::exception& e) {
        const std::lock_guard lock(guard);
        if (!failed) failed = std::make_exception_ptr(input_error{fmt::format("{}: {}", points.place(i), e.what())});
        next = results.size();
      }
  };
  std::vector<std::jthread> pool;
  for (unsigned i = 1; i < threads; ++i) pool.emplace_back(work);
  work();
  pool.clear();
  if (failed) std::rethrow_exception(failed);
  return results;
}

std::optional<double> error_percent(const std::optional<double>& ours, const std::optional<double>& theirs) {
  if (!ours || !theirs || *theirs == 0) return std::nullopt;
  return 100 * (*ours / *theirs - 1);
}

std::string field(const std::optional<double>& value) { return value ? fmt::format("{:.6g}", *value) : ""; }

// Errors of all judged figures.
struct tally {
  std::size_t rows = 0, inside = 0, figures = 0;
  double sum = 0, worst = 0, worst_of_limit = 0;

  // Whether the figure is inside; empty: not judged.
  std::optional<bool> judge(const std::optional<double>& error, const std::optional<double>& limit) {
    if (!limit) return std::nullopt;
    const double size = error ? std::abs(*error) : 100; // a figure that we do not reach at all
    ++figures;
    sum += size;
    worst = std::max(worst, size);
    worst_of_limit = std::max(worst_of_limit, *limit > 0 ? size / *limit : size > 0 ? 1e9 : 0);
    return size <= *limit;
  }
};

} // namespace

int run_reference(const config& c, const std::filesystem::path& out, unsigned threads) {
  if (c.reference.csv.empty())
    throw input_error{"key 'reference.csv': expected a file with points of a reference simulator"};
  const csv_table points(c.reference.csv);
  const auto row = c.reference.model == "noc" ? noc_replayer(points) : dram_replayer(points, c.reference.parameters);
  const auto results = replay(points, row, threads);

  tally t;
  auto header = points.header();
  header.insert(header.end(), {"our_latency", "latency_error_percent", "latency_limit_percent", "our_throughput",
                               "throughput_error_percent", "throughput_limit_percent", "inside"});
  auto text = csv_line(header);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& r = results[i];
    const auto latency = error_percent(r.latency, r.reference_latency);
    const auto throughput = error_percent(r.throughput, r.reference_throughput);
    const auto a = t.judge(latency, r.latency_limit_percent), b = t.judge(throughput, r.throughput_limit_percent);
    const bool judged = a || b, inside = a.value_or(true) && b.value_or(true);
    t.rows += judged;
    t.inside += judged && inside;
    auto line = points.row(i);
    line.insert(line.end(),
                {field(r.latency), field(latency), field(r.latency_limit_percent), field(r.throughput),
                 field(throughput), field(r.throughput_limit_percent), judged ? std::to_string(int{inside}) : ""});
    text += csv_line(line);
  }
  run_result result;
  write_file(out / "reference.csv", text, result);
  result.end.reason = end_reason::completed;
  if (t.rows > 0) {
    result.figures[figure::reference_worst_percent] = t.worst;
    result.figures[figure::reference_mean_percent] = t.sum / static_cast<double>(t.figures);
    result.figures[figure::reference_share_inside] = static_cast<double>(t.inside) / static_cast<double>(t.rows);
    result.figures[figure::reference_worst_of_limit] = t.worst_of_limit;
  }
  result.notes.push_back(
      fmt::format("{} of {} judged rows of {} are inside their limits; {} rows are printed only", t.inside, t.rows,
                  c.reference.csv.empty() ? "" : std::filesystem::path(c.reference.csv).filename().string(),
                  results.size() - t.rows));
  return conclude(out, c, result, false);
}

} // namespace acf::platform
