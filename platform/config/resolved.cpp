#include "platform/config/resolved.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

namespace acf::platform {
namespace {

using nlohmann::ordered_json;

ordered_json value_of(const key& k, config& c) {
  return std::visit(
      [&](auto* p) -> ordered_json {
        if constexpr (std::is_same_v<decltype(p), std::string*>) {
          if (p->empty()) return nullptr;
          const bool path = k.is_file || (k.file_allowed && p->find('/') != std::string::npos);
          return path ? std::filesystem::path{*p}.filename().string() : *p;
        } else {
          return *p;
        }
      },
      k.at(c));
}

ordered_json& slot(ordered_json& top, std::string_view path) {
  ordered_json* at = &top;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    at = &(*at)[std::string{path.substr(0, dot)}];
    path.remove_prefix(dot + 1);
  }
  return (*at)[std::string{path}];
}

} // namespace

ordered_json to_json(const config& c) {
  config copy = c; // the schema hands out places to write to
  ordered_json out = ordered_json::object();
  for (const key& k : schema()) slot(out, k.path) = value_of(k, copy);
  ordered_json tiles = ordered_json::object();
  for (const auto& [at, own] : c.tile)
    tiles[fmt::format("{}_{}", at.first, at.second)] = ordered_json{{"engine", own.engine}};
  out["tile"] = std::move(tiles);
  return out;
}

bool same_values(config a, config b) {
  const auto same = [&](const key& k) {
    return std::visit([other = k.at(b)](auto* p) { return *p == *std::get<decltype(p)>(other); }, k.at(a));
  };
  return std::ranges::all_of(schema(), same) &&
         std::ranges::equal(a.tile, b.tile, [](const auto& own, const auto& its) {
           return own.first == its.first && own.second.engine == its.second.engine;
         });
}

std::string value_text(const config& c, std::string_view path) {
  const key* k = find_key(path);
  if (k == nullptr) return "unset";
  config copy = c;
  const ordered_json value = value_of(*k, copy);
  if (value.is_null()) return "unset";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

ordered_json describe_keys() {
  config defaults;
  ordered_json out = ordered_json::array();
  for (const key& k : schema()) {
    ordered_json entry{{"key", k.path}, {"expected", expectation_of(k)}, {"unit", k.unit}};
    entry["default"] = value_of(k, defaults);
    entry["text"] = k.text;
    if (!k.words.empty()) {
      ordered_json words = ordered_json::array();
      for (const word& w : k.words) words.push_back({{"name", w.name}});
      entry["words"] = std::move(words);
    }
    out.push_back(std::move(entry));
    if (k.path == "zbcc.engine")
      out.push_back({{"key", "tile.X_Y.engine"},
                     {"expected", expectation_of(k)},
                     {"unit", ""},
                     {"default", nullptr},
                     {"text", "engine of the tile in column X, row Y"}});
  }
  return out;
}

} // namespace acf::platform
