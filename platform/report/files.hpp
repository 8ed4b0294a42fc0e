// Writes the files of a run: report.json, report.csv, host.json, report.html.
#pragma once

#include "platform/config/config.hpp"
#include "platform/report/output_error.hpp"
#include "platform/report/run_result.hpp"

#include <filesystem>
#include <string>

namespace acf::platform {

// Before the work for a file that is written at the end: input_error that names the option if it cannot be.
void check_place(const std::filesystem::path& file, const std::string& option);
// All of it, or output_error with the path and the reason; then there is no such file.
void write_file(const std::filesystem::path& file, const std::string& content);
// The same for a file of a run, which goes on without it: `r` says that it is missing.
void write_file(const std::filesystem::path& file, const std::string& content, run_result& r);

// The end of a run: reports written, the short table on stderr. Returns the exit code (accounts.hpp).
int conclude(const std::filesystem::path& folder, const config& c, run_result r, bool guest_code);

} // namespace acf::platform
