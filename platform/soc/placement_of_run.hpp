// How the live blocks of sparse layers lie on the tiles, at the start and at the end of a training run: figures of the
// report. sw_stack/compiler/PLACEMENT.md says what they mean.
#pragma once

#include "platform/soc/training.hpp"

namespace acf::platform {

// Adds to `result.extra` if the job has sparse layers. `s` has run.
void add_placement(session& s, const training_image& image, run_result& result);

} // namespace acf::platform
