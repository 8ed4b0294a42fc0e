// Rows that need training: the scenario's network is trained on the machines of the papers, each run in a process of
// its own, and what its report says is compared. Nothing here is a published network, so all rows are conditional on
// ours.
#pragma once

#include "platform/reproduce/measured.hpp"

#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace acf::platform {

// A training that could not begin, because of its configuration: what it said.
struct training_refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Trains what `c` describes; `name` is its folder. Its report. Throws training_refused.
using trainer = std::function<nlohmann::ordered_json(const config& c, const std::string& name)>;

struct trained_tables {
  std::string trainings;      // CSV: a line for each with accuracy, cycles, energy and density of the layers' gradients
  std::string surface_points; // lines for tensordash_surface.csv: layers and phases of real tensors
};
trained_tables measure_trained(const config& c, const trainer& train, measurements& out);

} // namespace acf::platform
