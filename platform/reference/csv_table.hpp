// A CSV file with a header, as text; numbers are read where they are used, with complaints that name line and column.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace acf::platform {

class csv_table {
public:
  explicit csv_table(const std::filesystem::path& file); // throws input_error "FILE:LINE: ..."

  const std::vector<std::string>& header() const { return header_; }
  std::size_t rows() const { return rows_.size(); }
  bool has(const std::string& column) const { return columns_.contains(column); }
  const std::vector<std::string>& row(std::size_t i) const { return rows_[i]; }

  // A field of row i. Throw input_error when the column is missing or the text is not what is asked for.
  const std::string& text(std::size_t i, const std::string& column) const;
  double number(std::size_t i, const std::string& column) const;
  std::uint32_t count(std::size_t i, const std::string& column, std::uint32_t least, std::uint32_t most) const;
  std::optional<double> number_if_any(std::size_t i, const std::string& column) const; // empty field or no such column

  std::string place(std::size_t i) const; // "FILE:LINE"
  [[noreturn]] void refuse(std::size_t i, const std::string& column, const std::string& expected) const;

private:
  std::string name_;
  std::vector<std::string> header_;
  std::map<std::string, std::size_t> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> lines_; // by row
};

std::string csv_line(const std::vector<std::string>& fields); // quoted where needed, with a line feed

} // namespace acf::platform
