// --dump-tensors: weights, masks and biases of a training run, out of the job image in DRAM.
#pragma once

#include "platform/soc/run.hpp"
#include "platform/soc/session.hpp"
#include "platform/soc/training.hpp"

namespace acf::platform {

// Throws input_error for a step after which there is nothing to be had: the job leaves its tensors in DRAM when it
// ends.
void check_tensor_steps(const run_options& options, const training_image& image);

// Writes OUT/tensors_STEP.npz: fp32 arrays layerN.weight [out][in], layerN.bias [out], layerN.mask [out][in] for the
// layers from 1 on, dense and without padding; mask is 1 where a weight may be other than zero. Writes nothing, and
// says so, if the firmware has not ended its job.
void write_tensors(const run_options& options, session& s, const training_image& image);

} // namespace acf::platform
