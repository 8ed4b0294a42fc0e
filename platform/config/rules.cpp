// Rules that a single key's range cannot express. Each names the key that the user wrote and the rule that it breaks.
#include "models/dram/dram_config.hpp"
#include "platform/config/dram_preset.hpp"
#include "platform/config/engine_settings.hpp"
#include "platform/config/expectation.hpp"
#include "platform/config/recipe_rules.hpp"
#include "platform/config/switch_point.hpp"
#include "platform/config/values.hpp"
#include "platform/config/varied.hpp"

#include <bit>
#include <fmt/format.h>
#include <set>
#include <stdexcept>

namespace acf::platform {
namespace {

class checker {
public:
  checker(const config& configuration, const origins& where, std::vector<complaint>& complaints)
      : c(configuration), given(where), out(complaints) {}

  void run() {
    tiles_lie_in_the_mesh();
    if (elements_share_the_lanes()) engines_can_be_built();
    memory_can_be_built();
    if (!std::has_single_bit(c.same.bank_cache_kib) && c.same.bank_cache_kib != 0)
      complain({"same.bank_cache_kib"},
               fmt::format("expected a power of two, or 0, not {}: address bits choose a set", c.same.bank_cache_kib));
    if (c.name.empty()) complain({"name"}, "expected a name, found none");
    if (c.train.network.empty() && c.train.hidden.empty())
      complain({"train.hidden"}, "expected the width of at least one hidden layer, found none");
    routers_have_ports_for_all_nodes();
    if (const std::string rule = broken_pattern_rule(c.train); !rule.empty())
      complain({"train.pattern", "train.recipe"}, rule);
    recipes_can_be_compared();
    files_exist();
    switch_points_are_readable();
    expectations_are_readable();
  }

private:
  const config& c;
  const origins& given;
  std::vector<complaint>& out;

  void complain(std::initializer_list<std::string_view> keys, const std::string& text) {
    out.push_back(complaint_about(std::vector<std::string>(keys.begin(), keys.end()), given, text));
  }
  void add(const std::string& k, const origin& at, const std::string& text) {
    out.push_back({at, fmt::format("key '{}': {}", k, text)});
  }

  void tiles_lie_in_the_mesh() {
    for (const auto& [at, own] : c.tile)
      if (at.first >= c.mesh.width || at.second >= c.mesh.height)
        complain({fmt::format("tile.{}_{}.engine", at.first, at.second)},
                 fmt::format("expected a tile of the {} x {} mesh, X from 0 to {} and Y from 0 to {}", c.mesh.width,
                             c.mesh.height, c.mesh.width - 1, c.mesh.height - 1));
  }

  bool elements_share_the_lanes() {
    const std::uint32_t elements = c.zbcc.rows * c.zbcc.columns;
    if (elements == 0 || c.zbcc.lanes % elements == 0) return true;
    complain({"zbcc.lanes", "zbcc.rows", "zbcc.columns"},
             fmt::format(
                 "expected zbcc.lanes to be a multiple of zbcc.rows x zbcc.columns, not {} lanes for {} x {} elements",
                 c.zbcc.lanes, c.zbcc.rows, c.zbcc.columns));
    return false;
  }

  void recipes_can_be_compared() {
    for (const std::string& text : c.compare.recipes) try {
        (void)read_recipe_choice(text);
      } catch (const std::invalid_argument& broken) {
        complain({"compare.recipes"}, broken.what());
      }
    if (!c.compare.engines.empty() && !c.train.save.empty())
      complain({"train.save"}, "expected none beside compare.engines: every run leaves weights.npz in its folder");
    for (const auto& [key, list] :
         {std::pair{"compare.recipes", &c.compare.recipes}, std::pair{"compare.engines", &c.compare.engines},
          std::pair{"compare.values", &c.compare.values}})
      if (std::set<std::string>(list->begin(), list->end()).size() < list->size())
        complain({key}, "expected each of them once");
    if (!c.compare.recipes.empty() && c.compare.engines.empty())
      complain({"compare.recipes"}, "expected compare.engines beside it, which train by these recipes");
    if (c.compare.vary.empty() != c.compare.values.empty() || (!c.compare.vary.empty() && c.compare.recipes.empty()))
      complain({"compare.vary", "compare.values"},
               "expected compare.vary, compare.values and compare.recipes, or only the last");
    for (const auto& [key, list] :
         {std::pair{"train.recipe", "compare.recipes"}, std::pair{"train.pattern", "compare.recipes"},
          std::pair{"zbcc.engine", "compare.engines"}})
      if (c.compare.vary == key) complain({"compare.vary"}, fmt::format("expected another key: {} says it", list));
    for (const char* key : {"train.save", "train.twin"})
      if (c.compare.vary == key) complain({"compare.vary"}, "expected another key: every run has it as comparisons do");
    for (const std::string& value : c.compare.values) try {
        config alone = varied(c, c.compare.vary, value);
        alone.compare = {};
        std::vector<complaint> broken;
        check_rules(alone, given, broken);
        for (const complaint& rule : broken) complain({"compare.values"}, fmt::format("{}: {}", value, rule.text));
      } catch (const std::invalid_argument& wrong) {
        complain({"compare.values", "compare.vary"}, wrong.what());
      }
  }

