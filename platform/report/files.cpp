#include "platform/report/files.hpp"

#include "platform/config/input_error.hpp"
#include "platform/report/accounts.hpp"
#include "platform/report/csv.hpp"
#include "platform/report/html.hpp"
#include "platform/report/json.hpp"
#include "platform/report/run_table.hpp"
#include "platform/report/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <system_error>
#include <unistd.h>

namespace acf::platform {

namespace fs = std::filesystem;

void check_place(const fs::path& file, const std::string& option) {
  if (fs::is_directory(file)) throw input_error{fmt::format("{}: {} is a directory", option, file.string())};
  const auto folder = file.has_parent_path() ? file.parent_path() : fs::path{"."};
  if (access(fs::exists(file) ? file.c_str() : folder.c_str(), W_OK) != 0)
    throw input_error{fmt::format("{}: {} cannot be written: {}", option, file.string(), std::strerror(errno))};
}

// Half of a table reads like a whole one. Devices and links are not ours to remove.
void write_file(const fs::path& file, const std::string& content) {
  errno = 0;
  std::ofstream out{file, std::ios::binary};
  const bool opened = out.is_open();
  if (opened && out << content) out.close();
  if (out) return;
  const int reason = errno;
  out.close();
  std::error_code none;
  if (opened && fs::symlink_status(file, none).type() == fs::file_type::regular) fs::remove(file, none);
  throw output_error{file.string(), reason};
}

void write_file(const fs::path& file, const std::string& content, run_result& r) {
  try {
    write_file(file, content);
  } catch (const output_error& error) {
    r.incomplete.emplace_back(error.what());
  }
}

namespace {

void write_reports(const fs::path& folder, const config& c, run_result& r) {
  const nlohmann::ordered_json report = report_json(c, r);
  write_file(folder / "report.json", text_of(report), r);
  write_file(folder / "report.csv", report_csv(report), r);
  write_file(folder / "report.html", report_html(report), r);
  // What an earlier run has left must not pass for this one's.
  std::error_code none;
  const auto curves = folder / "curves.csv";
  if (r.curves.empty())
    fs::remove(curves, none);
  else
    write_file(curves, curves_csv(r.curves, r.twin ? r.twin->curves : nlohmann::ordered_json(nullptr)), r);
  for (const char* name : run_tables)
    if (std::ranges::find(r.tables, name, &run_table::name) == r.tables.end())
      fs::remove(folder / fmt::format("{}.csv", name), none);
  write_file(folder / "host.json", text_of(host_json(r.host)), r);
}

} // namespace

int conclude(const fs::path& folder, const config& c, run_result r, bool guest_code) {
  write_reports(folder, c, r);
  std::cerr << report_text(report_json(c, r));
  return exit_code(c, r, guest_code);
}

} // namespace acf::platform
