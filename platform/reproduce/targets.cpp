#include "platform/reproduce/targets.hpp"

#include "platform/loader/input_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <set>

namespace acf::platform {
namespace {

struct record {
  std::size_t line;
  std::vector<std::string> fields;
};

// RFC 4180: fields in quotes may hold commas, line feeds and doubled quotes.
std::vector<record> read_csv(const std::filesystem::path& file) {
  const std::vector<std::uint8_t> bytes = read_file(file);
  std::vector<record> out;
  std::size_t line = 1;
  record now{line, {""}};
  bool quoted = false, any = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = static_cast<char>(bytes[i]);
    if (c == '\n') ++line;
    if (quoted) {
      if (c != '"')
        now.fields.back() += c;
      else if (i + 1 < bytes.size() && bytes[i + 1] == '"')
        now.fields.back() += '"', ++i;
      else
        quoted = false;
      continue;
    }
    if (c == '\r') continue;
    if (c == '\n') {
      if (any) out.push_back(now);
      now = {line, {""}}, any = false;
      continue;
    }
    any = true;
    if (c == '"')
      quoted = true;
    else if (c == ',')
      now.fields.emplace_back();
    else
      now.fields.back() += c;
  }
  if (quoted) throw input_error{fmt::format("{}:{}: a quoted field does not end", file.string(), now.line)};
  if (any) out.push_back(now);
  return out;
}

// The x of "32x32".
bool between_digits(const std::string& text, std::size_t at) {
  const auto digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  return text[at] == 'x' && at > 0 && digit(at - 1) && digit(at + 1);
}

std::optional<double> number_at(const std::string& text, std::size_t at, std::size_t& end) {
  double value = 0;
  const auto r = std::from_chars(text.data() + at, text.data() + text.size(), value, std::chars_format::fixed);
  if (r.ec != std::errc{}) return std::nullopt;
  end = static_cast<std::size_t>(r.ptr - text.data());
  return value;
}

} // namespace

std::vector<target> read_targets(const std::filesystem::path& file) {
  static constexpr std::array columns{"id", "system", "quantity", "value", "unit", "conditions", "section"};
  const std::vector<record> rows = read_csv(file);
  const std::vector<std::string> wanted(columns.begin(), columns.end());
  if (rows.empty() || rows[0].fields != wanted)
    throw input_error{fmt::format("{}:1: expected the columns {}", file.string(), fmt::join(columns, ","))};
  std::vector<target> out;
  std::set<std::string> ids;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto& f = rows[i].fields;
    if (f.size() != columns.size())
      throw input_error{
          fmt::format("{}:{}: expected {} fields, not {}", file.string(), rows[i].line, columns.size(), f.size())};
    if (!ids.insert(f[0]).second)
      throw input_error{fmt::format("{}:{}: '{}' occurs twice", file.string(), rows[i].line, f[0])};
    out.push_back({f[0], f[1], f[2], f[3], f[4], f[5], f[6]});
  }
  return out;
}

claim parse_claim(const std::string& value) {
  claim c;
  const auto starts = [&](std::string_view word) { return value.starts_with(word); };
  if (starts(">=") || starts(">")) c.is = claim::form::at_least;
  if (starts("<=") || starts("<")) c.is = claim::form::at_most;
  for (std::size_t i = 0; i < value.size();) {
    // A digit after a letter belongs to a name: "conv3", "T=32", "Table2".
    const bool digit = value[i] >= '0' && value[i] <= '9';
    if (!digit || (i > 0 && std::isalpha(static_cast<unsigned char>(value[i - 1])) && !between_digits(value, i - 1))) {
      ++i;
      continue;
    }
    std::size_t end = i;
    const auto n = number_at(value, i, end);
    if (!n) break;
    c.numbers.push_back(i == 1 && value[0] == '-' ? -*n : *n); // elsewhere it stands between two or in a name
    if (c.is == claim::form::numbers && c.numbers.size() == 1 && end + 1 < value.size() && value[end] == '-' &&
        value[end + 1] >= '0' && value[end + 1] <= '9')
      c.is = claim::form::range;
    i = end;
  }
  if (starts("+-") && c.numbers.size() == 1) c = {claim::form::range, {-c.numbers[0], c.numbers[0]}};
  return c;
}

std::optional<comparison_result> compare(const claim& published, const std::vector<double>& ours) {
  constexpr double close_percent = 5 + 1e-9; // the border counts
  if (published.numbers.empty() || ours.empty()) return std::nullopt;
  const auto percent = [](double x, double of) { return of == 0 ? (x == 0 ? 0 : 100) : 100 * (x - of) / std::abs(of); };
  comparison_result r{true, 0.0};
  const auto take = [&](double deviation, bool fine) {
    if (std::abs(deviation) > std::abs(*r.deviation_percent)) r.deviation_percent = deviation;
    r.holds = r.holds && fine;
  };
  switch (published.is) {
  case claim::form::range: {
    if (published.numbers.size() != 2) return std::nullopt;
    const double low = published.numbers[0], high = published.numbers[1];
    for (const double x : ours) {
      const double off = x < low ? percent(x, low) : x > high ? percent(x, high) : 0;
      take(off, std::abs(off) < 1e-9);
    }
    return r;
  }
  case claim::form::at_least:
  case claim::form::at_most:
    for (const double x : ours) {
      const bool fine = published.is == claim::form::at_least ? x >= published.numbers[0] : x <= published.numbers[0];
      take(fine ? 0 : percent(x, published.numbers[0]), fine);
    }
    return r;
  case claim::form::numbers:
    if (ours.size() != published.numbers.size()) return std::nullopt;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const double off = percent(ours[i], published.numbers[i]);
      take(off, std::abs(off) <= close_percent);
    }
    return r;
  }
  return std::nullopt;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

} // namespace acf::platform
