// What a scenario claims about its run: "speedup_over_dense >= 5", optionally only under a condition on a key:
// "test_accuracy_percent >= 95 when data.path == unset".
#pragma once

#include "platform/config/config.hpp"
#include "platform/config/figures.hpp"

#include <optional>
#include <string>
#include <variant>

namespace acf::platform {

enum class comparison { less, less_equal, greater, greater_equal, equal, not_equal };

struct expectation {
  std::string text; // the comparison, without the condition
  figure what;
  comparison op;
  double bound;

  std::string condition_key; // empty: always
  bool condition_equal = true;
  std::string condition_value;

  bool applies_to(const config& c) const;
  bool holds(const summary& s) const; // a figure that the run does not have fails
};

// Either the expectation or what is wrong with its text.
std::variant<expectation, std::string> parse_expectation(const std::string& text);

} // namespace acf::platform
