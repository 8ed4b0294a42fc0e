#include "platform/energy/table.hpp"

#include "platform/config/input_error.hpp"

#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace acf::platform {
namespace {

void flatten(const std::filesystem::path& file, const YAML::Node& node, const std::string& name,
             std::map<std::string, double>& numbers, std::map<std::string, std::string>& texts) {
  const int line = node.Mark().line + 1;
  if (node.IsMap()) {
    for (const auto& entry : node)
      flatten(file, entry.second, (name.empty() ? "" : name + ".") + entry.first.as<std::string>(), numbers, texts);
    return;
  }
  if (!node.IsScalar()) throw input_error{fmt::format("{}:{}: '{}': expected a number", file.string(), line, name)};
  const std::string& text = node.Scalar();
  double value = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), value);
  if (r.ec == std::errc{} && r.ptr == text.data() + text.size() && std::isfinite(value)) {
    if (value < 0) throw input_error{fmt::format("{}:{}: '{}': expected a number that is not negative, not {}",
                                                 file.string(), line, name, text)};
    numbers[name] = value;
  }
  texts[name] = text;
}

} // namespace

number_table::number_table(const std::filesystem::path& from) : file(from) {
  try {
    const YAML::Node root = YAML::LoadFile(file.string());
    if (!root.IsMap()) throw input_error{file, "expected a table of named numbers"};
    flatten(file, root, "", numbers, texts);
  } catch (const YAML::BadFile&) {
    throw input_error{file, "cannot be read"};
  } catch (const YAML::Exception& wrong) {
    throw input_error{fmt::format("{}:{}: {}", file.string(), wrong.mark.line + 1, wrong.msg)};
  }
}

double number_table::operator[](const std::string& name) const {
  const auto at = numbers.find(name);
  if (at != numbers.end()) return at->second;
  if (const auto t = texts.find(name); t != texts.end())
    throw input_error{file, fmt::format("'{}': expected a number, not '{}'", name, t->second)};
  throw input_error{file, fmt::format("expected an entry '{}'", name)};
}

std::map<std::string, double> number_table::section(const std::string& name) const {
  std::map<std::string, double> out;
  for (const auto& [key, value] : numbers)
    if (key.starts_with(name + ".")) out[key.substr(name.size() + 1)] = value;
  if (out.empty()) throw input_error{file, fmt::format("expected a section '{}'", name)};
  return out;
}

const std::string& number_table::text(const std::string& name) const {
  const auto at = texts.find(name);
  if (at == texts.end()) throw input_error{file, fmt::format("expected an entry '{}'", name)};
  return at->second;
}

double energy_table::sram_byte_pj(double kib) const { return sram_at_1_kib_pj * std::pow(kib, sram_exponent); }

energy_table read_energy_table(const std::filesystem::path& file) {
  const number_table t(file);
  energy_table e;
  e.node = t.text("node");
  e.mac_pj = t.section("energy_pj.mac"), e.mac_um2 = t.section("area_um2.mac");
  e.dram_byte_pj = t.section("energy_pj.dram_byte");
  for (const char* type : {"int8", "bf16", "fp16", "fp32"})
    (void)t[std::string("energy_pj.mac.") + type], (void)t[std::string("area_um2.mac.") + type];
  e.sram_at_1_kib_pj = t["energy_pj.sram_byte.at_1_kib"], e.sram_exponent = t["energy_pj.sram_byte.exponent"];
  e.noc_bit_hop_pj = t["energy_pj.noc_bit_hop"];
  e.sram_bit_um2 = t["area_um2.sram_bit"];
  return e;
}

} // namespace acf::platform
