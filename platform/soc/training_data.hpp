// The images that a training run learns from: files, or what the project generates.
#pragma once

#include "platform/config/config.hpp"
#include "platform/report/run_result.hpp"
#include "sw_stack/compiler/network.hpp"
#include "sw_stack/data/data_set.hpp"

#include <optional>
#include <vector>

namespace acf::platform {

// For planning, a network that no generated images fit gets blank ones.
enum class data_for : std::uint8_t { training, planning };

struct training_data {
  data::data_set set;
  std::vector<input_file> inputs;                  // that were read
  std::vector<std::string> notes;                  // about them
  std::optional<double> linear_classifier_percent; // of the generated set
  double nonzero_pixels = 1;                       // share, of the training images
};

// Throws input_error or data::input_error.
training_data read_training_data(const config& c, const std::optional<compiler::network_description>& network,
                                 data_for purpose);

} // namespace acf::platform
