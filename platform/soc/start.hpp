// train.load: what a run starts from.
#pragma once

#include "sw_stack/compiler/inputs.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace acf::platform {

// Arrays as write_tensors() names them; without a mask the weights that are not zero are live. If `resume`, and the
// file says how many steps have been made, momenta and thresholds are taken from it, too, and `run` goes on behind that
// step. Where that run has seen other batches than this one would, of as many `samples`, a note says so. Throws
// input_error with the file, the array and what was expected.
void read_start(const std::filesystem::path& file, bool resume, std::uint32_t samples, compiler::training& run,
                std::vector<std::string>& notes);

} // namespace acf::platform
