// The plan of a training, and the plan beside what came of it.
#pragma once

#include "platform/plan/plan.hpp"
#include "platform/report/run_result.hpp"
#include "platform/soc/training.hpp"

namespace acf::platform {

// A step of the training, by layer and phase; see plan_step().
std::vector<planned_phase> plan_training(const config& c, const training_image& image);

// Fills in result.plan: `steps` steps as planned, beside the waterfalls and blocks of the result.
void compare_with_plan(const config& c, const training_image& image, std::uint64_t steps, run_result& result);

} // namespace acf::platform
