// The network that a training run left in the job image in DRAM: how sparse it is, and --dump-tensors: weights, masks
// and biases of a training run, out of the job image in DRAM.
#pragma once

#include "platform/soc/run.hpp"
#include "platform/soc/session.hpp"
#include "platform/soc/training.hpp"
#include "sw_stack/hal/job_image.hpp"

namespace acf::platform {

// The image as it was compiled: where things lie and how large they are is not for the guest to change.
hal::job::header header_of(const training_image& image);
std::vector<hal::job::layer_record> layers_of(const training_image& image);

// The name of an array of batch normalisation `number`, from 1: part 0 to 3 are the four above, in that order.
std::string norm_array(std::size_t number, std::size_t part);

// What decides which samples make up which batch: four pieces of the seed, the batch, and the number of samples.
inline constexpr const char* batches_array = "batches";
std::vector<float> batches_of(std::uint64_t seed, std::uint32_t batch, std::uint32_t samples);

// The steps of --dump-tensors before the last one. The job leaves its tensors in DRAM when it ends, so each of these
// wants a run of its own that stops there. Throws input_error for a step that the run does not reach.
std::vector<std::uint64_t> earlier_tensor_steps(const run_options& options, const training_image& image);

// Percent of the weights that are zero, counted one by one: of the places between real neurons, without padding.
// Throws std::runtime_error if the guest has spoiled what it reads.
double weight_sparsity_percent(session& s, const training_image& image);

// Writes train.save, and OUT/tensors_STEP.npz of the last step if --dump-tensors asks for it: fp32 arrays
// layerN.weight [out][in], layerN.bias [out], layerN.mask [out][in] for the layers from 1 on, dense and without
// padding; mask is 1 where a weight may be other than zero; normN.weight, .bias, .running_mean, .running_var [channels]
// of batch normalisations. What the next step would need beside them: .weight_momentum and .bias_momentum of both,
// layerN.threshold {value, commits} of recipes that have thresholds, step, the number of steps that have been made, and
// batches. Writes nothing, and says so, if the firmware has not ended its job. Notes say which arrays are not finite.
void write_tensors(const config& c, const run_options& options, session& s, const training_image& image,
                   std::vector<std::string>& notes);

} // namespace acf::platform
