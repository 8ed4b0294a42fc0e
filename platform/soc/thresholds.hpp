// How thresholds of gradients followed their share of zeros: what the fabric has noted in the job image, step by step.
#pragma once

#include "platform/soc/run.hpp"
#include "platform/soc/session.hpp"
#include "platform/soc/training.hpp"
#include "sw_stack/hal/threshold_commands.hpp"

namespace acf::platform {

// Adds the mean share of zeros of all thinned gradients and its mean distance from train.gradient_sparsity, without the
// first steps, in which a threshold starts from nothing; and thresholds and shares to result.curves, step by step.
// Nothing for recipes without thresholds.
void add_threshold_results(const config& c, session& s, const training_image& image, run_result& result);

// As the last step has left them, by hidden layer; none for recipes without thresholds.
std::vector<hal::threshold_record> last_thresholds(session& s, const training_image& image);

// OUT/thresholds.csv: a row for every step and hidden layer, both from 1 on. Nothing for recipes without thresholds.
void write_thresholds(const run_options& options, session& s, const training_image& image);

} // namespace acf::platform
