// Published figures (targets.csv) beside ours: OUT/reproduce.csv, OUT/tensordash_surface.csv.
#pragma once

#include "platform/config/config.hpp"

#include "platform/reproduce/trained.hpp"

#include <filesystem>

namespace acf::platform {

// A row for every published figure, in the file's order. Verdicts:
//   reproduced       within 5 % of every figure, or inside the published range or relation, without a condition
//   conditional      likewise, or within 10 %, if the condition is believed that the row names
//   differs          ours is something else
//   not_measurable   there is none of ours; the reason says what it would need
// Ours is computed before the published figures are read and never depends on them. Throws input_error for bad files;
// returns the exit code. With reproduce.training the scenario's network is trained by `train`: OUT/trained.csv.
int run_reproduce(const config& c, const std::filesystem::path& out, const trainer& train);

} // namespace acf::platform
