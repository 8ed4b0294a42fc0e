#include "platform/config/remarks.hpp"

#include "models/common/period.hpp"
#include "platform/config/resolved.hpp"

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
const readers recipes_that_read[] = {
    {"train.sparsity", {"rigl", "block", "magnitude", "acf", "set", "momentum"}},
    {"train.regrow_period", {"rigl", "block", "magnitude", "acf", "set", "momentum"}},
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

  void without_effect(std::string_view path, std::string_view because) {
    if (value_text(c_, path) != value_text(usual_, path))
      out.push_back(fmt::format("warning: {}: {} has no effect {}", path, value_text(c_, path), because));
  }
  void unread(std::span<const readers> list, std::string_view what, const std::set<std::string_view>& used) {
    const auto because = fmt::format("with {} {}", what, fmt::join(used, ", "));
    for (const auto& [path, names] : list) {
      if (std::ranges::any_of(used, [&](const auto name) { return names.contains(name); })) continue;
      for (const auto& k : schema())
        if (path.ends_with('.') ? k.path.starts_with(path) : k.path == path) without_effect(k.path, because);
    }
  }

  std::vector<std::string> out;

private:
  const config& c_;
  const config usual_{};
};

} // namespace

std::vector<std::string> remarks_on(const config& c) {
  remarks r(c);
  if (const auto period = common::period_ps(c.fabric.freq_mhz); period * c.fabric.freq_mhz != 1'000'000)
    r.out.push_back(
        fmt::format("fabric.freq_mhz: {} MHz is rounded to whole picoseconds: a period of {} ps is {:.3f} MHz",
                    c.fabric.freq_mhz, period, 1e6 / static_cast<double>(period)));
  if (c.timing == "lt" && !c.changes_timing()) // which has calendars in place of flits and banks
    for (const auto* key : {"mesh.virtual_channels", "mesh.buffer_flits", "dram.page_policy"})
      r.without_effect(key, "with timing: lt");
  if (c.mesh.routing == "xy") // which the tables are after reset
    r.without_effect("mesh.route_check", "with mesh.routing: xy");
  r.unread(engines_that_read, "engine", engines_in(c));
  r.unread(recipes_that_read, "recipe", recipes_in(c));
  if (!c.data.path.empty())
    for (const auto* key : {"data.generated_train", "data.generated_test", "data.seed"})
      r.without_effect(key, "with data.path");
  if (c.train.recipe == "dense" && c.compare.recipes.empty())
    for (const auto* key : {"train.pattern", "train.dense_layers"}) r.without_effect(key, "with recipe dense");
  if (!c.train.network.empty()) r.without_effect("train.hidden", "with train.network");
  if (c.train.optimiser != "adamw")
    for (const auto* key : {"train.beta2", "train.epsilon"})
      r.without_effect(key, "with train.optimiser: " + c.train.optimiser);
  if (c.train.dtype != "fp16")
    for (const auto* key : {"train.loss_scale", "train.loss_scale_interval"})
      r.without_effect(key, "with train.dtype: " + c.train.dtype);
  return r.out;
}

} // namespace acf::platform
