#include "platform/report/files.hpp"

#include "platform/report/accounts.hpp"
#include "platform/report/csv.hpp"
#include "platform/report/html.hpp"
#include "platform/report/json.hpp"
#include "platform/report/text.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iostream>

namespace acf::platform {

void write_file(const std::filesystem::path& file, const std::string& content) {
  errno = 0;
  std::ofstream out{file, std::ios::binary};
  out << content;
  out.close();
  if (!out) throw input_error{fmt::format("{}: cannot be written: {}", file.string(), std::strerror(errno))};
}

void write_reports(const std::filesystem::path& folder, const config& c, const run_result& r) {
  const nlohmann::ordered_json report = report_json(c, r);
  write_file(folder / "report.json", text_of(report));
  write_file(folder / "report.csv", report_csv(report));
  write_file(folder / "report.html", report_html(report));
  const auto curves = folder / "curves.csv"; // that of an earlier run must not pass for one of this
  if (r.curves.empty())
    std::filesystem::remove(curves);
  else
    write_file(curves, curves_csv(r.curves, r.twin ? r.twin->curves : nlohmann::ordered_json(nullptr)));
  write_file(folder / "host.json", text_of(host_json(r.host)));
}

int conclude(const std::filesystem::path& folder, const config& c, const run_result& r, bool guest_code) {
  write_reports(folder, c, r);
  std::cerr << report_text(report_json(c, r));
  return exit_code(c, r, guest_code);
}

} // namespace acf::platform
