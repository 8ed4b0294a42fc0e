#include "platform/config/remarks.hpp"

#include "models/common/period.hpp"
#include "platform/config/recipe_rules.hpp"
#include "platform/config/resolved.hpp"
#include "platform/config/varied.hpp"

#include <algorithm>
#include <fmt/ranges.h>
#include <set>
#include <span>

namespace acf::platform {
namespace {

// Keys that only some engines or recipes read; a path that ends in a dot stands for its section.
struct readers {
  std::string_view path;
  std::set<std::string_view> names;
};
const readers engines_that_read[] = {
    {"zbcc.rows", {"dense", "tensordash", "spartann", "sat"}},
    {"zbcc.columns", {"dense", "tensordash", "spartann", "sat"}},
    {"zbcc.depth", {"zbcc", "tensordash"}},
    {"dense.", {"dense"}},
    {"tensordash.", {"tensordash"}},
    {"spartann.", {"spartann"}},
    {"sat.", {"sat"}},
};
const std::set<std::string_view> prune_weights{"rigl", "block", "magnitude", "acf", "set", "momentum"};
const readers recipes_that_read[] = {
    {"train.sparsity", prune_weights},
    {"train.regrow_period", prune_weights},
    {"train.growth_threshold", {"acf"}},
    {"train.gradient_sparsity", {"dts", "topk", "static", "gaussian", "random"}},
};

std::set<std::string_view> engines_in(const config& c) {
  if (!c.compare.engines.empty()) return {c.compare.engines.begin(), c.compare.engines.end()};
  std::set<std::string_view> names;
  for (std::uint32_t y = 0; y < c.mesh.height; ++y)
    for (std::uint32_t x = 0; x < c.mesh.width; ++x) names.insert(c.engine_of(x, y));
  return names;
}

std::set<std::string_view> recipes_in(const config& c) {
  std::set<std::string_view> names;
  for (const std::string& choice : c.compare.recipes)
    names.insert(std::string_view{choice}.substr(0, choice.find('/')));
  return names.empty() ? std::set<std::string_view>{c.train.recipe} : names;
}

class remarks {
public:
  explicit remarks(const config& c) : c_(c) {}

  void without_effect(std::initializer_list<std::string_view> keys, std::string_view because) {
    for (const auto key : keys)
      if (value_text(c_, key) != value_text(usual_, key))
        out.push_back(fmt::format("warning: {}: {} has no effect {}", key, value_text(c_, key), because));
  }
  void unread(std::span<const readers> list, std::string_view what, const std::set<std::string_view>& used) {
    const auto because = fmt::format("with {} {}", what, fmt::join(used, ", "));
    for (const auto& [path, names] : list) {
      if (std::ranges::any_of(used, [&](const auto name) { return names.contains(name); })) continue;
      for (const auto& k : schema())
        if (path.ends_with('.') ? k.path.starts_with(path) : k.path == path) without_effect({k.path}, because);
    }
  }

  std::vector<std::string> out;

private:
  const config& c_;
  const config usual_{};
};

void about_chip(remarks& r, const config& c) {
  if (const auto period = common::period_ps(c.fabric.freq_mhz); period * c.fabric.freq_mhz != 1'000'000)
    r.out.push_back(
        fmt::format("fabric.freq_mhz: {} MHz is rounded to whole picoseconds: a period of {} ps is {:.3f} MHz",
                    c.fabric.freq_mhz, period, 1e6 / static_cast<double>(period)));
  if (c.timing == "lt" && !c.changes_timing()) // which has calendars in place of flits and banks
    r.without_effect({"mesh.virtual_channels", "mesh.buffer_flits", "dram.page_policy"}, "with timing: lt");
  if (c.mesh.routing == "xy") // which the tables are after reset
    r.without_effect({"mesh.route_check"}, "with mesh.routing: xy");
  r.unread(engines_that_read, "engine", engines_in(c));
  if (!c.compare.engines.empty()) r.without_effect({"zbcc.engine", "train.twin"}, "with compare.engines");
}

void about_training(remarks& r, const config& c) {
  const auto recipes = recipes_in(c);
  r.unread(recipes_that_read, "recipe", recipes);
  if (std::ranges::all_of(recipes, leaves_weights_dense))
    r.without_effect({"train.pattern", "train.dense_layers"}, fmt::format("with recipe {}", fmt::join(recipes, ", ")));
  if (!c.compare.recipes.empty()) r.without_effect({"train.recipe", "train.pattern"}, "with compare.recipes");
  if (c.train.regrow_period == 0) r.without_effect({"train.growth_threshold"}, "with train.regrow_period: 0");
  if (!c.data.path.empty())
    r.without_effect({"data.generated_train", "data.generated_test", "data.seed"}, "with data.path");
  if (c.same.compression == "off") r.without_effect({"data.compression"}, "with same.compression: off");
  if (!c.train.network.empty()) r.without_effect({"train.hidden"}, "with train.network");
  if (c.train.load.empty()) r.without_effect({"train.resume"}, "without train.load");
  if (c.train.optimiser != "adamw")
    r.without_effect({"train.beta2", "train.epsilon"}, "with train.optimiser: " + c.train.optimiser);
  if (c.train.dtype != "fp16")
    r.without_effect({"train.loss_scale", "train.loss_scale_interval"}, "with train.dtype: " + c.train.dtype);
}

void about_no_training(remarks& r) {
  for (const auto& k : schema())
    if (k.path.starts_with("train.") || k.path.starts_with("data."))
      r.without_effect({k.path}, "with firmware that takes no job");
  r.without_effect({"mesh.routing"}, "with firmware that takes no job: it fills its routing tables itself");
}

} // namespace

std::vector<std::string> remarks_on(const config& c, bool trains) {
  if (!c.compare.vary.empty()) {
    std::vector<std::string> all;
    for (const std::string& value : c.compare.values) {
      config one = varied(c, c.compare.vary, value);
      one.compare.vary.clear();
      for (auto& remark : remarks_on(one, trains))
        if (std::ranges::find(all, remark) == all.end()) all.push_back(std::move(remark));
    }
    return all;
  }
  remarks r(c);
  about_chip(r, c);
  if (trains)
    about_training(r, c);
  else
    about_no_training(r);
  return r.out;
}

} // namespace acf::platform
