// Directories in the format of CIFAR-10's binary version: data_batch_1.bin and so on, test_batch.bin.
#pragma once

#include "sw_stack/data/data_set.hpp"

#include <string>
#include <vector>

namespace acf::data {

// Images of 32 x 32 pixels and three channels, as [height][width][channel]: files have a plane for each channel. Throws
// input_error: a file that is missing, empty or cut, a label beyond the ten classes.
data_set read_cifar(const std::string& directory);

// Whether the directory has one of these files.
bool has_cifar(const std::string& directory);
// Their names: training batches in the order of their numbers, then the test batch.
std::vector<std::string> cifar_files(const std::string& directory);

} // namespace acf::data
