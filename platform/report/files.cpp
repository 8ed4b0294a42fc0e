#include "platform/report/files.hpp"

#include "platform/report/csv.hpp"
#include "platform/report/html.hpp"
#include "platform/report/json.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>

namespace acf::platform {

void write_file(const std::filesystem::path& file, const std::string& content) {
  errno = 0;
  std::ofstream out{file, std::ios::binary};
  out << content;
  out.close();
  if (!out) throw file_error{fmt::format("{}: cannot be written: {}", file.string(), std::strerror(errno))};
}

void write_reports(const std::filesystem::path& folder, const config& c, const run_result& r) {
  const nlohmann::ordered_json report = report_json(c, r);
  write_file(folder / "report.json", text_of(report));
  write_file(folder / "report.csv", report_csv(report));
  write_file(folder / "report.html", report_html(report));
  write_file(folder / "host.json", text_of(host_json(r.host)));
}

} // namespace acf::platform
