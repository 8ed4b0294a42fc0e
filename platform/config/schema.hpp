// The keys of a scenario as one table: path, kind, allowed values, unit, text, and the member it fills in. Reading,
// checking, suggestions, report.json and `acf-vp describe` all walk this table; a new key is one line here.
#pragma once

#include "platform/config/config.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace acf::platform {

// A value that a text may take.
struct word {
  std::string_view name;
};

// Where the value of a key lives.
using place = std::variant<std::uint32_t*, std::uint64_t*, double*, bool*, std::string*, std::vector<std::uint32_t>*,
                           std::vector<std::string>*>;

struct key {
  std::string_view path; // "mesh.width"
  std::string_view unit; // "tiles"; empty for words and texts
  std::string_view text; // what it does, for people
  std::function<place(config&)> at;

  // numbers: low <= value <= high, and a multiple of `step`
  double low = 0;
  double high = 0;
  std::uint32_t step = 1;

  std::vector<word> words{};       // allowed words; empty: any text
  std::string_view pattern_word{}; // a further form that is allowed: "n:m"; of a list of texts that of each
  bool is_file = false;            // a path; relative to the scenario file that names it
  bool file_allowed = false;       // besides `words`, a path to a file
};

std::span<const key> schema();
const key* find_key(std::string_view path);

// `tile.X_Y.engine`: the one key with a place in its name. Its words are those of zbcc.engine.
struct tile_key {
  std::uint32_t x, y;
};
bool parse_tile_key(std::string_view path, tile_key& out);

bool takes_list(const key& k);

// "an integer from 1 to 32", "one of lt, at", ...: completes "expected ...".
std::string expectation_of(const key& k);

} // namespace acf::platform
