#include "platform/config/recipe_rules.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <stdexcept>

namespace acf::platform {
namespace {

enum class makes { blocks, blocks_or_elements, groups, dense_weights };

struct recipe_pattern {
  std::string_view recipe;
  makes pattern;
};
constexpr recipe_pattern recipes[] = {
    {"rigl", makes::blocks_or_elements},
    {"block", makes::blocks},
    {"acf", makes::blocks},
    {"magnitude", makes::blocks_or_elements},
    {"set", makes::blocks_or_elements},
    {"momentum", makes::blocks_or_elements},
    {"srste", makes::groups},
    {"bdwp", makes::groups},
    {"dts", makes::dense_weights},
    {"topk", makes::dense_weights},
    {"static", makes::dense_weights},
    {"gaussian", makes::dense_weights},
    {"random", makes::dense_weights},
};

std::string expected(makes pattern) {
  switch (pattern) {
  case makes::blocks: return "block4x4";
  case makes::blocks_or_elements: return "block4x4 or unstructured";
  case makes::groups: return "n:m, such as 2:8";
  case makes::dense_weights: break;
  }
  return "";
}

} // namespace

std::optional<n_of_m> read_n_of_m(std::string_view text) {
  const std::size_t colon = text.find(':');
  n_of_m out;
  const auto number = [](std::string_view part, std::uint32_t& value) {
    const auto r = std::from_chars(part.data(), part.data() + part.size(), value);
    return r.ec == std::errc{} && r.ptr == part.data() + part.size();
  };
  if (colon == std::string_view::npos || !number(text.substr(0, colon), out.n) ||
      !number(text.substr(colon + 1), out.m))
    return std::nullopt;
  return out;
}

recipe_choice read_recipe_choice(const std::string& text) {
  const auto slash = text.find('/');
  train_config train;
  train.recipe = text.substr(0, slash);
  if (slash != std::string::npos) train.pattern = text.substr(slash + 1);
  const bool known =
      train.recipe == "dense" || std::any_of(std::begin(recipes), std::end(recipes),
                                             [&](const recipe_pattern& r) { return r.recipe == train.recipe; });
  if (!known)
    throw std::invalid_argument(fmt::format("expected RECIPE or RECIPE/PATTERN, and '{}' is no recipe", train.recipe));
  if (train.pattern != "block4x4" && train.pattern != "unstructured" && !read_n_of_m(train.pattern))
    throw std::invalid_argument(
        fmt::format("expected a pattern of block4x4, unstructured or n:m, not '{}'", train.pattern));
  if (const auto rule = broken_pattern_rule(train); !rule.empty()) throw std::invalid_argument(rule);
  return {train.recipe, train.pattern};
}

bool leaves_weights_dense(std::string_view recipe) {
  const auto found =
      std::find_if(std::begin(recipes), std::end(recipes), [&](const recipe_pattern& r) { return r.recipe == recipe; });
  return found == std::end(recipes) || found->pattern == makes::dense_weights;
}

std::string broken_pattern_rule(const train_config& train) {
  const auto groups = read_n_of_m(train.pattern);
  if (groups) {
    const bool known = groups->m == 2 || groups->m == 4 || groups->m == 8 || groups->m == 16;
    if (!known || groups->n == 0 || groups->n >= groups->m)
      return fmt::format("expected n:m with m of 2, 4, 8 or 16 and n from 1 to m - 1, not '{}'", train.pattern);
  }
  const auto found = std::find_if(std::begin(recipes), std::end(recipes),
                                  [&](const recipe_pattern& r) { return r.recipe == train.recipe; });
  if (found == std::end(recipes)) return {}; // dense
  const bool blocks = train.pattern == "block4x4", elements = train.pattern == "unstructured";
  switch (found->pattern) {
  case makes::blocks:
    if (blocks) return {};
    break;
  case makes::blocks_or_elements:
    if (blocks || elements) return {};
    break;
  case makes::groups:
    if (groups) return {};
    break;
  case makes::dense_weights:
    if (blocks) return {}; // the default, unused
    return fmt::format("recipe '{}' thins out gradients and leaves weights dense: expected no pattern, not '{}'",
                       train.recipe, train.pattern);
  }
  return fmt::format("recipe '{}' makes zeros in another pattern: expected {}, not '{}'", train.recipe,
                     expected(found->pattern), train.pattern);
}

} // namespace acf::platform
