// One value as the user wrote it, and its way into the member that its key names.
#pragma once

#include "platform/config/reader.hpp"
#include "platform/config/schema.hpp"

#include <string>
#include <vector>

namespace acf::platform {

struct written_item {
  std::string text;
  origin at;
};

struct written_value {
  enum class shape { nothing, scalar, list, section };
  std::string path;
  origin at;
  shape form = shape::scalar;
  std::vector<written_item> items; // one for a scalar
  std::filesystem::path folder;    // paths are relative to it
};

// Stores the value; returns what is wrong with it, or an empty text.
std::string assign(const key& k, const written_value& v, config& c);
std::string assign_tile(tile_key tile, const written_value& v, config& c);

// Rules beyond the range of one key; appends to `out`.
void check_rules(const config& c, const origins& given, std::vector<complaint>& out);

} // namespace acf::platform
