#include "platform/reference/csv_table.hpp"

#include "platform/config/input_error.hpp"
#include "platform/config/nearest.hpp"

#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fstream>

namespace acf::platform {
namespace {

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += c;
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

} // namespace

csv_table::csv_table(const std::filesystem::path& file) : name_(file.string()) {
  std::ifstream in(file);
  if (!in) throw input_error{fmt::format("{}: there is no such file", name_)};
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line == "\r") continue;
    auto fields = split(line);
    if (header_.empty()) {
      header_ = std::move(fields);
      for (std::size_t i = 0; i < header_.size(); ++i) columns_.emplace(header_[i], i);
      continue;
    }
    if (fields.size() != header_.size())
      throw input_error{fmt::format("{}:{}: expected {} fields as in the header, not {}", name_, number, header_.size(),
                                    fields.size())};
    rows_.push_back(std::move(fields));
    lines_.push_back(number);
  }
  if (header_.empty()) throw input_error{fmt::format("{}:1: expected a line with the names of the columns", name_)};
}

std::string csv_table::place(std::size_t i) const { return fmt::format("{}:{}", name_, lines_[i]); }

void csv_table::refuse(std::size_t i, const std::string& column, const std::string& expected) const {
  throw input_error{fmt::format("{}: column '{}': expected {}, not '{}'", place(i), column, expected, text(i, column))};
}

const std::string& csv_table::text(std::size_t i, const std::string& column) const {
  const auto at = columns_.find(column);
  if (at != columns_.end()) return rows_[i][at->second];
  const std::vector<std::string_view> names{header_.begin(), header_.end()};
  throw input_error{
      fmt::format("{}:1: expected a column '{}'; the nearest is '{}'", name_, column, nearest(column, names))};
}

double csv_table::number(std::size_t i, const std::string& column) const {
  const auto& t = text(i, column);
  double value = 0;
  const auto r = std::from_chars(t.data(), t.data() + t.size(), value);
  if (r.ec != std::errc{} || r.ptr != t.data() + t.size() || !std::isfinite(value)) refuse(i, column, "a number");
  return value;
}

std::uint32_t csv_table::count(std::size_t i, const std::string& column, std::uint32_t least,
                               std::uint32_t most) const {
  const double value = number(i, column);
  if (value != std::floor(value) || value < least || value > most)
    refuse(i, column, fmt::format("an integer from {} to {}", least, most));
  return static_cast<std::uint32_t>(value);
}

std::optional<double> csv_table::number_if_any(std::size_t i, const std::string& column) const {
  if (!has(column) || text(i, column).empty()) return std::nullopt;
  return number(i, column);
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const auto& f : fields) {
    if (!line.empty() || &f != &fields.front()) line += ',';
    if (f.find_first_of(",\"\n") == std::string::npos) {
      line += f;
      continue;
    }
    line += '"';
    for (const char c : f) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return line + '\n';
}

} // namespace acf::platform
