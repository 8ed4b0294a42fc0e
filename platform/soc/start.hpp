// train.load: what a run starts from.
#pragma once

#include "sw_stack/compiler/inputs.hpp"

#include <filesystem>

namespace acf::platform {

// Arrays as write_tensors() names them; without a mask the weights that are not zero are live. If `resume`, and the
// file says how many steps have been made, momenta and thresholds are taken from it, too, and `run` goes on behind that
// step. Throws input_error with the file, the array and what was expected.
void read_start(const std::filesystem::path& file, bool resume, compiler::training& run);

} // namespace acf::platform
