// Directories with a training and a test table as the UCI repository has them: NAME.tra and NAME.tes, such as
// optdigits.tra and optdigits.tes.
#pragma once

#include "sw_stack/data/data_set.hpp"

#include <string>
#include <vector>

namespace acf::data {

// Each line is one sample: values and its class, whole numbers with commas between them. Values become pixels: v * 255
// / the largest of the training table, rounded to nearest; so 0 to 16 of optdigits become 0 to 255. Classes are those
// up to the largest one of the training table. Throws input_error that begins with FILE:LINE, or with the directory:
// files that are missing, lines of another length, what is no number or too large.
data_set read_tables(const std::string& directory);

// Whether the directory has one of these files.
bool has_tables(const std::string& directory);
// Their names: the training table, then the test table. Throws input_error unless there is one of each.
std::vector<std::string> table_files(const std::string& directory);

} // namespace acf::data