  // The engines know their own rules. The key named is one of theirs that was given: of those the one whose name the
  // rule mentions, else its own, else a common one.
  void engines_can_be_built() {
    std::set<std::string> names{c.zbcc.engine};
    for (const auto& [at, own] : c.tile)
      if (!own.engine.empty()) names.insert(own.engine);
    for (const std::string& name : names) {
      try {
        (void)zbcc::make_engine(engine_settings(c, name));
      } catch (const std::invalid_argument& broken) {
        std::string_view key = "zbcc.engine";
        const std::string rule = broken.what();
        int best = -1;
        for (const auto& [given_key, at] : given) {
          const bool own = given_key.starts_with(name + ".");
          if (!own && !given_key.starts_with("zbcc.")) continue;
          const std::string last = given_key.substr(given_key.find('.') + 1);
          const bool mentioned = last != "engine" && rule.find(last) != std::string::npos;
          const int worth = mentioned ? 2 : own ? 1 : 0;
          if (worth >= best) best = worth, key = given_key;
        }
        complain({key}, broken.what());
      }
    }
  }

  // The models know their own rules.
  void memory_can_be_built() {
    auto preset = read_dram_preset(c.dram.preset);
    if (!preset.complaints.empty()) {
      out.insert(out.end(), preset.complaints.begin(), preset.complaints.end());
      if (is_dram_preset_file(c.dram.preset)) complain({"dram.preset"}, "expected a preset without these faults");
      return;
    }
    dram::dram_config d;
    d.technology = std::move(preset.value.device), d.channels = c.dram.channels, d.width_bits = c.dram.width_bits;
    d.size = std::uint64_t{c.dram.size_mib} << 20;
    try {
      (void)dram::make_timing(d);
      if (c.timing == "at") (void)dram::make_device(d); // rows and columns must add up as well
    } catch (const std::invalid_argument& broken) {
      // "dram.width_bits: expected ..." or "hbm2.channels: 3; expected ..."
      const std::string_view text = broken.what();
      const auto rule = std::string{text.substr(text.find(": ") + 2)};
      if (text.find(".channels: ") != text.npos)
        complain({"dram.channels", "dram.preset"}, rule);
      else if (text.find(".size: ") != text.npos)
        complain({"dram.size_mib", "dram.preset"}, given.contains("dram.size_mib") ? rule : "dram.size_mib: " + rule);
      else
        complain({"dram.width_bits", "dram.preset"}, rule);
    }
  }

  // Port numbers of a routing table are four bits; 0 to 3 are neighbours, 4 the tile.
  void routers_have_ports_for_all_nodes() {
    const std::uint32_t ports = 11 * c.tiles();
    if (c.dram.channels + 1 > ports)
      complain(
          {"dram.channels", "mesh.width", "mesh.height"},
          fmt::format("expected at most {} channels: each channel and the host bridge need a port of a router, and "
                      "{} x {} routers have 11 each",
                      ports - 1, c.mesh.width, c.mesh.height));
  }

  void files_exist() {
    namespace fs = std::filesystem;
    std::error_code ignored;
    if (!c.data.path.empty() && !fs::is_directory(c.data.path, ignored))
      complain({"data.path"},
               fmt::format("expected a directory with data, but there is no directory '{}'", c.data.path));
    if (!c.train.network.empty() && !fs::is_regular_file(c.train.network, ignored))
      complain(
          {"train.network"},
          fmt::format("expected the file of a network (.yaml, .onnx), but there is no file '{}'", c.train.network));
    if (!c.train.load.empty() && !fs::is_regular_file(c.train.load, ignored))
      complain({"train.load"}, fmt::format("expected a .npz file, but there is no file '{}'", c.train.load));
    if (c.energy.table.find_first_of("./") != std::string::npos && !fs::is_regular_file(c.energy.table, ignored))
      complain({"energy.table"}, fmt::format("expected a node or a file, but there is no '{}'", c.energy.table));
    if (c.reproduce.training == "on" && (c.train.network.empty() || c.firmware.empty()))
      complain({"reproduce.training"}, "expected train.network and firmware, which this needs");
    const std::pair<const char*, const std::string*> files[] = {{"reproduce.targets", &c.reproduce.targets},
                                                                {"reproduce.tensordash", &c.reproduce.tensordash},
                                                                {"reproduce.spartann", &c.reproduce.spartann}};
    for (const auto& [key, file] : files)
      if (c.reproduce.system != "none" && !fs::is_regular_file(*file, ignored))
        complain({key}, fmt::format("expected a file, but there is no '{}'", *file));
  }

  void switch_points_are_readable() {
    for (const auto& [key, text] :
         {std::pair{"switch.to_at", c.timing_switch.to_at}, std::pair{"switch.to_lt", c.timing_switch.to_lt}})
      if (!text.empty() && !parse_switch_point(text))
        complain({key}, fmt::format("expected {}, not '{}'", switch_point_form, text));
    if (c.timing == "at" && !c.timing_switch.to_at.empty() && c.timing_switch.to_lt.empty())
      complain({"switch.to_at"}, "expected timing: lt, or a switch.to_lt before it: the timing is at already");
    if (c.timing == "lt" && !c.timing_switch.to_lt.empty() && c.timing_switch.to_at.empty())
      complain({"switch.to_lt"}, "expected timing: at, or a switch.to_at before it: the timing is lt already");
  }

  void expectations_are_readable() {
    const auto lines = given.find("expect");
    for (std::size_t i = 0; i < c.expect.size(); ++i) {
      const auto parsed = parse_expectation(c.expect[i]);
      if (!std::holds_alternative<std::string>(parsed)) continue;
      const origin at = lines != given.end() && i < lines->second.size() ? lines->second[i] : origin{"default", 0, 0};
      add("expect", at, std::get<std::string>(parsed));
    }
  }
};

} // namespace

void check_rules(const config& c, const origins& given, std::vector<complaint>& out) { checker{c, given, out}.run(); }

} // namespace acf::platform
