#include "platform/config/expectation.hpp"

#include "platform/config/nearest.hpp"
#include "platform/config/resolved.hpp"
#include "platform/config/schema.hpp"

#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <sstream>

namespace acf::platform {
namespace {

struct operator_name {
  std::string_view text;
  comparison op;
};
constexpr operator_name operators[] = {{"<", comparison::less},    {"<=", comparison::less_equal},
                                       {">", comparison::greater}, {">=", comparison::greater_equal},
                                       {"==", comparison::equal},  {"!=", comparison::not_equal}};

// Words of the text; operators need no blanks around them.
std::vector<std::string> words_of(const std::string& text) {
  std::string spaced;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool here = std::string_view{"<>=!"}.find(text[i]) != std::string_view::npos;
    const bool before = i > 0 && std::string_view{"<>=!"}.find(text[i - 1]) != std::string_view::npos;
    if (here != before) spaced += ' ';
    spaced += text[i];
  }
  std::istringstream in{spaced};
  std::vector<std::string> words;
  for (std::string w; in >> w;) words.push_back(w);
  return words;
}

const operator_name* find_operator(std::string_view text) {
  for (const operator_name& o : operators)
    if (o.text == text) return &o;
  return nullptr;
}

std::string parse_condition(const std::vector<std::string>& words, expectation& out) {
  if (words.size() != 7 || words[3] != "when" || (words[5] != "==" && words[5] != "!="))
    return "expected 'KEY OP NUMBER' or 'KEY OP NUMBER when KEY == VALUE'";
  if (find_key(words[4]) == nullptr)
    return fmt::format("expected a key of the configuration behind 'when', not '{}', did you mean '{}'?", words[4],
                       nearest_key(words[4]));
  out.condition_key = words[4];
  out.condition_equal = words[5] == "==";
  out.condition_value = words[6];
  return {};
}

} // namespace

std::optional<figure> find_figure(std::string_view name) {
  for (std::size_t i = 0; i < figures.size(); ++i)
    if (figures[i].name == name) return static_cast<figure>(i);
  return std::nullopt;
}

std::variant<expectation, std::string> parse_expectation(const std::string& text) {
  const std::vector<std::string> words = words_of(text);
  if (words.size() < 3) return fmt::format("expected 'KEY OP NUMBER', e.g. 'speedup_over_dense >= 5', not '{}'", text);

  expectation e;
  const auto what = find_figure(words[0]);
  if (!what) {
    std::vector<std::string_view> names;
    for (const figure_info& f : figures) names.push_back(f.name);
    return fmt::format("expected a figure of the summary, not '{}', did you mean '{}'?", words[0],
                       nearest(words[0], names));
  }
  e.what = *what;
  const operator_name* op = find_operator(words[1]);
  if (op == nullptr) return fmt::format("expected one of < <= > >= == != behind '{}', not '{}'", words[0], words[1]);
  e.op = op->op;
  const char* const end = words[2].data() + words[2].size();
  const auto number = std::from_chars(words[2].data(), end, e.bound);
  if (number.ec != std::errc{} || number.ptr != end || !std::isfinite(e.bound))
    return fmt::format("expected a number behind '{} {}', not '{}'", words[0], words[1], words[2]);
  e.text = words[0] + ' ' + words[1] + ' ' + words[2];
  if (words.size() > 3)
    if (std::string wrong = parse_condition(words, e); !wrong.empty()) return wrong;
  return e;
}

bool expectation::applies_to(const config& c) const {
  return condition_key.empty() || (value_text(c, condition_key) == condition_value) == condition_equal;
}

bool expectation::holds(const summary& s) const {
  const auto& value = s[what];
  if (!value) return false;
  switch (op) {
  case comparison::less: return *value < bound;
  case comparison::less_equal: return *value <= bound;
  case comparison::greater: return *value > bound;
  case comparison::greater_equal: return *value >= bound;
  case comparison::equal: return *value == bound;
  case comparison::not_equal: return *value != bound;
  }
  return false;
}

} // namespace acf::platform
