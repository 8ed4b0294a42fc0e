#include "platform/config/dram_preset.hpp"

#include "platform/config/input_error.hpp"
#include "platform/config/nearest.hpp"
#include "platform/config/yaml_document.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <optional>
#include <yaml-cpp/yaml.h>

namespace acf::platform {
namespace {

constexpr unsigned most_ancestors = 8;

std::filesystem::path file_of(const std::string& name, const std::filesystem::path& folder) {
  if (is_dram_preset_file(name)) return (folder / name).lexically_normal();
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "dram" / (name + ".yaml");
}

std::optional<double> number_in(const std::string& text) {
  double value = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), value);
  if (r.ec != std::errc{} || r.ptr != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

class preset_reader {
public:
  dram_preset_reading result;

  void read(const std::filesystem::path& file) {
    read_file(file, 0);
    if (!result.complaints.empty()) return;
    result.value.device.name = file.stem().string();
    for (const auto& name : known())
      if (!optional(name) && !given_.contains(std::string{name}))
        complain({file.string(), 1, 1}, std::string{name}, "expected, but it is missing");
    if (!result.complaints.empty()) return;
    try {
      result.value.device.validate_data_sheet();
    } catch (const dram::bad_device& bad) { // said of the key that the outermost file has
      const auto in = [&](const std::string& k) {
        const auto at = given_.find(k);
        return at != given_.end() && at->second.file == file.string();
      };
      const auto key = std::ranges::find_if(bad.keys, in);
      const auto& named = key == bad.keys.end() ? bad.keys.front() : *key;
      const std::string rule = named == bad.keys.front() ? bad.rule : bad.keys.front() + ": " + bad.rule;
      const auto at = given_.find(named);
      complain(at == given_.end() ? origin{file.string(), 1, 1} : at->second, named, rule);
    }
  }

private:
  std::map<std::string, origin> given_;

  void complain(const origin& at, const std::string& key, const std::string& text) {
    result.complaints.push_back({at, fmt::format("key '{}': {}", key, text)});
  }

  static const std::vector<std::string_view>& known() {
    static const std::vector<std::string_view> names = [] {
      std::vector<std::string_view> all{"tCK_ps"};
      for (const auto& n : dram::device_numbers()) all.emplace_back(n.key);
      for (const auto& c : dram::device_currents()) all.emplace_back(c.key);
      all.insert(all.end(), {"dual_command", "address_mapping", "technology", "reference", "like"});
      return all;
    }();
    return names;
  }
  static bool optional(std::string_view name) {
    if (name == "reference" || name == "like") return true;
    return std::ranges::any_of(dram::device_numbers(), [&](const auto& n) { return n.optional && n.key == name; });
  }

  void read_file(const std::filesystem::path& file, unsigned depth) {
    const origin top{file.string(), 0, 0};
    if (depth > most_ancestors) return complain(top, "like", "expected an end: these files refer to each other");
    YAML::Node root;
    try {
      root = read_document(file);
    } catch (const YAML::BadFile&) {
      result.complaints.push_back({top, "cannot be read: no such preset"});
      return;
    } catch (const YAML::Exception& wrong) {
      result.complaints.push_back(
          {{file.string(), static_cast<std::uint32_t>(wrong.mark.line + 1), 0}, "this is not YAML: " + wrong.msg});
      return;
    }
    if (!root.IsMap()) {
      result.complaints.push_back({top, "expected keys with values, 'tCK_ps: 625'"});
      return;
    }
    if (const YAML::Node like = root["like"])
      read_file(file_of(like.IsScalar() ? like.Scalar() : "", file.parent_path()), depth + 1);
    std::map<std::string, bool> seen;
    for (const auto& entry : root) {
      const origin at{file.string(), static_cast<std::uint32_t>(entry.first.Mark().line + 1), 1};
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      if (std::ranges::find(known(), key) == known().end())
        complain(
            at, key,
            fmt::format("expected one of {}, did you mean '{}'?", fmt::join(known(), ", "), nearest(key, known())));
      else if (seen[key])
        complain(at, key, "expected once");
      else if (!entry.second.IsScalar())
        complain(at, key, "expected a single value");
      else
        take(at, key, entry.second.Scalar());
      seen[key] = true;
    }
  }

  void take(const origin& at, const std::string& key, const std::string& text) {
    auto& p = result.value;
    given_[key] = at;
    if (key == "like") return;
    if (key == "technology") {
      p.technology = text;
    } else if (key == "reference") {
      p.reference = text;
    } else if (key == "address_mapping") {
      p.device.order = text;
    } else if (key == "dual_command") {
      if (text != "true" && text != "false") complain(at, key, fmt::format("expected true or false, not '{}'", text));
      p.device.dual_command = text == "true";
    } else {
      take_number(at, key, text);
    }
  }

  void take_number(const origin& at, const std::string& key, const std::string& text) {
    auto& d = result.value.device;
    const auto value = number_in(text);
    for (const auto& n : dram::device_numbers()) {
      if (key != n.key) continue;
      if (!value || *value != std::floor(*value) || *value < n.low || *value > n.high)
        return complain(at, key, fmt::format("expected an integer from {} to {}, not '{}'", n.low, n.high, text));
      d.*n.member = static_cast<std::uint32_t>(*value);
      return;
    }
    constexpr double most = 1e6; // ps, mA
    if (!value || *value < 0 || *value > most)
      return complain(at, key, fmt::format("expected a number from 0 to {:.0f}, not '{}'", most, text));
    if (key == "tCK_ps") d.clock_fs = static_cast<std::uint64_t>(std::llround(*value * 1000));
    for (const auto& c : dram::device_currents())
      if (key == c.key) d.*c.member = *value;
  }
};

} // namespace

bool is_dram_preset_file(const std::string& name) { return name.find_first_of("./") != std::string::npos; }

dram_preset_reading read_dram_preset(const std::string& name) {
  preset_reader r;
  r.read(file_of(name, {}));
  return std::move(r.result);
}

dram_preset dram_preset_of(const std::string& name) {
  auto r = read_dram_preset(name);
  if (r.complaints.empty()) return std::move(r.value);
  std::string all;
  for (const auto& c : r.complaints) all += (all.empty() ? "" : "\n") + c.line();
  throw input_error{all};
}

} // namespace acf::platform
