// The same job by several recipes, on several engines each.
#pragma once

#include "platform/config/config.hpp"
#include "platform/soc/run.hpp"

namespace acf::platform {

// For every recipe of c.compare.recipes and every engine of c.compare.engines a run of its own in OUT/RECIPE/ENGINE,
// with each value of c.compare.values if something varies (OUT/RECIPE_VALUE/ENGINE). A run has a dense twin beside it
// unless an earlier one has had the same. OUT/recipes.csv has a line for each run: accuracy beside every cost. A
// recipe's weights must be the same to the bit on all engines. The first run that fails is the last; its exit code is
// returned, and the lines of those before it stay.
int run_recipes(const config& c, const run_options& options);

} // namespace acf::platform
