// A training in a process of its own, for tables of several.
#pragma once

#include "platform/config/input_error.hpp"
#include "platform/report/run_result.hpp"
#include "platform/soc/run.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace acf::platform {

// The run did not end with exit code 0, or the dense twin that train.twin asks for.
struct failed_run : input_error {
  failed_run(const std::string& text, int code) : input_error(text), exit_code(code) {}
  int exit_code;
};

// Its report; everything of it is in OUT/FOLDER. Expectations and comparisons of `c` are left out. Throws failed_run.
nlohmann::ordered_json train_beside(config c, const run_options& of, const std::string& folder);

// The comparison ends with that run's exit code, and says so.
void note_failed_run(const failed_run& failed, run_result& result);

// SHA-256 of the weights that it has left there.
std::string weights_trained_beside(const run_options& of, const std::string& folder);

} // namespace acf::platform
