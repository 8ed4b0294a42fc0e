// Data sets as IDX files, plain or gzip.
#pragma once

#include "sw_stack/data/data_set.hpp"

namespace acf::data {

// Reads {train,t10k}-{images-idx3,labels-idx1}-ubyte, each with or without ".gz": unsigned bytes, images of any size,
// ten classes or as many as the labels need. Throws input_error naming the file.
data_set read_idx(const std::string& directory);

} // namespace acf::data
