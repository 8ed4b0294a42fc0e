// Reads the four files of an IDX data set (train-images-idx3-ubyte and so on, with or without .gz).
#pragma once

#include "sw_stack/compiler/inputs.hpp"

namespace acf::compiler {

// Throws input_error naming the file and what was expected: a file that is missing or cut short, a wrong magic number,
// numbers of images and labels that differ, a label that is not below `classes`.
data_set read_idx(const std::string& directory, std::uint32_t classes = 10);

} // namespace acf::compiler
