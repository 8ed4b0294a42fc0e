#include "sw_stack/data/table_files.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace acf::data {
namespace {

namespace fs = std::filesystem;

constexpr const char *train_ending = ".tra", *test_ending = ".tes";
constexpr std::uint32_t most_values = 65536, largest_value = 65535, largest_class = 254; // 255 marks blank rows

std::vector<std::string> files_with(const std::string& directory, std::string_view ending) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory))
    if (const std::string name = entry.path().filename().string(); name.ends_with(ending) && entry.is_regular_file())
      names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::string only_file(const std::string& directory, const char* ending) {
  const auto names = files_with(directory, ending);
  if (names.size() != 1)
    throw input_error(directory + ": " + (names.empty() ? "no" : "more than one") + " file ends in " + ending +
                      "; expected one table to train with (.tra) and one to test with (.tes)");
  return names[0];
}

struct table {
  std::vector<std::uint32_t> values; // [rows][columns]
  samples content;                   // images are filled in later
  std::string file;
  std::string at(std::size_t row) const { return file + ":" + std::to_string(row + 1) + ": "; }
};

std::uint32_t number(std::string_view text, std::uint32_t largest, const std::string& where, std::size_t column) {
  std::uint32_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end || value > largest)
    throw input_error(where + "column " + std::to_string(column) + ": '" + std::string(text.substr(0, 40)) +
                      "', expected a whole number from 0 to " + std::to_string(largest));
  return value;
}

// columns: values of a line, 0 if no line says how many they are.
table read_table(const std::string& directory, const std::string& name, std::uint32_t& columns) {
  table t;
  t.file = directory + "/" + name;
  std::ifstream in(t.file);
  if (!in) throw input_error(t.file + ": cannot be opened");
  std::string line;
  for (std::size_t row = 0; std::getline(in, line); ++row) {
    if (line.ends_with('\r')) line.pop_back();
    const auto commas = static_cast<std::uint64_t>(std::count(line.begin(), line.end(), ','));
    if (columns == 0 && commas >= 1 && commas <= most_values) columns = static_cast<std::uint32_t>(commas);
    if (commas == 0 || commas != columns)
      throw input_error(t.at(row) + std::to_string(commas + !line.empty()) + " numbers, expected " +
                        (columns ? std::to_string(columns) + " values and a class"
                                 : "1 to " + std::to_string(most_values) + " values and a class"));
    std::string_view rest = line;
    for (std::uint32_t column = 1; column <= columns; ++column) {
      const std::size_t comma = rest.find(',');
      t.values.push_back(number(rest.substr(0, comma), largest_value, t.at(row), column));
      rest.remove_prefix(comma + 1);
    }
    t.content.labels.push_back(static_cast<std::uint8_t>(number(rest, largest_class, t.at(row), columns + 1)));
  }
  if (in.bad()) throw input_error(t.file + ": cannot be read");
  if (t.content.labels.empty()) throw input_error(t.file + ": is empty; expected a line for each sample");
  return t;
}

void check(const table& t, std::uint32_t columns, std::uint32_t largest, std::uint32_t classes) {
  for (std::size_t i = 0; i < t.values.size(); ++i)
    if (t.values[i] > largest)
      throw input_error(t.at(i / columns) + "column " + std::to_string(i % columns + 1) + ": '" +
                        std::to_string(t.values[i]) + "', expected at most " + std::to_string(largest) +
                        ", the largest value to train with");
  for (std::size_t row = 0; row < t.content.labels.size(); ++row)
    if (t.content.labels[row] >= classes)
      throw input_error(t.at(row) + "class " + std::to_string(t.content.labels[row]) + ", expected 0 to " +
                        std::to_string(classes - 1) + ", those to train with");
}

samples scaled(table&& t, std::uint32_t largest) {
  t.content.images.reserve(t.values.size());
  for (const std::uint32_t v : t.values)
    t.content.images.push_back(static_cast<std::uint8_t>((v * 510 + largest) / (2 * largest)));
  return std::move(t.content);
}

} // namespace

bool has_tables(const std::string& directory) {
  return fs::is_directory(directory) &&
         !(files_with(directory, train_ending).empty() && files_with(directory, test_ending).empty());
}

std::vector<std::string> table_files(const std::string& directory) {
  return {only_file(directory, train_ending), only_file(directory, test_ending)};
}

data_set read_tables(const std::string& directory) {
  if (!fs::is_directory(directory)) throw input_error(directory + ": is not a directory");
  const auto files = table_files(directory);
  data_set d;
  d.inputs = 0;
  table train = read_table(directory, files[0], d.inputs), test = read_table(directory, files[1], d.inputs);
  const std::uint32_t largest = *std::max_element(train.values.begin(), train.values.end());
  if (largest == 0) throw input_error(train.file + ": all values are 0");
  d.classes = 1u + *std::max_element(train.content.labels.begin(), train.content.labels.end());
  check(test, d.inputs, largest, d.classes);
  d.train = scaled(std::move(train), largest);
  d.test = scaled(std::move(test), largest);
  return d;
}

} // namespace acf::data
