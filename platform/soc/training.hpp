// From the configuration to a job image for the training firmware, and back from its results.
#pragma once

#include "platform/config/config.hpp"
#include "platform/report/run_result.hpp"
#include "platform/soc/session.hpp"
#include "platform/soc/training_data.hpp"
#include "sw_stack/compiler/block_owners.hpp"
#include "sw_stack/compiler/relu_zeros.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace acf::platform {

struct training_image {
  std::vector<std::uint8_t> bytes;
  std::uint64_t dense_macs_of_step = 0; // without any sparsity
  std::vector<input_file> inputs;
  std::vector<std::string> notes;                  // about them
  std::optional<double> linear_classifier_percent; // of the generated set
  double nonzero_pixels = 1;                       // share, of the training images
  std::string description;                         // what SRAM and rings hold, for people
  std::vector<compiler::placed_blocks> owners;     // by layer; of dense ones nothing
  std::vector<compiler::relu_zeros> zeros;         // by layer
  std::vector<std::uint32_t> giving_back;          // numbers, from 1, of the layers with weights that do so
};

// Reads or generates the data and compiles the job. Throws input_error.
training_image make_training_image(const config& c, data_for purpose = data_for::training);

// The accuracy and what else the firmware reports, and the plan beside what happened. `s` has run.
void add_training_results(session& s, const training_image& image, run_result& result);

// The dense baseline to compare with: same chip, same data, nothing pruned and nothing skipped.
config dense_twin(const config& c);

} // namespace acf::platform
