// What kinds of a parameterised test have in common: a name, by which the test's cases go.
#pragma once

#include "tests/reference/trainer.hpp"

#include <ostream>
#include <string>

namespace acf::reference {

struct named_kind {
  const char* name;
  constexpr named_kind(const char* n) : name(n) {} // so that kind{"name", ...} needs no braces of its own
};
inline std::ostream& operator<<(std::ostream& out, const named_kind& k) { return out << k.name; }

// The last argument of INSTANTIATE_TEST_SUITE_P.
inline constexpr auto by_name = [](const auto& p) { return std::string(p.param.name); };

// If weights live and die by this recipe, they do so in blocks or one by one.
inline void set_recipe(settings& s, method recipe, bool blocks) {
  s.recipe = recipe;
  s.sparse =
      recipe == method::rigl || recipe == method::set || recipe == method::magnitude || recipe == method::momentum;
  s.unstructured = s.sparse && !blocks;
}

} // namespace acf::reference
