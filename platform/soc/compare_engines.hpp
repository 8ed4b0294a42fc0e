// The same training job on several engines, one after the other, each beside its own dense twin.
#pragma once

#include "platform/config/config.hpp"
#include "platform/soc/run.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace acf::platform {

// For every engine of c.compare.engines a run of its own in OUT/ENGINE; then OUT/engines.csv (by layer and phase),
// OUT/losses.csv (from ideal to achieved cycles) and the table of the whole training on stderr. Weights must be the
// same to the bit on all engines, else the report has a defect. Ratios are only printed of an engine over its own twin.
struct engine_run {
  std::string name;
  nlohmann::ordered_json report;
};

// The runs alone. `twins`: each beside its dense twin. Throws input_error if one fails.
std::vector<engine_run> run_engines(const config& c, const run_options& options, bool twins);
// Whether all of them have trained the same weights, to the bit.
bool same_weights(const std::vector<engine_run>& runs, const run_options& options);

int run_comparison(const config& c, const run_options& options);

} // namespace acf::platform
