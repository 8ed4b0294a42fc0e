// Writes the files of a run: report.json, report.csv, host.json, report.html.
#pragma once

#include "platform/config/config.hpp"
#include "platform/report/run_result.hpp"

#include <filesystem>
#include <string>

namespace acf::platform {

struct file_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Throws file_error with the path and the reason.
void write_file(const std::filesystem::path& file, const std::string& content);
void write_reports(const std::filesystem::path& folder, const config& c, const run_result& r);

} // namespace acf::platform
