// Writes the files of a run: report.json, report.csv, host.json, report.html.
#pragma once

#include "platform/config/config.hpp"
#include "platform/config/input_error.hpp"
#include "platform/report/run_result.hpp"

#include <filesystem>
#include <string>

namespace acf::platform {

// Throw input_error with the path and the reason.
void write_file(const std::filesystem::path& file, const std::string& content);
void write_reports(const std::filesystem::path& folder, const config& c, const run_result& r);

// The end of a run: reports written, the short table on stderr. Returns the exit code (accounts.hpp).
int conclude(const std::filesystem::path& folder, const config& c, const run_result& r, bool guest_code);

} // namespace acf::platform
