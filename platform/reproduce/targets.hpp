// The published figures (targets.csv) and what a number of ours says about one of them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace acf::platform {

struct target {
  std::string id, system, quantity, value, unit, conditions, section;
};

// Throws input_error that names file and line: a missing column, a row of another width, an id twice.
std::vector<target> read_targets(const std::filesystem::path& file);

// What a `value` claims. "4.20-8.88" is a range, "+-5" one around 0, ">=1.0" and "<=3" are relations, everything else
// is the list of the numbers in it, in their order: "-0.5", "79.01 vs 69.11", "0.20 / 0.29 / 0.24".
struct claim {
  enum class form { numbers, range, at_least, at_most } is = form::numbers;
  std::vector<double> numbers;
};
claim parse_claim(const std::string& value);

struct comparison_result {
  bool holds = false;                      // within 5 % of every figure, or inside the range or relation
  std::optional<double> deviation_percent; // the largest; of a range: from its nearer end, 0 inside
};
// Nothing if they cannot be compared: no numbers, or not as many of ours. A range takes one or more of ours.
std::optional<comparison_result> compare(const claim& published, const std::vector<double>& ours);

// A field as CSV wants it.
std::string csv_field(const std::string& text);

} // namespace acf::platform
