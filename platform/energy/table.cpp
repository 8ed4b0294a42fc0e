#include "platform/energy/table.hpp"

#include "platform/config/input_error.hpp"
#include "platform/config/nearest.hpp"
#include "platform/config/yaml_document.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <yaml-cpp/yaml.h>

namespace acf::platform {
namespace {

// All that a table must have; "*" stands for names of the table's own (engines may be added).
constexpr std::string_view known[] = {"node",
                                      "energy_pj.mac.int8",
                                      "energy_pj.mac.bf16",
                                      "energy_pj.mac.fp16",
                                      "energy_pj.mac.fp32",
                                      "energy_pj.vector_op",
                                      "energy_pj.sram_byte.at_1_kib",
                                      "energy_pj.sram_byte.exponent",
                                      "energy_pj.noc_bit_hop",
                                      "energy_pj.dram_byte.hbm2",
                                      "energy_pj.dram_byte.ddr4_3200",
                                      "energy_pj.dram_byte.lpddr4_3200",
                                      "energy_pj.dram_byte.lpddr4_2400",
                                      "area_um2.mac.int8",
                                      "area_um2.mac.bf16",
                                      "area_um2.mac.fp16",
                                      "area_um2.mac.fp32",
                                      "area_um2.vector_lane",
                                      "area_um2.sram_bit"};
constexpr std::string_view open_sections[] = {"energy_pj.skipping_lane_cycle.", "energy_pj.dram_byte.",
                                              "area_um2.skipping_lane."};

void refuse_unknown(const number_table& t) {
  for (const std::string& name : t.names()) {
    const bool fine = std::find(std::begin(known), std::end(known), name) != std::end(known) ||
                      std::any_of(std::begin(open_sections), std::end(open_sections),
                                  [&](std::string_view s) { return std::string_view{name}.starts_with(s); });
    if (!fine) t.complain(name, fmt::format("unknown entry, did you mean '{}'?", nearest(name, known)));
  }
}

} // namespace

number_table::number_table(const std::filesystem::path& from) : file(from) {
  const std::function<void(const YAML::Node&, const std::string&)> flatten = [&](const YAML::Node& node,
                                                                                 const std::string& name) {
    const int line = node.Mark().line + 1;
    if (node.IsMap()) {
      section_lines[name] = line;
      for (const auto& part : node) {
        const std::string path = (name.empty() ? "" : name + ".") + part.first.as<std::string>();
        if (entries.contains(path) || section_lines.contains(path))
          throw input_error{fmt::format("{}:{}: '{}': given twice", file.string(), part.first.Mark().line + 1, path)};
        flatten(part.second, path);
      }
      return;
    }
    entry e{line, node.IsScalar() ? node.Scalar() : "", std::nullopt};
    double value = 0;
    const auto r = std::from_chars(e.text.data(), e.text.data() + e.text.size(), value);
    if (node.IsScalar() && r.ec == std::errc{} && r.ptr == e.text.data() + e.text.size() && std::isfinite(value))
      e.number = value;
    entries.emplace(name, std::move(e));
  };
  try {
    const YAML::Node root = read_document(file);
    if (!root.IsMap()) throw input_error{file, "expected a table of named numbers"};
    flatten(root, "");
    read_sources();
  } catch (const YAML::BadFile&) {
    throw input_error{file, "cannot be read"};
  } catch (const YAML::Exception& wrong) {
    throw input_error{fmt::format("{}:{}: {}", file.string(), wrong.mark.line + 1, wrong.msg)};
  }
}

void number_table::read_sources() {
  constexpr std::string_view prefix = "sources.";
  for (auto at = entries.lower_bound(std::string(prefix)); at != entries.end() && at->first.starts_with(prefix);) {
    const std::string of = at->first.substr(prefix.size());
    if (at->second.text.empty()) complain(at->first, "expected a text");
    sources.emplace(of, at->second);
    at = entries.erase(at);
  }
}

void number_table::refuse_stray_sources() const {
  for (const auto& [of, text] : sources)
    if (!entries.contains(of) && !section_lines.contains(of))
      throw input_error{
          fmt::format("{}:{}: 'sources.{}': expected the name of an entry or a section", file.string(), text.line, of)};
}

std::string number_table::source(const std::string& name) const {
  for (std::string part = name; !part.empty();) {
    if (const auto at = sources.find(part); at != sources.end()) return at->second.text;
    const std::size_t dot = part.rfind('.');
    part = dot == std::string::npos ? "" : part.substr(0, dot);
  }
  return "";
}

void number_table::complain(const std::string& name, const std::string& what) const {
  if (const auto at = entries.find(name); at != entries.end())
    throw input_error{fmt::format("{}:{}: '{}': {}", file.string(), at->second.line, name, what)};
  std::string section = name; // of a missing entry the nearest section that is there
  while (!section.empty() && !section_lines.contains(section)) {
    const std::size_t dot = section.rfind('.');
    section = dot == std::string::npos ? "" : section.substr(0, dot);
  }
  throw input_error{fmt::format("{}:{}: '{}': {}", file.string(), section_lines.at(section), name, what)};
}

double number_table::operator[](const std::string& name) const {
  const auto at = entries.find(name);
  if (at == entries.end()) complain(name, "missing; expected a number");
  if (!at->second.number || *at->second.number < 0)
    complain(name, fmt::format("expected a number that is not negative, not '{}'", at->second.text));
  return *at->second.number;
}

std::map<std::string, double> number_table::section(const std::string& name) const {
  std::map<std::string, double> out;
  for (const auto& [key, e] : entries)
    if (key.starts_with(name + ".")) out[key.substr(name.size() + 1)] = (*this)[key];
  if (out.empty()) complain(name, "missing; expected a section of numbers");
  return out;
}

const std::string& number_table::text(const std::string& name) const {
  const auto at = entries.find(name);
  if (at == entries.end() || at->second.text.empty()) complain(name, "missing; expected a name");
  return at->second.text;
}

std::vector<std::string> number_table::names() const {
  std::vector<std::string> out;
  for (const auto& [name, e] : entries) out.push_back(name);
  return out;
}

double energy_table::sram_byte_pj(double kib) const { return sram_at_1_kib_pj * std::pow(kib, sram_exponent); }

energy_table read_energy_table(const std::filesystem::path& file) {
  const number_table t(file);
  refuse_unknown(t);
  energy_table e;
  e.node = t.text("node");
  for (const std::string_view name : known)
    if (name != "node") (void)t[std::string{name}];
  e.mac_pj = t.section("energy_pj.mac"), e.mac_um2 = t.section("area_um2.mac");
  e.skipping_pj = t.section("energy_pj.skipping_lane_cycle"), e.skipping_um2 = t.section("area_um2.skipping_lane");
  e.dram_byte_pj = t.section("energy_pj.dram_byte");
  e.vector_op_pj = t["energy_pj.vector_op"], e.vector_lane_um2 = t["area_um2.vector_lane"];
  e.sram_at_1_kib_pj = t["energy_pj.sram_byte.at_1_kib"], e.sram_exponent = t["energy_pj.sram_byte.exponent"];
  e.noc_bit_hop_pj = t["energy_pj.noc_bit_hop"];
  e.sram_bit_um2 = t["area_um2.sram_bit"];
  t.refuse_stray_sources();
  return e;
}

std::filesystem::path energy_table_file(const std::string& name) {
  if (name.find_first_of("./") != std::string::npos) return name;
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "tables" / (name + ".yaml");
}

} // namespace acf::platform
