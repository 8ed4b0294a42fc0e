#include "tests/unit/cpu/instructions/row.hpp"
#include <algorithm>
#include <bit>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace acf::cpu::test {
namespace {

int index_in(const std::array<const char*, 32>& names, const std::string& name) {
  const auto at = std::find(names.begin(), names.end(), name);
  return at == names.end() ? -1 : static_cast<int>(at - names.begin());
}

std::string trimmed(const std::string& s) {
  const auto first = s.find_first_not_of(" \t");
  return first == std::string::npos ? "" : s.substr(first, s.find_last_not_of(" \t") - first + 1);
}

settings parse(const std::string& column, const std::string& where) {
  settings result;
  std::istringstream words(column);
  for (std::string word; words >> word;) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) throw std::runtime_error(where + ": '" + word + "' is not name=value");
    result[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return result;
}

std::uint64_t number(const std::string& text) {
  char* end = nullptr;
  const bool negative = text.starts_with('-');
  const std::uint64_t v = std::strtoull(text.c_str() + negative, &end, 0);
  if (end == text.c_str() + negative || *end) throw std::runtime_error("'" + text + "' is no value");
  return negative ? ~v + 1 : v;
}

constexpr std::uint64_t box = 0xffffffff00000000u;

std::vector<std::string> operands(const std::string& text) {
  const auto space = text.find(' ');
  if (space == std::string::npos) return {};
  std::vector<std::string> result;
  std::string part;
  for (const char c : text.substr(space + 1)) {
    if (c == ',' || c == '(' || c == ')' || c == ' ') {
      if (!part.empty()) result.push_back(part);
      part.clear();
    } else
      part += c;
  }
  if (!part.empty()) result.push_back(part);
  return result;
}

} // namespace

int register_number(const std::string& name) { return index_in(integer_names, name); }
int float_register_number(const std::string& name) { return index_in(float_names, name); }

std::uint64_t value_of(const std::string& text, std::uint64_t pc) {
  for (const auto& [symbol, base] : {std::pair{"data", data_area},
                                     {"pc", pc},
                                     {"device", std::uint64_t{0x1000'0000}},
                                     {"handler", data_area + 0x8000}})
    if (text.starts_with(symbol)) {
      const std::string rest = text.substr(std::string(symbol).size());
      if (rest.empty()) return base;
      return base + number(rest.starts_with('+') ? rest.substr(1) : rest);
    }
  if (text.starts_with("s:")) return box | std::bit_cast<std::uint32_t>(std::strtof(text.c_str() + 2, nullptr));
  if (text.starts_with("d:")) return std::bit_cast<std::uint64_t>(std::strtod(text.c_str() + 2, nullptr));
  if (text.starts_with("s#")) return box | number("0x" + text.substr(2));
  return number(text);
}

std::string row::where() const {
  return table + ":" + std::to_string(line) + ": " + text + (variant.empty() ? "" : " (" + variant + ")");
}
std::string row::mnemonic() const {
  const std::string last = trimmed(text.substr(text.rfind(';') + 1));
  std::string name = last.substr(0, last.find(' '));
  for (const char* order : {".aqrl", ".aq", ".rl"})
    if (name.ends_with(order)) name.resize(name.size() - std::string(order).size());
  return name;
}
unsigned row::instructions() const { return 1 + static_cast<unsigned>(std::count(text.begin(), text.end(), ';')); }

std::vector<row> read_table(const std::string& folder, const std::string& name) {
  std::ifstream file(folder + "/" + name);
  if (!file) throw std::runtime_error(folder + "/" + name + ": cannot be read");
  std::vector<row> rows;
  unsigned number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    line = trimmed(line.substr(0, line.find("  #")));
    if (line.empty() || line[0] == '#') continue;
    const std::string where = name + ":" + std::to_string(number);
    const auto first = line.find('|'), second = line.find('|', first + 1);
    if (second == std::string::npos) throw std::runtime_error(where + ": expected instruction | before | after");
    rows.push_back({name, number, trimmed(line.substr(0, first)),
                    parse(line.substr(first + 1, second - first - 1), where), parse(line.substr(second + 1), where)});
  }
  return rows;
}

std::vector<row> with_other_destinations(const row& r) {
  std::vector<row> result{r};
  const auto named = operands(r.text);
  if (r.instructions() > 1 || r.text.starts_with("c.") || r.text[0] == '.' || named.empty()) return result;
  const std::string& destination = named[0];
  const auto written = r.after.find(destination);
  if (written == r.after.end()) return result;
  const bool is_integer = register_number(destination) >= 0;
  const auto same_file = [&](const std::string& name) {
    return (is_integer ? register_number(name) : float_register_number(name)) >= 0;
  };
  std::vector<std::string> others(named.begin() + 1, named.end());
  if (is_integer) others.emplace_back("zero");
  for (const std::string& other : others) {
    if (!same_file(other) || other == destination || r.after.contains(other)) continue;
    row v = r;
    v.variant = "rd = " + other;
    v.text.replace(v.text.find(' ') + 1, destination.size(), other);
    v.after.erase(destination);
    if (other != "zero") v.after[other] = written->second;
    result.push_back(v);
  }
  return result;
}

} // namespace acf::cpu::test
