// Which patterns of zeros a recipe makes. What cannot be is refused with the key and the rule.
#pragma once

#include "platform/config/config.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace acf::platform {

struct n_of_m {
  std::uint32_t n = 0, m = 0;
};
std::optional<n_of_m> read_n_of_m(std::string_view text); // "2:8"

// One of compare.recipes: "dense", "rigl/unstructured". Throws std::invalid_argument: what was expected.
struct recipe_choice {
  std::string recipe, pattern;
};
recipe_choice read_recipe_choice(const std::string& text);

bool leaves_weights_dense(std::string_view recipe); // such a recipe has no pattern

// What `train.pattern` breaks, in words; empty: nothing.
std::string broken_pattern_rule(const train_config& train);

} // namespace acf::platform
