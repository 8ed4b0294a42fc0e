#include "platform/config/reader.hpp"

#include "platform/config/dram_preset.hpp"
#include "platform/config/nearest.hpp"
#include "platform/config/values.hpp"
#include "platform/config/yaml_document.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>
#include <yaml-cpp/yaml.h>

namespace acf::platform {
namespace {

using shape = written_value::shape;

class reader {
public:
  config_reading result;

  void read_file(const std::filesystem::path& file);
  void read_set(std::uint32_t number, const std::string& text);
  void finish();

private:
  origins& given = result.given;
  std::string file_name;
  std::filesystem::path folder;

  void complain(origin at, std::string text) { result.complaints.push_back({std::move(at), std::move(text)}); }
  origin where(const YAML::Mark& mark) const {
    const auto from_1 = [](int place) { return static_cast<std::uint32_t>(std::max(place, 0) + 1); }; // nothing: -1
    return {file_name, from_1(mark.line), from_1(mark.column)};
  }
  void walk(const YAML::Node& section, const std::string& prefix);
  written_value written(const std::string& path, const YAML::Node& name, const YAML::Node& value) const;
  void take(const written_value& v);
  void unknown(const std::string& path, const origin& at);
  void apply_presets();
};

bool is_section(const std::string& path) {
  if (path == "tile") return true;
  tile_key tile{};
  if (parse_tile_key(path + ".engine", tile)) return true;
  return std::any_of(schema().begin(), schema().end(), [&](const key& k) { return k.path.starts_with(path + "."); });
}

// "one of mesh.width, mesh.height" for a section that exists, else the names at the top.
std::string known_names(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  const std::string section = dot == std::string::npos ? "" : path.substr(0, dot + 1);
  std::vector<std::string> names;
  const auto add = [&](std::string name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  };
  if (section == "tile.") return "tile.X_Y.engine";
  if (!section.empty() && is_section(section.substr(0, section.size() - 1))) {
    for (const key& k : schema())
      if (k.path.starts_with(section)) add(std::string{k.path});
    if (names.empty()) return "tile.X_Y.engine";
  } else {
    for (const key& k : schema()) add(std::string{k.path.substr(0, k.path.find('.'))});
    add("tile");
  }
  return fmt::format("{}{}", names.size() > 1 ? "one of " : "", fmt::join(names, ", "));
}

// The valid name that was meant: a section if one is a typing error away, else a key.
std::string name_meant(const std::string& path) {
  constexpr std::size_t typing_error = 2;
  if (path.starts_with("tile.")) {
    tile_key tile{};
    const std::string own = path.substr(0, path.rfind('.')) + ".engine";
    return parse_tile_key(own, tile) ? own : "tile.X_Y.engine";
  }
  if (path.find('.') == std::string::npos) {
    std::vector<std::string_view> tops{"tile"};
    for (const key& k : schema()) tops.push_back(k.path.substr(0, k.path.find('.')));
    if (std::string top = nearest(path, tops); edit_distance(path, top) <= typing_error) return top;
  }
  return nearest_key(path);
}

void reader::unknown(const std::string& path, const origin& at) {
  complain(at, fmt::format("key '{}': expected {}, did you mean '{}'?", path, known_names(path), name_meant(path)));
}

written_value reader::written(const std::string& path, const YAML::Node& name, const YAML::Node& value) const {
  written_value v{path, where(name.Mark()), shape::scalar, {}, folder};
  if (value.IsNull()) v.form = shape::nothing;
  if (value.IsMap()) v.form = shape::section;
  if (value.IsScalar()) v.items.push_back({value.Scalar(), where(value.Mark())});
  if (value.IsSequence()) {
    v.form = shape::list;
    for (const auto& item : value) {
      if (item.IsScalar())
        v.items.push_back({item.Scalar(), where(item.Mark())});
      else
        v.form = shape::section;
    }
  }
  return v;
}

void reader::take(const written_value& v) {
  std::string wrong;
  tile_key tile{};
  if (const key* k = find_key(v.path))
    wrong = assign(*k, v, result.value);
  else if (parse_tile_key(v.path, tile))
    wrong = assign_tile(tile, v, result.value);
  else
    return unknown(v.path, v.at);

  if (!wrong.empty()) complain(v.at, fmt::format("key '{}': {}", v.path, wrong));
  auto& lines = given[v.path];
  lines.clear();
  for (const written_item& item : v.items) lines.push_back(v.form == shape::list ? item.at : v.at);
  if (lines.empty()) lines.push_back(v.at);
}

void reader::walk(const YAML::Node& section, const std::string& prefix) {
  std::map<std::string, origin> seen;
  for (const auto& entry : section) {
    const origin at = where(entry.first.Mark());
    if (!entry.first.IsScalar()) {
      complain(at, "expected a key, not a list or a section");
      continue;
    }
    const std::string path = prefix + entry.first.Scalar();
    if (const auto first = seen.find(path); first != seen.end()) {
      complain(at, fmt::format("key '{}': expected once, but line {} has it too", path, first->second.line));
      continue;
    }
    seen.emplace(path, at);
    tile_key tile{};
    const bool is_key = find_key(path) != nullptr || parse_tile_key(path, tile);
    if (!is_key && is_section(path)) {
      if (entry.second.IsMap())
        walk(entry.second, path + ".");
      else
        complain(at, fmt::format("key '{}': expected a section with {}", path, known_names(path + ".")));
      continue;
    }
    take(written(path, entry.first, entry.second));
  }
}

void reader::read_file(const std::filesystem::path& file) {
  file_name = file.string();
  folder = file.parent_path();
  std::error_code unreadable;
  if (std::filesystem::is_directory(file, unreadable))
    return complain({file_name, 0, 0}, "expected a scenario file, not a directory");
  try {
    const YAML::Node top = read_document(file);
    if (top.IsMap())
      walk(top, "");
    else if (!top.IsNull())
      complain(where(top.Mark()), "expected keys with values, 'mesh: {width: 4}'");
  } catch (const YAML::BadFile&) {
    complain({file_name, 0, 0}, "cannot be read: no such scenario");
  } catch (const second_document& e) {
    complain(where(e.mark), e.msg);
  } catch (const YAML::Exception& e) {
    complain(where(e.mark), fmt::format("column {}: this is not YAML: {}", e.mark.column + 1, e.msg));
  }
}

// Quotes mean here what they mean in a file.
std::string unquoted(const std::string& value) {
  const bool quoted =
      value.size() >= 2 && value.front() == value.back() && (value.front() == '"' || value.front() == '\'');
  return quoted ? value.substr(1, value.size() - 2) : value;
}

void reader::read_set(std::uint32_t number, const std::string& text) {
  const origin at{"--set", number, 1};
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return complain(at, fmt::format("expected KEY=VALUE, not '{}'", text));
  written_value v{text.substr(0, equals), at, shape::scalar, {}, {}};
  std::string value = text.substr(equals + 1);
  const bool bracketed = value.size() >= 2 && value.front() == '[' && value.back() == ']';
  const key* k = find_key(v.path);
  if (bracketed || (k != nullptr && takes_list(*k))) {
    v.form = shape::list;
    if (bracketed) value = value.substr(1, value.size() - 2);
    for (std::size_t from = 0; from < value.size();) {
      const std::size_t comma = std::min(value.find(',', from), value.size());
      std::string item = value.substr(from, comma - from);
      item.erase(0, item.find_first_not_of(' '));
      item.erase(item.find_last_not_of(' ') + 1);
      v.items.push_back({item, at});
      from = comma + 1;
    }
  } else {
    v.items.push_back({unquoted(value), at});
  }
  if (k == nullptr && is_section(v.path))
    return complain(at, fmt::format("key '{}': expected a section with {}", v.path, known_names(v.path + ".")));
  take(v);
}

// A preset sets what nobody has set.
void reader::apply_presets() {
  if (!given.contains("dram.preset") || given.contains("dram.channels")) return;
  const auto preset = read_dram_preset(result.value.dram.preset); // what is wrong with it the rules will say
  if (preset.complaints.empty()) result.value.dram.channels = preset.value.device.channels;
}

void reader::finish() {
  apply_presets();
  check_rules(result.value, given, result.complaints);
  const auto order = [](const complaint& c) { return std::tuple{c.at.file == "--set", c.at.line, c.at.column}; };
  std::stable_sort(result.complaints.begin(), result.complaints.end(),
                   [&](const complaint& a, const complaint& b) { return order(a) < order(b); });
}

} // namespace

std::string complaint::line() const {
  return at.line == 0 ? fmt::format("{}: {}", at.file, text) : fmt::format("{}:{}: {}", at.file, at.line, text);
}

complaint complaint_about(std::span<const std::string> keys, const origins& given, const std::string& text) {
  for (const std::string& k : keys)
    if (const auto at = given.find(k); at != given.end())
      return {at->second.front(), fmt::format("key '{}': {}", k, text)};
  return {{"default", 0, 0}, fmt::format("key '{}': {}", keys.front(), text)};
}

config_reading read_config(const std::optional<std::filesystem::path>& scenario, std::span<const std::string> sets) {
  reader r;
  if (scenario) {
    r.result.value.name = scenario->stem().string();
    r.read_file(*scenario);
  }
  std::uint32_t number = 0;
  for (const std::string& set : sets) r.read_set(++number, set);
  r.finish();
  return std::move(r.result);
}

} // namespace acf::platform
