// Points of public simulators replayed through our models alone, row by row, and the distance between the two.
//
//   reference.csv (their points) -> mesh | DRAM -> OUT/reference.csv: their columns, ours, errors, limits, inside
//
// The limits are those that the models are held to, by the row's load_fraction; a row without a limit is printed and
// not judged. Nothing is adjusted from row to row: what a row does not say comes from constants named in the sources.
#pragma once

#include "platform/config/config.hpp"
#include "platform/reference/csv_table.hpp"
#include "platform/report/run_result.hpp"

#include <filesystem>
#include <functional>

namespace acf::platform {

// What a replayed row gives, and what it is held against. Units are those of the row's own columns.
struct replayed_row {
  std::optional<double> latency, throughput;                     // ours
  std::optional<double> reference_latency, reference_throughput; // theirs
  std::optional<double> latency_limit_percent, throughput_limit_percent;
};

// One row, independent of all others: rows run on several threads.
using row_replayer = std::function<replayed_row(std::size_t row)>;

// Both check the whole table first; throw input_error.
row_replayer noc_replayer(const csv_table& points);
row_replayer dram_replayer(const csv_table& points, const std::filesystem::path& parameters);

// c.reference names model and files. Writes reference.csv and the report into `out`; returns the exit code.
int run_reference(const config& c, const std::filesystem::path& out, unsigned threads);

} // namespace acf::platform
