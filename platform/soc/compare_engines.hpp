// The same training job on several engines, one after the other, each beside its own dense twin.
#pragma once

#include "platform/config/config.hpp"
#include "platform/soc/run.hpp"

namespace acf::platform {

// For every engine of c.compare.engines a run of its own in OUT/ENGINE; then OUT/engines.csv (by layer and phase),
// OUT/losses.csv (from ideal to achieved cycles) and the table of the whole training on stderr. Weights must be the
// same to the bit on all engines, else the report has a defect. Ratios are only printed of an engine over its own twin.
// The first run that fails is the last; its exit code is returned, and what those before it gave stays.
int run_comparison(const config& c, const run_options& options);

} // namespace acf::platform
